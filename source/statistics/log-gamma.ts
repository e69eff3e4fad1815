/** The smallest argument at which the series below is exact to the last digits of a double. */
const seriesFrom = 10;

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/**
 * ln Γ(x) for x > 0, with an absolute error of some 1e-15 for small x and a relative one for large x.
 * Stirling's series (Abramowitz & Stegun 6.1.41), reached by Γ(x + 1) = x Γ(x) (6.1.15).
 */
export const logGamma = (x: number): number => {
  let shifted = x;
  let product = 1;
  while (shifted < seriesFrom) product *= shifted++;
  const square = 1 / (shifted * shifted);
  const series =
    1 / 12 -
    square *
      (1 / 360 -
        square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188 - (square * 691) / 360360))));
  return (
    (shifted - 0.5) * Math.log(shifted) -
    shifted +
    halfLogTwoPi +
    series / shifted -
    Math.log(product)
  );
};

/** ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a + b), for a and b > 0. */
export const logBeta = (a: number, b: number): number =>
  logGamma(a) + logGamma(b) - logGamma(a + b);

/** ln n! - ln k! - ln (n - k)!, the logarithm of the number of ways to choose k of n. */
export const logChoose = (n: number, k: number): number =>
  logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
