import type { Side } from '../comparison/outcome.ts';
import type { callModel } from '../models/call/client.ts';
import type { Deadlines } from '../models/call/deadlines.ts';
import type { Model, Price } from '../models/model.ts';
import type { Store } from '../store/open.ts';
import type { ReplayEvent } from './event.ts';

export type ReplayOptions = {
  readonly store: Store;
  readonly comparisonId: string;
  readonly models: Readonly<Record<Side, Model>>;
  /** Empty for a server that takes any key, and for a recorded side. */
  readonly keys: Readonly<Record<Side, string>>;
  /** Null where the price is not known. */
  readonly prices: Readonly<Record<Side, Price | null>>;
  /** Calls in flight at once, over both sides; a whole number ≥ 1. */
  readonly concurrency: number;
  /**
   * USD that this run may spend (earlier runs are not counted); null for no limit. Live sides without
   * a price cannot have one.
   */
  readonly budget: number | null;
  readonly deadlines: Deadlines;
  /** Cap on the bytes of one answer. */
  readonly maximumBytes: number;
  /** Aborted: no new calls, those in flight are cut off, and the run ends with `interrupted`. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** The time of day, ISO 8601 in UTC, for what is stored. */
  readonly at: () => string;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly call: typeof callModel;
  /** Only these captures of the comparison, in this order. */
  readonly only?: readonly string[];
  readonly on?: (event: ReplayEvent) => void;
};
