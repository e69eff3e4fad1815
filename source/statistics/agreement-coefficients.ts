import { requireCounts, total } from './counts.ts';
import { z95 } from './wilson.ts';

/** Cohen's kappa of two raters. */
export type Kappa = {
  /** 1: they always agree; 0: as often as by chance; negative: less often. */
  readonly kappa: number;
  /** The asymptotic standard error, and the 95 % interval from it, which may reach below -1 or above 1. */
  readonly standardError: number;
  readonly lower: number;
  readonly upper: number;
  /** Kappa divided by its standard error if agreement were by chance alone. */
  readonly z: number;
  readonly n: number;
};

/**
 * Cohen's kappa of a square table: how many items the first rater put in category i and the second in j.
 * `linear` weights a disagreement by the distance of the categories, which are then ordered. Null without
 * items, or if all are in one category. Throws RangeError if the table is not square or contains impossible
 * counts.
 *
 * Source: Cohen 1960 and 1968; standard errors of Fleiss, Cohen & Everitt 1969.
 */
export const cohenKappa = (
  table: readonly (readonly number[])[],
  weights: 'none' | 'linear' = 'none',
): Kappa | null => {
  const k = table.length;
  const n = total(table.map(total));
  for (const row of table) {
    if (row.length !== k) throw new RangeError(`A row of ${row.length} in a table of ${k} rows.`);
    for (const count of row) requireCounts(count, n);
  }
  if (n === 0) return null;
  const weight = (i: number, j: number): number =>
    i === j ? 1 : weights === 'linear' ? 1 - Math.abs(i - j) / (k - 1) : 0;
  const first = table.map((row) => total(row) / n);
  const second = table.map((_, j) => total(table.map((row) => row[j] ?? 0)) / n);
  const firstWeight = table.map((_, i) => total(second.map((share, j) => share * weight(i, j))));
  const secondWeight = table.map((_, j) => total(first.map((share, i) => share * weight(i, j))));
  const cells = table.flatMap((row, i) =>
    row.map((count, j) => ({
      share: count / n,
      byChance: (first[i] ?? 0) * (second[j] ?? 0),
      weight: weight(i, j),
      meanWeight: (firstWeight[i] ?? 0) + (secondWeight[j] ?? 0),
    })),
  );
  const observed = total(cells.map((cell) => cell.share * cell.weight));
  const expected = total(cells.map((cell) => cell.byChance * cell.weight));
  // All items are in one category, apart from rounding.
  if (1 - expected < 1e-12) return null;
  const kappa = (observed - expected) / (1 - expected);
  const scale = Math.sqrt(n) * (1 - expected);
  const deviation = (squares: readonly number[], mean: number): number =>
    Math.sqrt(Math.max(0, total(squares) - mean * mean)) / scale;
  const standardError = deviation(
    cells.map((cell) => cell.share * (cell.weight - cell.meanWeight * (1 - kappa)) ** 2),
    kappa - expected * (1 - kappa),
  );
  const byChance = deviation(
    cells.map((cell) => cell.byChance * (cell.weight - cell.meanWeight) ** 2),
    expected,
  );
  return {
    kappa,
    standardError,
    lower: kappa - z95 * standardError,
    upper: kappa + z95 * standardError,
    z: kappa / byChance,
    n,
  };
};

/**
 * Fleiss' kappa of several raters: a row for each item with the number of raters that put it in each category.
 * All items have the same number of raters, two or more, who may differ between items. Null without
 * items, or if all are in one category. Throws RangeError for unequal rows.
 *
 * Source: Fleiss 1971.
 */
export const fleissKappa = (items: readonly (readonly number[])[]): number | null => {
  const [head] = items;
  if (head === undefined) return null;
  const raters = total(head);
  for (const row of items) {
    for (const count of row) requireCounts(count, raters);
    if (raters < 2 || total(row) !== raters || row.length !== head.length) {
      throw new RangeError('Every item needs the same number of raters, two or more.');
    }
  }
  const agreement = (row: readonly number[]): number =>
    total(row.map((count) => count * (count - 1))) / (raters * (raters - 1));
  const observed = total(items.map(agreement)) / items.length;
  const shares = head.map(
    (_, category) => total(items.map((row) => row[category] ?? 0)) / (items.length * raters),
  );
  const expected = total(shares.map((share) => share * share));
  return 1 - expected < 1e-12 ? null : (observed - expected) / (1 - expected);
};

/** The ratings of one item by each rater; null if a rater gave none. */
export type Ratings<Rating> = readonly (Rating | null)[];

/** How different two ratings are: 0 for equal ones. `frequencies` says how often each rating was given. */
export type Distance<Rating> = (
  a: Rating,
  b: Rating,
  frequencies: ReadonlyMap<Rating, number>,
) => number;

/** For ratings without an order: any two different ratings are equally different. */
export const nominalDistance: Distance<unknown> = (a, b) => (a === b ? 0 : 1);

/** For ratings with an order: by the number of ratings between them. */
export const ordinalDistance: Distance<number> = (a, b, frequencies) => {
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  let between = 0;
  for (const [rating, times] of frequencies) if (rating >= low && rating <= high) between += times;
  return (between - ((frequencies.get(a) ?? 0) + (frequencies.get(b) ?? 0)) / 2) ** 2;
};

/** For ratings whose differences are meaningful. */
export const intervalDistance: Distance<number> = (a, b) => (a - b) ** 2;

/** For ratings with a zero, whose ratios are meaningful: numbers ≥ 0. */
export const ratioDistance: Distance<number> = (a, b) => (a === b ? 0 : ((a - b) / (a + b)) ** 2);

/**
 * Krippendorff's alpha for any number of raters, with missing ratings: 1 for full agreement, 0 for agreement
 * by chance. Items with fewer than two ratings are ignored. Null if all are ignored or all ratings are equal.
 *
 * Source: Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011.
 */
export const krippendorffAlpha = <Rating>(
  items: readonly Ratings<Rating>[],
  distance: Distance<Rating> = nominalDistance,
): number | null => {
  const given = items
    .map((ratings) => ratings.filter((rating) => rating !== null))
    .filter((ratings) => ratings.length > 1);
  const frequencies = countEach(given.flat());
  const n = total([...frequencies.values()]);
  // The sum over all pairs of ratings.
  const disagreement = (counts: ReadonlyMap<Rating, number>): number =>
    total(
      [...counts].flatMap(([a, timesA]) =>
        [...counts].map(([b, timesB]) => timesA * timesB * distance(a, b, frequencies)),
      ),
    );
  const expected = disagreement(frequencies);
  if (expected === 0) return null;
  const observed = total(
    given.map((ratings) => disagreement(countEach(ratings)) / (ratings.length - 1)),
  );
  return 1 - ((n - 1) * observed) / expected;
};

const countEach = <Rating>(ratings: readonly Rating[]): ReadonlyMap<Rating, number> => {
  const counts = new Map<Rating, number>();
  for (const rating of ratings) counts.set(rating, (counts.get(rating) ?? 0) + 1);
  return counts;
};
