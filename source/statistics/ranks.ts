/**
 * Reorders finite values until those at the given ranks are where sorting would put them, and returns them.
 * Ranks are indexes of the sorted values, in any order. Takes about the time to read the values a few times.
 *
 * Source: Floyd & Rivest 1975, Algorithm 489: SELECT, Communications of the ACM 18(3).
 */
export const atRanks = (values: Float64Array, ranks: readonly number[]): Float64Array => {
  let first = 0;
  for (const rank of [...new Set(ranks)].toSorted((a, b) => a - b)) {
    // All values before the last rank are smaller.
    select(values, { first, last: values.length - 1 }, rank);
    first = rank + 1;
  }
  return values;
};

/** From this size on, a sample of the range tells between which values the rank lies. */
const sampledFrom = 600;

const select = (
  values: Float64Array,
  range: { readonly first: number; readonly last: number },
  rank: number,
): void => {
  let { first, last } = range;
  while (last > first) {
    if (last - first > sampledFrom) select(values, sampleAround(first, last, rank), rank);
    const pivot = at(values, rank);
    let [low, high] = [first, last];
    swap(values, first, rank);
    if (at(values, last) > pivot) swap(values, first, last);
    while (low < high) {
      swap(values, low, high);
      low++;
      high--;
      while (at(values, low) < pivot) low++;
      while (at(values, high) > pivot) high--;
    }
    if (at(values, first) === pivot) swap(values, first, high);
    else swap(values, ++high, last);
    if (high <= rank) first = high + 1;
    if (rank <= high) last = high - 1;
  }
};

/** The part of a range whose values, once they are in their places, are close to that of a rank. */
const sampleAround = (
  first: number,
  last: number,
  rank: number,
): { readonly first: number; readonly last: number } => {
  const size = last - first + 1;
  const before = rank - first + 1;
  const log = Math.log(size);
  const sample = 0.5 * Math.exp((2 * log) / 3);
  const spread =
    0.5 * Math.sqrt((log * sample * (size - sample)) / size) * Math.sign(before - size / 2);
  const low = rank - (before * sample) / size + spread;
  const high = rank + ((size - before) * sample) / size + spread;
  return { first: Math.max(first, Math.floor(low)), last: Math.min(last, Math.floor(high)) };
};

const at = (values: Float64Array, index: number): number => values[index] ?? Number.NaN;

const swap = (values: Float64Array, a: number, b: number): void => {
  const kept = at(values, a);
  values[a] = at(values, b);
  values[b] = kept;
};
