import type { Limits } from '../configuration/settings.ts';
import type { callModel } from '../models/call/client.ts';
import type { Deadlines } from '../models/call/deadlines.ts';
import type { Model, Price } from '../models/model.ts';
import type { ThinkTags } from '../models/stream/think-tags.ts';
import type { Store } from '../store/open.ts';
import type { WorkerProcess } from './claims.ts';
import type { ReplayEvent } from './replay-event.ts';
import type { Budget } from './limits/budget.ts';
import type { DailyBudget } from './limits/daily-budget.ts';
import type { Patience } from './limits/health.ts';
import type { OriginalRequests } from './original-requests.ts';
import type { Adapting } from './remedy-book.ts';
import type { Arrivals } from './shadow/arrivals-of-traffic.ts';

export type LiveModel = Extract<Model, { kind: 'live' }>;

/** A model with everything needed to call it. */
export type CallableModel = {
  readonly model: Model;
  /** Empty for a server that accepts any key, and for a recorded model. */
  readonly apiKey: string;
  /** Null if the price is unknown. */
  readonly price: Price | null;
};

/** The dependencies of a run, live or in batches. */
export type RunOptions = {
  readonly store: Store;
  /**
   * USD that this run may spend, not counting earlier runs; null for no limit. With a limit, every
   * live model needs a price.
   */
  readonly budget: number | null;
  /** What becomes of reasoning that comes within the text of an answer; default: it is kept apart. */
  readonly thinkTags?: ThinkTags;
  /** The process of the run; other runs use it to check whether the run is alive. */
  readonly worker: WorkerProcess;
  /** A new id: letters, digits and hyphens. */
  readonly newId: () => string;
  /** When aborted, the run makes no new calls and ends with `interrupted`. */
  readonly signal: AbortSignal;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** The current time, ISO 8601 in UTC, for stored records. */
  readonly at: () => string;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Resolves after the given milliseconds, or immediately when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** The dependencies of a run that makes calls. */
export type RunCallsOptions = RunOptions & {
  /** Calls in flight at once, over all models; a whole number ≥ 1. */
  readonly concurrency: number;
  readonly modelLimits: (model: LiveModel) => Limits;
  /** How long to probe a failing model before stopping it. */
  readonly patience: Patience;
  /** A budget that this run shares with other runs. */
  readonly sharedBudget?: Budget;
  readonly deadlinesOf: (model: LiveModel) => Deadlines;
  /** The most bytes in one answer. */
  readonly maximumBytes: number;
  readonly call: typeof callModel;
  /** When aborted, nothing more is sent, and the run ends when the calls in flight have ended. */
  readonly ending?: AbortSignal;
};

/** How a run follows the traffic that comes into the store. */
export type Following = {
  readonly arrivals: Arrivals;
  /** Null for no limit. Otherwise the run's shared budget is that of the day. */
  readonly budget: DailyBudget | null;
};

export type ReplayOptions = RunCallsOptions & {
  /** The number of answers of each live model to each capture; a whole number ≥ 1. */
  readonly samples: number;
  readonly baseline: CallableModel;
  /**
   * The comparisons that are replayed together, at least one, each with its own candidate. One
   * answer of the baseline serves them all. Captures come in the queue order of the first.
   */
  readonly comparisons: readonly {
    readonly comparisonId: string;
    readonly candidate: CallableModel;
  }[];
  /**
   * The pace of the captures: 1 as recorded, 2 twice as fast; null for as fast as the limits allow.
   */
  readonly speed: number | null;
  /** Sends redacted captures with their original values; without it, they are sent as stored. */
  readonly originals?: OriginalRequests;
  /** The rules for changing requests; without it, only the changes that every replay makes. */
  readonly adapting?: Adapting;
  /** Prepares a model for its first call; never rejects. Null if there is nothing to do. */
  readonly warmUp:
    | ((options: {
        readonly model: LiveModel;
        readonly apiKey: string;
        readonly signal: AbortSignal;
      }) => Promise<void>)
    | null;
  /** Whether the run goes on with what comes into the store, until `ending`; by default it ends. */
  readonly following?: Following;
  /** Only these captures of the comparisons, in this order. */
  readonly only?: readonly string[];
  readonly onEvent?: (event: ReplayEvent) => void;
  /** Whether `on` receives answers as they stream in; default true. */
  readonly texts?: boolean;
};
