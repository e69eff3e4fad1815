import type { Alignment } from '../comparison/alignment/alignment.ts';
import type { FieldTable } from '../comparison/json/json-fields.ts';
import type { PairComparison, Side } from '../comparison/outcome.ts';
import type { Capture } from '../traffic/capture.ts';
import type { SideRecord } from '../store/comparisons/pairs.ts';

/** A side whose call is in flight: the text so far and the state of the call. */
export type LiveSide = {
  readonly text: string;
  /** `paused`: the call waits because nothing is sent to its model for now. */
  readonly state: 'queued' | 'paused' | 'sent' | 'streaming' | 'retrying';
  /** Why the call is retried or its model is paused; or null. */
  readonly reason: string | null;
  /** Until the retry or the end of the pause; 0 for any moment now, null if unknown. */
  readonly seconds: number | null;
};

/** Everything known about the pair on the screen, from the store and from calls in flight. */
export type PairView = {
  readonly capture: Capture;
  readonly sides: Readonly<Record<Side, SideRecord>>;
  readonly live: Readonly<Record<Side, LiveSide | null>>;
  readonly comparison: PairComparison | null;
  /** Null until both answers have been aligned, and if they cannot be. */
  readonly alignment: Alignment | null;
  /** Why the answers were not aligned, as a phrase; or null. */
  readonly refused: string | null;
  /** The JSON fields of both answers; null unless both are JSON. */
  readonly fields: FieldTable | null;
  /** USD for each side, null if unknown. */
  readonly cost: Readonly<Record<Side, number | null>>;
};
