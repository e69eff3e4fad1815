/**
 * Adjusted p-values (q-values) of several tests, in the order of the input. Rejecting those up to 0.05 keeps
 * the expected share of false discoveries at 5 % or less. The tests must be independent or positively
 * dependent. Pass all p-values, not only the small ones. Throws RangeError for a number outside 0 to 1.
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
