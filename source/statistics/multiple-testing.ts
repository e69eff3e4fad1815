/**
 * Adjusted p-values (q-values) of several tests, in their order: rejecting those up to 0.05 keeps the
 * expected share of false discoveries among the rejected at 5 % or less. The p-values are from 0 to 1, of
 * independent or positively dependent tests, and all that are shown are passed, not only the small ones.
 * Throws RangeError for a number that is no probability.
 *
 * Source: Benjamini & Hochberg 1995; adjusted values as in R's p.adjust.
 */
export const benjaminiHochberg = (pValues: readonly number[]): readonly number[] => {
  for (const value of pValues) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`Not a p-value: ${value}.`);
  }
  const adjusted = Array.from(pValues);
  const fromLargest = [...pValues.entries()].toSorted(([, a], [, b]) => b - a);
  let least = 1;
  for (const [at, [index, value]] of fromLargest.entries()) {
    least = Math.min(least, value * (pValues.length / (pValues.length - at)));
    adjusted[index] = least;
  }
  return adjusted;
};
