import { isLost, isReady, isSettled, type Entry } from './entry.ts';

/**
 * The index of the pair to judge next, searched from `from` on and around: first what is ready and
 * unjudged, then what is still being answered, then what was skipped, oldest skip first. Null when
 * nothing is left. Settled and lost pairs are never offered; a person reaches them with J and K.
 */
export const nextPending = (
  entries: readonly Entry[],
  from: number,
  replaying: boolean,
): number | null => upcoming(entries, from, replaying, 1)[0] ?? null;

/** The indexes of the next `count` pairs to judge, in the order in which they will come. */
export const upcoming = (
  entries: readonly Entry[],
  from: number,
  replaying: boolean,
  count: number,
): readonly number[] => {
  const ready: number[] = [];
  const arriving: number[] = [];
  const skipped: number[] = [];
  const start = Math.max(0, from);
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
