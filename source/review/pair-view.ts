import type { Alignment } from '../comparison/alignment/alignment.ts';
import type { visibleDivergences } from '../comparison/covered-paths.ts';
import type { Rule } from '../comparison/settling-rules.ts';
import type { FieldSection } from '../comparison/answer-fields.ts';
import type { HeadlinePart } from '../comparison/headline-part.ts';
import type { PairComparison, Side } from '../comparison/outcome.ts';
import type { Capture } from '../traffic/capture.ts';
import type { Conversation } from '../store/comparisons/conversation-turns.ts';
import type { SideRecord } from '../store/comparisons/pairs.ts';

/** A side whose call is in flight: the text so far and the state of the call. */
export type LiveSide = {
  readonly text: string;
  /** `paused`: the call waits because its model is paused. */
  readonly state: 'queued' | 'paused' | 'sent' | 'streaming' | 'retrying';
  /** The reason for the retry or the pause of the model; or null. */
  readonly reason: string | null;
  /** The time until the retry or the end of the pause; 0 if it is due, null if unknown. */
  readonly seconds: number | null;
};

/** The data of the pair on the screen, from the store and from calls in flight. */
export type PairView = {
  readonly capture: Capture;
  /** The turns of its conversation in the comparison; null if it is the only one. */
  readonly conversation: Conversation | null;
  readonly sides: Readonly<Record<Side, SideRecord>>;
  readonly live: Readonly<Record<Side, LiveSide | null>>;
  readonly comparison: PairComparison | null;
  /** Null until both answers have been aligned, and if they cannot be. */
  readonly alignment: Alignment | null;
  /** The reason why the answers were not aligned, as a phrase; or null. */
  readonly refused: string | null;
  /** The fields of JSON texts and of tool calls; null if there are none. */
  readonly fields: readonly FieldSection[] | null;
  /** The values that differ; empty until both answers have been compared and aligned. */
  readonly headline: readonly HeadlinePart[];
  /** The places of what differs, and what rules cover of it; empty until both answers were compared. */
  readonly visible: ReturnType<typeof visibleDivergences>;
  readonly covered: ReadonlySet<string>;
  /** The rules that settle the pair; empty if none do. */
  readonly settledBy: readonly Rule[];
  /** USD for each side, null if unknown. */
  readonly cost: Readonly<Record<Side, number | null>>;
};
