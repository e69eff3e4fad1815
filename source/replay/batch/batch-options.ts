import type { BatchApi } from '../../models/batch/batch-api.ts';
import type { BatchProfile } from '../../models/batch/batch-profile.ts';
import type { Model, Price } from '../../models/model.ts';
import type { LiveModel, RunOptions } from '../replay-options.ts';
import type { Amender } from './amend-request.ts';
import type { BatchEvent } from './batch-event.ts';

/** A side whose answers come from a Batch API. */
export type BatchSide = Amender & {
  readonly model: LiveModel;
  readonly profile: BatchProfile;
  readonly api: BatchApi;
  readonly apiKey: string;
  /** Null if unknown; the run then has no budget. */
  readonly price: Price | null;
};

/** A recorded side takes its answers from the recording. */
export type BatchModel = BatchSide | Extract<Model, { kind: 'recorded' }>;

/**
 * The options of a batch replay. The budget covers the jobs of this run, including those already in
 * progress.
 */
export type BatchReplayOptions = RunOptions & {
  /** The number of answers of each live model to each capture; a whole number ≥ 1. */
  readonly samples: number;
  /** One answer of the baseline serves all comparisons. */
  readonly baseline: BatchModel;
  /** The comparisons that are replayed together, each with its candidate; at least one. */
  readonly comparisons: readonly {
    readonly comparisonId: string;
    readonly candidate: BatchModel;
  }[];
  /** The run ends with `waiting` after polling for this long; null polls to the end. */
  readonly pollForMs: number | null;
  readonly onEvent?: (event: BatchEvent) => void;
};
