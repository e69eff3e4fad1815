import type { DifferencePattern } from '../../comparison/difference-pattern.ts';
import type { Verdict } from '../../comparison/outcome.ts';
import type { FilterProblem } from '../../filter/parse-filter.ts';
import type { TypedLine } from './line-edit.ts';
import type { PairKey, PairSet } from './pair-key.ts';

/** How far back in the earlier lines of its kind a line is (0: not at all), and what was typed before. */
export type Recall = { readonly steps: number; readonly draft: string };

/** A line at the bottom of the screen that is being typed. */
export type LineMode =
  | { readonly kind: 'comment'; readonly line: TypedLine }
  | {
      readonly kind: 'filter';
      readonly line: TypedLine;
      readonly recall: Recall;
      /** The mistake in the text, found when enter was pressed. */
      readonly problem: FilterProblem | null;
      /**
       * The ways to complete the text before the cursor, and which one it is now; empty unless tab was
       * pressed.
       */
      readonly options: readonly string[];
      readonly option: number;
    }
  | { readonly kind: 'search'; readonly line: TypedLine; readonly recall: Recall };

/** The target of a click: a pair, or the row of the open list with this index. */
export type ClickTarget =
  | { readonly kind: 'pair'; readonly pair: PairKey }
  | { readonly kind: 'row'; readonly index: number };

/**
 * An answer that fits into one line, safe to print. `remark`: what makes it useless, or that it is JSON in a
 * code fence; null for an answer as one expects it.
 */
export type ShortAnswer = { readonly remark: string | null; readonly text: string };

/** A pair whose answers fit into one line each; the question is safe to print. */
export type ShortPair = PairKey & {
  readonly question: string;
  readonly baseline: ShortAnswer;
  readonly candidate: ShortAnswer;
};

/**
 * A search in force: the text, and the pairs whose request or answers contain it. `isBeginning`: whether others
 * may follow, which are still looked for; default false.
 */
export type Search = {
  readonly text: string;
  readonly pairs: PairSet;
  readonly isBeginning?: boolean;
};

/** The way in which pairs differ under the rules in force, by `pairId`; none for pairs without a pattern. */
export type PatternsNow = ReadonlyMap<string, DifferencePattern>;

/** The verdict that the rest of a pattern can be given, and what it rests on. */
export type PatternVerdict = {
  readonly verdict: Verdict;
  /** The pattern with its endpoint, and the same without telling which side is the baseline. */
  readonly text: string;
  readonly sidelessText: string;
  /** The number of pairs that the reviewer looked at. */
  readonly seen: number;
  /** The pairs without a verdict. */
  readonly rest: readonly PairKey[];
};
