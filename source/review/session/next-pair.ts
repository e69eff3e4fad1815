import { isLost, isReady, isSettled, type Entry } from './entry.ts';
import { isOnWalk, type Walk } from './walk.ts';

/**
 * Returns the index of the pair to judge next, or null if none is left. See `upcomingPairs` for the
 * order.
 */
export const nextPair = (
  entries: readonly Entry[],
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
  entries: readonly Entry[],
  replaying: boolean,
  count: number,
  walk: Walk | null = null,
): readonly number[] => {
  const open: number[] = [];
  const skipped: number[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!isOnWalk(entry, walk) || !isOpen(entry, replaying)) continue;
    if (entry.skipped !== null) skipped.push(index);
    else if (open.push(index) === count) return open;
  }
  const bySkip = skipped.toSorted(
    (a, b) => (entries[a]?.skipped ?? 0) - (entries[b]?.skipped ?? 0),
  );
  return [...open, ...bySkip].slice(0, count);
};

/**
 * The index of the first answered pair after `start` that waits for a verdict, from the top if there is
 * none; null if there is none at all.
 */
export const nextReadyPair = (
  entries: readonly Entry[],
  start: number,
  replaying: boolean,
  walk: Walk | null = null,
): number | null => {
  for (let step = 1; step < entries.length; step++) {
    const index = (start + step) % entries.length;
    const entry = entries[index];
    if (entry === undefined || entry.skipped !== null || !isOnWalk(entry, walk)) continue;
    if (isOpen(entry, replaying) && isReady(entry)) return index;
  }
  return null;
};

/**
 * The index of the first pair of a comparison in the order that waits for its verdict without being
 * skipped; the number of pairs if none does. The comparison's verdicts before it are those of a random
 * sample.
 */
export const front = (
  entries: readonly Entry[],
  replaying: boolean,
  comparisonId: string,
): number => {
  const index = entries.findIndex(
    (entry) =>
      entry.comparisonId === comparisonId && isOpen(entry, replaying) && entry.skipped === null,
  );
  return index === -1 ? entries.length : index;
};

/** Whether a pair waits for this reviewer's verdict, also if it was skipped. */
export const isOpen = (entry: Entry, replaying: boolean): boolean =>
  entry.verdict === null &&
  entry.elsewhere !== true &&
  !isSettled(entry) &&
  !isLost(entry, replaying);
