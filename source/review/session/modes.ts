import type { Verdict } from '../../comparison/outcome.ts';
import type { FilterProblem } from '../../filter/parse-filter.ts';
import type { PairSet } from './pair-key.ts';

/** A line at the bottom of the screen that is being typed. */
export type LineMode =
  | {
      readonly kind: 'filter';
      readonly text: string;
      /** What is wrong with the text, since enter was pressed. */
      readonly problem: FilterProblem | null;
      /** The ways to complete the text, and which one it is now; empty unless tab was pressed. */
      readonly options: readonly string[];
      readonly option: number;
    }
  | { readonly kind: 'search'; readonly text: string };

/** A search in force: the text, and the pairs whose request or answers contain it. */
export type Search = { readonly text: string; readonly pairs: PairSet };

/** The verdict that the rest of a pattern can be given, and what it rests on. */
export type PatternVerdict = {
  readonly verdict: Verdict;
  readonly pattern: string;
  /** The pairs that the reviewer looked at. */
  readonly seen: number;
  /** The indexes of the pairs without a verdict. */
  readonly rest: readonly number[];
};
