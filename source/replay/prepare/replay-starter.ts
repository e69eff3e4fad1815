import { randomUUID } from 'node:crypto';
import type { Side } from '../../comparison/outcome.ts';
import { noLimits, type Settings } from '../../configuration/settings.ts';
import { reasonsByDefault } from '../../models/adaptation/thinking.ts';
import { callModel } from '../../models/call/client.ts';
import { deadlinesFor } from '../../models/call/deadlines.ts';
import { warmUp } from '../../models/call/warm-up.ts';
import type { RunKeys } from '../../models/keys.ts';
import type { Model, Price } from '../../models/model.ts';
import { priceOfCalls, withNoPrice } from '../../money/prices-to-pay.ts';
import { thisProcess } from '../../store/this-process.ts';
import type { Store } from '../../store/open.ts';
import { wait } from '../limits/alarm.ts';
import { Budget } from '../limits/budget.ts';
import { defaultPatience, type Patience } from '../limits/health.ts';
import type { OriginalRequests } from '../original-requests.ts';
import type { Adapting, AdaptPolicy, AskRemedy } from '../remedy-book.ts';
import type { ReplayEvent } from '../replay-event.ts';
import type { Following, RunOptions } from '../replay-options.ts';
import { startReplay, type Replay } from '../start-replay.ts';

/** Starts a replay on the real network and clock. It may be called several times. */
export type ReplayStarter = (options: {
  readonly signal: AbortSignal;
  /** When aborted, nothing more is sent, and the replay ends when the calls in flight have ended. */
  readonly ending?: AbortSignal;
  readonly onEvent?: (event: ReplayEvent) => void;
  /** Whether to report answers as they stream in; default true. */
  readonly texts?: boolean;
  /** Only these captures, for example to retry one pair. */
  readonly only?: readonly string[];
  /** The policy after a refusal that names a parameter; default as settled. */
  readonly adapt?: AdaptPolicy;
  /** Asks a person; null, the default, if nobody can be asked. */
  readonly ask?: AskRemedy | null;
}) => Replay;

/** The settings of a replay, fixed before it starts. */
export type SettledReplay = {
  readonly store: Store;
  /** At least one; all share one baseline. */
  readonly comparisons: readonly {
    readonly comparison: { readonly id: string };
    readonly models: Readonly<Record<Side, Model>>;
    readonly prices: Readonly<Record<Side, Price | null>>;
  }[];
  readonly keyOf: RunKeys['keyOf'];
  readonly concurrency: number;
  /** USD; null for no limit. */
  readonly budget: number | null;
  /** The rules for changing requests; by default only the changes that every replay makes. */
  readonly adapting?: Omit<Adapting, 'ask'>;
  /** Of the configuration. */
  readonly settings?: Pick<Settings, 'modelLimits' | 'deadlines' | 'thinkTags'>;
  readonly patience?: Patience;
  /** Default 1. */
  readonly samples?: number;
  /** Null, the default: as fast as the limits allow. */
  readonly speed?: number | null;
  /** By default, captures are sent as stored. */
  readonly originals?: OriginalRequests;
  /** What a run that follows the store does; default: every run ends. */
  readonly following?: Following;
};

/** The most bytes in one answer. */
export const maximumAnswerBytes = 16 * 1024 * 1024;

/** Longer than a connection takes, and no longer than a user would wait for it. */
const warmUpMs = { connection: 5_000, loading: 10_000 };

/** Returns the process, clock and random source of a real run. */
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

/** Creates a starter for comparisons with fixed models, keys and limits. */
export const replayStarter = (settled: SettledReplay): ReplayStarter => {
  const { adapting, budget, concurrency, following, keyOf, originals, settings, store } = settled;
  const comparisons = settled.comparisons.map(({ comparison, models, prices: known }) => {
    const prices = budget === null ? known : withNoPrice(known);
    const callable = (side: Side) => {
      const model = models[side];
      const price = priceOfCalls({ model, price: prices[side] });
      return { model, apiKey: keyOf(model), price };
    };
    return {
      comparisonId: comparison.id,
      baseline: callable('baseline'),
      candidate: callable('candidate'),
    };
  });
  const [first] = comparisons;
  if (first === undefined) throw new Error('A replay has a comparison.');
  // A pair retried during the run shares the run's budget.
  const sharedBudget = following?.budget?.budget ?? new Budget(budget);
  return ({ signal, ending, onEvent, texts, only, adapt, ask = null }) =>
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
      ...(following === undefined ? {} : { following }),
      ...(ending === undefined ? {} : { ending }),
      ...(onEvent === undefined ? {} : { onEvent }),
      ...(texts === undefined ? {} : { texts }),
      ...(only === undefined ? {} : { only }),
    });
};
