import type { PairChoice } from '../../store/verdicts.ts';
import { hasPair, type PairSet } from './pair-key.ts';
import type { PairList } from './pair-list.ts';

/** The part of the queue that a reviewer walks: the pairs that match a filter or have a pattern. */
export type Walk = {
  readonly choice: PairChoice;
  /** Its pairs, as they were when it began. */
  readonly pairs: PairSet;
  /** Whether others may follow, which are still looked for; default false. */
  readonly isBeginning?: boolean;
};

/** Returns the indexes of the pairs of a walk, ascending. */
export const walkIndexes = (entries: PairList, { pairs }: Pick<Walk, 'pairs'>): Uint32Array =>
  entries.indexesOf(pairs);

/** Whether a pair is on the way of a walk, or there is no walk. */
export const isOnWalk = (entries: PairList, index: number, walk: Walk | null): boolean => {
  if (walk === null) return true;
  const entry = entries.at(index);
  return entry !== undefined && hasPair(walk.pairs, entry);
};
