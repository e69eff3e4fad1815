import type { Alignment } from '../comparison/alignment/alignment.ts';
import type { FieldTable } from '../comparison/json/json-fields.ts';
import type { PairComparison, Side } from '../comparison/outcome.ts';
import type { Capture } from '../traffic/capture.ts';
import type { SideRecord } from '../store/comparisons/pairs.ts';

/** A side that is being answered now: the text so far and what the call is doing. */
export type LiveSide = {
  readonly text: string;
  /** `paused`: it waits for a model that nothing is sent to for now. */
  readonly state: 'queued' | 'paused' | 'sent' | 'streaming' | 'retrying';
  /** Why it is tried again, or why its model is paused. */
  readonly reason: string | null;
  /** Until it is sent again, or its model tried; 0 for at any moment, null where nobody knows. */
  readonly seconds: number | null;
};

/** What is known of the pair on the screen: from the store, and from calls in flight. */
export type PairView = {
  readonly capture: Capture;
  readonly sides: Readonly<Record<Side, SideRecord>>;
  readonly live: Readonly<Record<Side, LiveSide | null>>;
  readonly comparison: PairComparison | null;
  /** Null until both sides are answered and set beside each other, and where that is refused. */
  readonly alignment: Alignment | null;
  /** Why two answers were not set beside each other, as a sentence; null where they were. */
  readonly refused: string | null;
  /** The JSON fields of both answers; null when one of them is no JSON. */
  readonly fields: FieldTable | null;
  /** USD per side, null when not known. */
  readonly cost: Readonly<Record<Side, number | null>>;
};
