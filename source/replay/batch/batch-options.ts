import type { BatchApi } from '../../models/batch/batch-api.ts';
import type { BatchProfile } from '../../models/batch/batch-profile.ts';
import type { Model, Price } from '../../models/model.ts';
import type { LiveModel, RunOptions } from '../replay-options.ts';
import type { Amender } from './amend-request.ts';
import type { BatchEvent } from './batch-event.ts';

/** A side whose answers are ordered in batches. */
export type BatchSide = Amender & {
  readonly model: LiveModel;
  readonly profile: BatchProfile;
  readonly api: BatchApi;
  readonly apiKey: string;
  /** Null where it is not known; then there is no budget. */
  readonly price: Price | null;
};

/** A recorded side takes its answers from the recording. */
export type BatchModel = BatchSide | Extract<Model, { kind: 'recorded' }>;

/** The budget holds for the jobs of this run, including those that it finds under way. */
export type BatchReplayOptions = RunOptions & {
  /** One answer of it serves all comparisons. */
  readonly baseline: BatchModel;
  /** The comparisons that are replayed together, each with its candidate; at least one. */
  readonly comparisons: readonly {
    readonly comparisonId: string;
    readonly candidate: BatchModel;
  }[];
  /** The run ends with `waiting` when it has polled for so long; null: it polls to the end. */
  readonly pollForMs: number | null;
  readonly on?: (event: BatchEvent) => void;
};
