import { diffArrays } from 'diff';

/**
 * `partners[i]` is the index of the candidate's element that matches the baseline's element `i`, or
 * -1; ascending. `exact`: no more elements could have been matched.
 */
export type Matches = { readonly partners: Int32Array; readonly exact: boolean };

/**
 * Matches equal elements of two sequences (Myers' shortest edit script). Equal ends and elements on
 * only one side are removed first, which does not change the result and saves most of the cost. If
 * the script would need more than `maximumEdits` edits, only elements that occur once on each side
 * are matched, with their equal neighbours: not exact, but linear.
 */
export const matchSequences = (
  baseline: readonly number[],
  candidate: readonly number[],
  maximumEdits: number,
): Matches => {
  const partners = new Int32Array(baseline.length).fill(-1);
  const shorter = Math.min(baseline.length, candidate.length);
  let front = 0;
  while (front < shorter && baseline[front] === candidate[front]) partners[front] = front++;
  const longer = candidate.length - baseline.length;
  let end = baseline.length;
  while (end > front && end + longer > front && baseline[end - 1] === candidate[end - 1 + longer]) {
    end--;
    partners[end] = end + longer;
  }
  const a = { elements: baseline, from: front, to: end };
  const b = { elements: candidate, from: front, to: end + longer };
  const exact = matchShortest(a, b, maximumEdits, partners);
  if (!exact) matchUnique(a, b, partners);
  return { partners, exact };
};

type Range = {
  readonly elements: readonly number[];
  readonly from: number;
  readonly to: number;
};

/** Returns false and matches nothing if the limit is exceeded. */
const matchShortest = (a: Range, b: Range, maximumEdits: number, partners: Int32Array): boolean => {
  const first = indexesOfShared(a, b);
  const second = indexesOfShared(b, a);
  if (first.length === 0 || second.length === 0) return true;
  const changes = diffArrays(
    first.map((index) => a.elements[index]),
    second.map((index) => b.elements[index]),
    { maxEditLength: maximumEdits },
  );
  if (changes === undefined) return false;
  let at = 0;
  let other = 0;
  for (const { added, removed, count } of changes) {
    if (!added && !removed) {
      for (let step = 0; step < count; step++) {
        partners[first[at + step] ?? 0] = second[other + step] ?? -1;
      }
    }
    if (!added) at += count;
    if (!removed) other += count;
  }
  return true;
};

const indexesOfShared = (own: Range, other: Range): number[] => {
  const known = new Set<number | undefined>();
  for (let index = other.from; index < other.to; index++) known.add(other.elements[index]);
  const indexes: number[] = [];
  for (let index = own.from; index < own.to; index++) {
    if (known.has(own.elements[index])) indexes.push(index);
  }
  return indexes;
};

const matchUnique = (a: Range, b: Range, partners: Int32Array): void => {
  const once = indexesOfUnique(b);
  const anchors: [number, number][] = [];
  for (const [element, index] of indexesOfUnique(a)) {
    const partner = once.get(element);
    if (partner !== undefined) anchors.push([index, partner]);
  }
  let i = a.from;
  let j = b.from;
  for (const [first, second] of [...longestAscending(anchors), [a.to, b.to] as const]) {
    // Equal elements after the last anchor, then equal elements before this one.
    while (i < first && j < second && a.elements[i] === b.elements[j]) partners[i++] = j++;
    let before = 1;
    while (
      first - before >= i &&
      second - before >= j &&
      a.elements[first - before] === b.elements[second - before]
    ) {
      partners[first - before] = second - before;
      before++;
    }
    if (first < a.to) partners[first] = second;
    i = first + 1;
    j = second + 1;
  }
};

/** Returns the elements that occur once, in order, with their indexes. */
const indexesOfUnique = ({ elements, from, to }: Range): Map<number, number> => {
  const indexes = new Map<number, number>();
  const repeated = new Set<number>();
  for (let index = from; index < to; index++) {
    const element = elements[index];
    if (element === undefined || repeated.has(element)) continue;
    if (indexes.delete(element)) repeated.add(element);
    else indexes.set(element, index);
  }
  return indexes;
};

/**
 * Returns the longest subsequence that ascends on both sides (patience sorting). The input pairs
 * ascend by the first side.
 */
export const longestAscending = (
  pairs: readonly (readonly [number, number])[],
): (readonly [number, number])[] => {
  type Link = { readonly pair: readonly [number, number]; readonly previous: Link | undefined };
  const tops: Link[] = [];
  for (const pair of pairs) {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tops[middle]?.pair[1] ?? 0) < pair[1]) low = middle + 1;
      else high = middle;
    }
    tops[low] = { pair, previous: tops[low - 1] };
  }
  const ascending: (readonly [number, number])[] = [];
  for (let link = tops.at(-1); link !== undefined; link = link.previous) ascending.push(link.pair);
  return ascending.reverse();
};
