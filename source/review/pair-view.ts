import type { Alignment } from '../comparison/alignment/alignment.ts';
import type { FieldTable } from '../comparison/json/json-fields.ts';
import type { PairComparison, Side } from '../comparison/outcome.ts';
import type { Capture } from '../traffic/capture.ts';
import type { SideRecord } from '../store/comparisons/pairs.ts';

/** A side that is being answered now: the text so far and what the call is doing. */
export type LiveSide = {
  readonly text: string;
  readonly state: 'sent' | 'streaming' | 'retrying';
  /** Why and when it is tried again, in a few words; null unless retrying. */
  readonly retry: string | null;
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
