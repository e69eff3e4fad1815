import { randomUUID } from 'node:crypto';
import type { Side } from '../../comparison/outcome.ts';
import { noLimits, type Settings } from '../../configuration/settings.ts';
import { reasonsByDefault } from '../../models/adaptation/thinking.ts';
import { callModel } from '../../models/call/client.ts';
import { deadlinesFor } from '../../models/call/deadlines.ts';
import { warmUp } from '../../models/call/warm-up.ts';
import type { RunKeys } from '../../models/keys.ts';
import type { Model, Price } from '../../models/model.ts';
import { withNoPrice } from '../../money/prices-to-pay.ts';
import { thisProcess } from '../../store/this-process.ts';
import type { Store } from '../../store/open.ts';
import { wait } from '../limits/alarm.ts';
import { Budget } from '../limits/budget.ts';
import { defaultPatience, type Patience } from '../limits/health.ts';
import type { OriginalRequests } from '../original-requests.ts';
import type { Adapting, AdaptPolicy, AskRemedy } from '../remedy-book.ts';
import type { ReplayEvent } from '../replay-event.ts';
import type { RunOptions } from '../replay-options.ts';
import { startReplay, type Replay } from '../start-replay.ts';

/** Starts a replay on the real network and clock; it may be called several times. */
export type ReplayStarter = (options: {
  readonly signal: AbortSignal;
  readonly on?: (event: ReplayEvent) => void;
  /** Whether to report answers as they stream in; default true. */
  readonly texts?: boolean;
  /** Only these captures, for instance to try one pair again. */
  readonly only?: readonly string[];
  /** What happens after a refusal that names a parameter; default as settled. */
  readonly adapt?: AdaptPolicy;
  /** Asks a person; default: nobody can be asked. */
  readonly ask?: AskRemedy | null;
}) => Replay;

/** What is settled before a replay starts. */
export type SettledReplay = {
  readonly store: Store;
  /** At least one; all have the same baseline. */
  readonly comparisons: readonly {
    readonly comparison: { readonly id: string };
    readonly models: Readonly<Record<Side, Model>>;
    readonly prices: Readonly<Record<Side, Price | null>>;
  }[];
  readonly keyOf: RunKeys['keyOf'];
  readonly concurrency: number;
  /** USD; null for no limit. */
  readonly budget: number | null;
  /** How requests may be changed; default: only as every replay changes them. */
  readonly adapting?: Omit<Adapting, 'ask'>;
  /** Of the configuration. */
  readonly settings?: Pick<Settings, 'modelLimits' | 'deadlines' | 'thinkTags'>;
  readonly patience?: Patience;
  /** Default 1. */
  readonly samples?: number;
  /** Null, the default: as fast as the limits allow. */
  readonly speed?: number | null;
  /** Default: captures are sent as they are stored. */
  readonly originals?: OriginalRequests;
};

const maximumAnswerBytes = 16 * 1024 * 1024;

/** Longer than a connection takes, and no longer than anybody waits for one. */
const warmUpMs = { connection: 5_000, loading: 10_000 };

/** The process, the clock and the chance of a real run. */
export const realWorld = (): Pick<
  RunOptions,
  'at' | 'newId' | 'now' | 'random' | 'wait' | 'worker'
> => ({
  worker: thisProcess(),
  newId: randomUUID,
  now: () => performance.now(),
  at: () => new Date().toISOString(),
  random: Math.random,
  wait,
});

/** A starter for comparisons whose models, keys and limits are settled. */
export const replayStarter = (settled: SettledReplay): ReplayStarter => {
  const { adapting, budget, concurrency, keyOf, originals, settings, store } = settled;
  const comparisons = settled.comparisons.map(({ comparison, models, prices: known }) => {
    const prices = budget === null ? known : withNoPrice(known);
    const callable = (side: Side) => {
      const model = models[side];
      return { model, apiKey: keyOf(model), price: prices[side] };
    };
    return {
      comparisonId: comparison.id,
      baseline: callable('baseline'),
      candidate: callable('candidate'),
    };
  });
  const [first] = comparisons;
  if (first === undefined) throw new Error('A replay has a comparison.');
  // A pair retried during the run has no budget apart from the run's.
  const sharedBudget = new Budget(budget);
  return ({ signal, on, texts, only, adapt, ask = null }) =>
    startReplay({
      ...realWorld(),
      store,
      concurrency,
      budget,
      sharedBudget,
      baseline: first.baseline,
      comparisons,
      samples: settled.samples ?? 1,
      speed: settled.speed ?? null,
      patience: settled.patience ?? defaultPatience,
      modelLimits: settings?.modelLimits ?? (() => noLimits),
      deadlinesOf: (model) => ({
        ...deadlinesFor(model, reasonsByDefault(model)),
        ...settings?.deadlines,
      }),
      maximumBytes: maximumAnswerBytes,
      thinkTags: settings?.thinkTags ?? 'apart',
      signal,
      call: callModel,
      warmUp: (warmed) => {
        const { loadsOnFirstCall } = warmed.model.provider;
        const deadlineMs = loadsOnFirstCall ? warmUpMs.loading : warmUpMs.connection;
        return warmUp({ ...warmed, deadlineMs });
      },
      ...(adapting === undefined
        ? {}
        : { adapting: { ...adapting, ask, policy: adapt ?? adapting.policy } }),
      ...(originals === undefined ? {} : { originals }),
      ...(on === undefined ? {} : { on }),
      ...(texts === undefined ? {} : { texts }),
      ...(only === undefined ? {} : { only }),
    });
};
