import type { BatchApi } from '../../models/batch/batch-api.ts';
import type { BatchProfile } from '../../models/batch/batch-profile.ts';
import type { Model, Price } from '../../models/model.ts';
import type { Store } from '../../store/open.ts';
import type { WorkerProcess } from '../claims.ts';
import type { Amender } from './amend-request.ts';
import type { BatchEvent } from './event.ts';

/** A side whose answers are ordered in batches. */
export type BatchSide = Amender & {
  readonly model: Extract<Model, { kind: 'live' }>;
  readonly profile: BatchProfile;
  readonly api: BatchApi;
  readonly apiKey: string;
  /** Null where it is not known; then there is no budget. */
  readonly price: Price | null;
};

/** A recorded side takes its answers from the recording. */
export type BatchModel = BatchSide | Extract<Model, { kind: 'recorded' }>;

export type BatchReplayOptions = {
  readonly store: Store;
  /** One answer of it serves all comparisons. */
  readonly baseline: BatchModel;
  /** What is replayed together, each comparison with its candidate; at least one. */
  readonly comparisons: readonly {
    readonly comparisonId: string;
    readonly candidate: BatchModel;
  }[];
  /** Answers that each ordered side gives to each capture; a whole number ≥ 1. */
  readonly samples: number;
  /** USD that the jobs of this run, those that it finds under way included, may cost; null for no limit. */
  readonly budget: number | null;
  /** The run ends with `waiting` when it has polled for so long; null: it polls to the end. */
  readonly pollForMs: number | null;
  /** The process that runs, so that no second one does the same work. */
  readonly worker: WorkerProcess;
  /** Aborted: the run ends with `interrupted`; what is ordered goes on at the provider. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** The time of day, ISO 8601 in UTC. */
  readonly at: () => string;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** A new id of a job or of the run: letters, digits and hyphens. */
  readonly newId: () => string;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly on?: (event: BatchEvent) => void;
};
