import type { PairNumber } from '../../store/comparisons/pair-numbers.ts';
import type { PairList } from './pair-list.ts';

/** What the list of pairs can be sorted by, in the order in which a key goes through them. */
export const sortings = [
  'position',
  'endpoint',
  'outcome',
  'verdict',
  'cost',
  'length',
  'ratio',
  'likeness',
] as const;
export type Sorting = (typeof sortings)[number];

/** Whether the store must be asked for what the pairs are sorted by. */
export const isStored = (sorting: Sorting): sorting is PairNumber =>
  sorting === 'cost' || sorting === 'length' || sorting === 'ratio' || sorting === 'likeness';

/** Returns the indexes of all pairs in an order that follows from the list; equal ones keep theirs. */
export const pairOrder = (
  entries: PairList,
  sorting: Exclude<Sorting, PairNumber>,
): Uint32Array => {
  switch (sorting) {
    case 'position':
      return Uint32Array.from({ length: entries.length }, (_, index) => index);
    case 'endpoint': {
      const ranks = new Map(entries.endpoints.toSorted().map((name, rank) => [name, rank]));
      return orderOf(valuesByKind(entries, ({ endpoint }) => ranks.get(endpoint) ?? NaN));
    }
    case 'outcome':
      return orderOf(valuesByKind(entries, ({ outcome }) => rankIn(outcomes, outcome)));
    case 'verdict':
      return orderOf(
        Float64Array.from({ length: entries.length }, (_, index) =>
          rankIn(verdicts, entries.marksAt(index).verdict),
        ),
      );
  }
};

const outcomes = ['different', 'equivalent', 'failed', 'identical'] as const;
const verdicts = ['agree', 'better', 'both_bad', 'worse'] as const;

const rankIn = <Name>(names: readonly Name[], name: Name | null): number =>
  name === null ? NaN : names.indexOf(name);

/** Returns a number for each pair, which is the same for pairs of one state and endpoint. */
const valuesByKind = (
  entries: PairList,
  value: (entry: NonNullable<ReturnType<PairList['at']>>) => number,
): Float64Array => {
  const known = new Map<number, number>();
  return Float64Array.from({ length: entries.length }, (_, index) => {
    const kind = entries.kindAt(index);
    const before = known.get(kind);
    if (before !== undefined) return before;
    const entry = entries.at(index);
    const own = entry === undefined ? NaN : value(entry);
    known.set(kind, own);
    return own;
  });
};

/**
 * Returns the indexes of numbers in their order, unknown ones (NaN) last; equal ones keep their order. To sort
 * a million numbers and look each up takes a fifth of the time of sorting their indexes.
 */
export const orderOf = (values: Float64Array): Uint32Array => {
  const sorted = values.toSorted();
  const order = new Uint32Array(values.length);
  /** How many of the equal numbers that begin at a place have their index. */
  const taken = new Uint32Array(values.length);
  const unknown = firstAtLeast(sorted, NaN);
  for (const [index, value] of values.entries()) {
    const place = Number.isNaN(value) ? unknown : firstAtLeast(sorted, value);
    const used = taken[place] ?? 0;
    order[place + used] = index;
    taken[place] = used + 1;
  }
  return order;
};

/** The first place of sorted numbers, of which NaN is the greatest, whose number is not less than a value. */
const firstAtLeast = (sorted: Float64Array, value: number): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const here = sorted[middle] ?? NaN;
    const isLess = Number.isNaN(value) ? !Number.isNaN(here) : here < value;
    if (isLess) low = middle + 1;
    else high = middle;
  }
  return low;
};
