import { randomUUID } from 'node:crypto';
import type { Side } from '../../comparison/outcome.ts';
import { noLimits, type Settings } from '../../configuration/settings.ts';
import { reasonsByDefault } from '../../models/adaptation/thinking.ts';
import { callModel } from '../../models/call/client.ts';
import { deadlinesFor } from '../../models/call/deadlines.ts';
import { warmUp } from '../../models/call/warm-up.ts';
import type { RunKeys } from '../../models/keys.ts';
import type { Model, Price } from '../../models/model.ts';
import type { ReplayEvent } from '../event.ts';
import { createBudget } from '../limits/budget.ts';
import { defaultPatience, type Patience } from '../limits/health.ts';
import { wait } from '../limits/wait.ts';
import type { Callable } from '../options.ts';
import type { Originals } from '../original/originals.ts';
import type { Adapting, AdaptPolicy, AskRemedy } from '../remedy-book.ts';
import { startReplay, type Replay } from '../replay.ts';
import type { Store } from '../../store/open.ts';
import { thisProcess } from '../../store/this-process.ts';

/** Starts a replay on the real network and clock, as often as it is called. */
export type ReplayStarter = (options: {
  readonly signal: AbortSignal;
  readonly on?: (event: ReplayEvent) => void;
  /** Whether texts are told as they grow; default true. */
  readonly texts?: boolean;
  /** Only these captures, for instance to try one pair again. */
  readonly only?: readonly string[];
  /** What is done after a refusal that names a parameter; default as it was settled. */
  readonly adapt?: AdaptPolicy;
  /** Asks a person; default: nobody can be asked. */
  readonly ask?: AskRemedy | null;
}) => Replay;

/** What is settled before a replay starts. */
export type SettledReplay = {
  readonly store: Store;
  readonly comparisonId: string;
  readonly models: Readonly<Record<Side, Model>>;
  readonly keyOf: RunKeys['keyOf'];
  readonly prices: Readonly<Record<Side, Price | null>>;
  /** Further comparisons with the same baseline, each with its candidate. */
  readonly more?: readonly { readonly comparisonId: string; readonly candidate: Callable }[];
  readonly concurrency: number;
  readonly budget: number | null;
  /** What may be changed of requests; default: only what every replay changes. */
  readonly adapting?: Omit<Adapting, 'ask'>;
  /** Limits and deadlines of the configuration. */
  readonly settings?: Pick<Settings, 'limitsOf' | 'deadlines'>;
  readonly patience?: Patience;
  /** Default 1. */
  readonly samples?: number;
  /** Null, the default: as fast as the limits allow. */
  readonly speed?: number | null;
  /** Default: captures are sent as they are stored. */
  readonly originals?: Originals;
};

const maximumAnswerBytes = 16 * 1024 * 1024;
/** Longer than a connection takes, and no longer than anybody waits for one. */
const warmUpMs = { connection: 5_000, loading: 10_000 };

/** A starter for comparisons whose models, keys and limits are settled. */
export const replayStarter = (settled: SettledReplay): ReplayStarter => {
  const { comparisonId, keyOf, models, prices, settings, ...rest } = settled;
  const of = (side: Side): Callable => ({
    model: models[side],
    apiKey: keyOf(models[side]),
    price: prices[side],
  });
  // A pair that is tried again during the run has no budget of its own beside the run's.
  const sharedBudget = createBudget(rest.budget);
  return ({ signal, on, texts, only, adapt, ask = null }) =>
    startReplay({
      store: rest.store,
      concurrency: rest.concurrency,
      budget: rest.budget,
      sharedBudget,
      baseline: of('baseline'),
      comparisons: [{ comparisonId, candidate: of('candidate') }, ...(rest.more ?? [])],
      samples: rest.samples ?? 1,
      speed: rest.speed ?? null,
      patience: rest.patience ?? defaultPatience,
      limitsOf: settings?.limitsOf ?? (() => noLimits),
      deadlinesOf: (model) => ({
        ...deadlinesFor(model, reasonsByDefault(model)),
        ...settings?.deadlines,
      }),
      maximumBytes: maximumAnswerBytes,
      worker: thisProcess(),
      newId: randomUUID,
      signal,
      now: () => performance.now(),
      at: () => new Date().toISOString(),
      random: Math.random,
      wait,
      call: callModel,
      warmUp: (warmed) => {
        const { loadsOnFirstCall } = warmed.model.provider;
        const deadlineMs = loadsOnFirstCall ? warmUpMs.loading : warmUpMs.connection;
        return warmUp({ ...warmed, deadlineMs });
      },
      ...(rest.adapting === undefined
        ? {}
        : { adapting: { ...rest.adapting, ask, policy: adapt ?? rest.adapting.policy } }),
      ...(rest.originals === undefined ? {} : { originals: rest.originals }),
      ...(on === undefined ? {} : { on }),
      ...(texts === undefined ? {} : { texts }),
      ...(only === undefined ? {} : { only }),
    });
};
