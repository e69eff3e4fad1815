import type { UnmarkedEntry } from './entry.ts';
import type { PairKey } from './pair-key.ts';
import type { PairList } from './pair-list.ts';

/** How the pairs of several comparisons become one queue. Both texts sort by code unit. */
export type QueueOrder = {
  /** The place of a capture in the random order. */
  readonly position: (captureId: string) => string;
  /** The place of a pair among those of its capture; null: they have the order of the queues. */
  readonly rank: ((pair: PairKey) => string) | null;
};

/**
 * Joins the queues of several comparisons: the captures in the order of the first queue, and the pairs of
 * a capture one after the other. Captures that are not in the first queue have their place in the same
 * random order, so that what is judged of each comparison is a random sample of it.
 */
export const joinQueues = (
  queues: readonly (readonly UnmarkedEntry[])[],
  { position, rank }: QueueOrder,
): readonly UnmarkedEntry[] => {
  const [first = [], ...others] = queues;
  if (others.length === 0) return first;
  const byCapture = Map.groupBy(queues.flat(), ({ captureId }) => captureId);
  const captureIds = [...byCapture.keys()];
  const ordered = captureIds.length === first.length ? captureIds : sortedBy(captureIds, position);
  return ordered.flatMap((captureId) => {
    const pairs = byCapture.get(captureId) ?? [];
    return rank === null ? pairs : sortedBy(pairs, rank);
  });
};

const sortedBy = <Thing>(
  things: readonly Thing[],
  keyOf: (thing: Thing) => string,
): readonly Thing[] =>
  things
    .map((thing) => ({ thing, key: keyOf(thing) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ thing }) => thing);

/** Returns the indexes of all pairs of the capture that a pair is of, itself included. */
export const candidatesAt = (entries: PairList, index: number): readonly number[] => {
  const captureId = entries.at(index)?.captureId;
  if (captureId === undefined) return [];
  let first = index;
  while (entries.at(first - 1)?.captureId === captureId) first--;
  const indexes: number[] = [];
  for (let at = first; entries.at(at)?.captureId === captureId; at++) indexes.push(at);
  return indexes;
};

/** Returns the number of a pair among those of its capture, from 1, and how many they are. */
export const candidateNumber = (
  entries: PairList,
  index: number,
): { readonly number: number; readonly total: number } => {
  const indexes = candidatesAt(entries, index);
  return { number: indexes.indexOf(index) + 1, total: indexes.length };
};

/** Names a pair in a sentence: `r12`, or `r12, candidate 2` if its capture has several. */
export const pairName = (entries: PairList, pair: PairKey): string => {
  const { number, total } = candidateNumber(entries, entries.indexOf(pair));
  return total < 2 ? pair.captureId : `${pair.captureId}, candidate ${number}`;
};
