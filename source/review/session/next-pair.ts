import { isLost, isReady, needsNoPerson } from './entry.ts';
import type { PairList, PairState } from './pair-list.ts';
import { isSamePair, type PairKey } from './pair-key.ts';
import { isOnWalk, walkIndexes, type TurnWalk, type Walk } from './walk.ts';

/**
 * Returns the index of the pair to judge next, or null if none is left. See `upcomingPairs` for the
 * order.
 */
export const nextPair = (
  entries: PairList,
  replaying: boolean,
  walk: Walk | null = null,
): number | null => upcomingPairs(entries, replaying, 1, walk)[0] ?? null;

/**
 * The indexes of the next `count` pairs to judge: in the order of the entries, which is random and fixed
 * before the replay, whether or not a pair is answered yet; then those that were skipped, the oldest
 * skip first. Passing over the pairs whose answers come late would make the sample one of quick
 * answers. Pairs that the machine settled or that failed are left out; a person can reach them with J
 * and K. On a walk, all others are left out, too.
 */
export const upcomingPairs = (
  entries: PairList,
  replaying: boolean,
  count: number,
  walk: Walk | null = null,
): readonly number[] => {
  const open: number[] = [];
  const skipped: number[] = [];
  for (const index of openPairs(entries, replaying, walk)) {
    if (entries.marksAt(index).skipped !== null) skipped.push(index);
    else if (open.push(index) === count) return open;
  }
  const bySkip = skipped.toSorted(
    (a, b) => (entries.marksAt(a).skipped ?? 0) - (entries.marksAt(b).skipped ?? 0),
  );
  return [...open, ...bySkip].slice(0, count);
};

/**
 * The index of the first answered pair after `start` that waits for a verdict, from the top if there is
 * none; null if there is none at all.
 */
export const nextReadyPair = (
  entries: PairList,
  start: number,
  replaying: boolean,
  walk: Walk | null = null,
): number | null => {
  const isOpenAndReady = (state: PairState): boolean => isOpen(state, replaying) && isReady(state);
  for (const from of [start + 1, 0]) {
    for (const index of entries.indexesWhere(isOpenAndReady, from)) {
      const { skipped, verdict } = entries.marksAt(index);
      const isWaiting = index !== start && verdict === null && skipped === null;
      if (isWaiting && isOnWalk(entries, index, walk)) return index;
    }
  }
  return null;
};

/**
 * The index of the first pair of a comparison in the order that waits for its verdict without being
 * skipped; the number of pairs if none does. The comparison's verdicts before it are those of a random
 * sample.
 */
export const front = (entries: PairList, replaying: boolean, comparisonId: string): number => {
  for (const index of openPairs(entries, replaying, null)) {
    const isOwn = entries.comparisonAt(index) === comparisonId;
    if (isOwn && entries.marksAt(index).skipped === null) return index;
  }
  return entries.length;
};

/**
 * Returns the index of the next turn of a walk that waits for a verdict; null if none follows before the pair where
 * the walk began, which is at its place in the queue.
 */
export const nextOpenTurn = (
  {
    entries,
    replaying,
    turns,
  }: {
    readonly entries: PairList;
    readonly replaying: boolean;
    readonly turns: TurnWalk | null;
  },
  { captureId, comparisonId }: PairKey,
): number | null => {
  if (turns === null) return null;
  const { captureIds } = turns.conversation;
  for (const later of captureIds.slice(captureIds.indexOf(captureId) + 1)) {
    const pair = { comparisonId, captureId: later };
    if (isSamePair(pair, turns.start)) return null;
    const index = entries.indexOf(pair);
    const entry = entries.at(index);
    if (entry !== undefined && isOpen(entry, replaying) && entry.verdict === null) return index;
  }
  return null;
};

/** Yields the indexes of the pairs that wait for a verdict, skipped or not, in their order. */
function* openPairs(entries: PairList, replaying: boolean, walk: Walk | null): Generator<number> {
  if (walk === null) {
    const open = entries.indexesWhere((state) => isOpen(state, replaying));
    for (const index of open) if (entries.marksAt(index).verdict === null) yield index;
    return;
  }
  for (const index of walkIndexes(entries, walk)) {
    const entry = entries.at(index);
    if (entry !== undefined && isOpen(entry, replaying) && entry.verdict === null) yield index;
  }
}

/** Whether a pair in this state waits for a verdict, if this reviewer has given none. */
export const isOpen = (state: PairState, replaying: boolean): boolean =>
  state.elsewhere !== true && !needsNoPerson(state) && !isLost(state, replaying);
