import type { PairChoice } from '../../store/verdicts.ts';
import type { Entry } from './entry.ts';

/** The part of the queue that a reviewer walks: the pairs that match a filter or have a pattern. */
export type Walk = {
  readonly choice: PairChoice;
  /** The captures of its pairs, as they were when it began. */
  readonly ids: ReadonlySet<string>;
};

/** Whether a pair is on the way of a walk, or there is no walk. */
export const isOnWalk = (entry: Pick<Entry, 'captureId'>, walk: Walk | null): boolean =>
  walk === null || walk.ids.has(entry.captureId);
