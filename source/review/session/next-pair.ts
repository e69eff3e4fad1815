import { isLost, isReady, isSettled, type Entry } from './entry.ts';

/**
 * Returns the index of the pair to judge next, or null if none is left. See `upcomingPairs` for the
 * order.
 */
export const nextPair = (
  entries: readonly Entry[],
  start: number,
  replaying: boolean,
): number | null => upcomingPairs(entries, start, replaying, 1)[0] ?? null;

/**
 * Returns the indexes of the next `count` pairs to judge, searched from `start` to the end and then
 * from the top. Ready pairs come first, then those still being answered, then skipped ones, the
 * oldest skip first. Pairs that the machine settled or that failed are left out; a person can reach
 * them with J and K. The entries themselves are in the store's order.
 */
export const upcomingPairs = (
  entries: readonly Entry[],
  start: number,
  replaying: boolean,
  count: number,
): readonly number[] => {
  const ready: number[] = [];
  const arriving: number[] = [];
  const skipped: number[] = [];
  for (let step = 0; step < entries.length; step++) {
    const index = (start + step) % entries.length;
    const entry = entries[index];
    if (entry === undefined || entry.verdict !== null || isSettled(entry)) continue;
    if (isLost(entry, replaying)) continue;
    if (entry.skipped !== null) skipped.push(index);
    else if (isReady(entry)) ready.push(index);
    else if (replaying && arriving.length < count) arriving.push(index);
    if (ready.length === count) return ready;
  }
  const bySkip = skipped.toSorted(
    (a, b) => (entries[a]?.skipped ?? 0) - (entries[b]?.skipped ?? 0),
  );
  return [...ready, ...arriving, ...bySkip].slice(0, count);
};
