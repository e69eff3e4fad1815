import type { PairChoice } from '../../store/verdicts.ts';
import type { PairList } from './pair-list.ts';

/** The part of the queue that a reviewer walks: the pairs that match a filter or have a pattern. */
export type Walk = {
  readonly choice: PairChoice;
  /** The captures of its pairs, as they were when it began. */
  readonly ids: ReadonlySet<string>;
  /** Whether others may follow, which are still looked for; default false. */
  readonly isBeginning?: boolean;
};

/** Returns the indexes of the pairs of a walk, ascending. */
export const walkIndexes = (entries: PairList, { ids }: Pick<Walk, 'ids'>): Uint32Array =>
  entries.indexesOf(ids);

/** Whether a pair is on the way of a walk, or there is no walk. */
export const isOnWalk = (entries: PairList, index: number, walk: Walk | null): boolean => {
  if (walk === null) return true;
  const entry = entries.at(index);
  return entry !== undefined && walk.ids.has(entry.captureId);
};
