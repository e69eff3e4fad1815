import type { PairChoice } from '../../store/verdicts.ts';
import { hasPair, type PairKey, type PairSet } from './pair-key.ts';

/** The part of the queue that a reviewer walks: the pairs that match a filter or have a pattern. */
export type Walk = {
  readonly choice: PairChoice;
  /** Its pairs, as they were when it began. */
  readonly pairs: PairSet;
};

/** Whether a pair is on the way of a walk, or there is no walk. */
export const isOnWalk = (pair: PairKey, walk: Walk | null): boolean =>
  walk === null || hasPair(walk.pairs, pair);
