import { logChoose } from './log-gamma.ts';

/**
 * The probability of `k` or more successes in `n` trials that each succeed with `probability`. Sums the
 * terms of the shorter tail outwards until they are negligible, some √n of them.
 */
export const binomialUpperTail = (n: number, k: number, probability: number): number => {
  if (k <= 0) return 1;
  if (k > n || probability === 0) return 0;
  if (probability === 1) return 1;
  if (k > n * probability) return tailFrom(n, k, probability);
  return 1 - tailFrom(n, n - k + 1, 1 - probability);
};

/** The same for `k` above the mean, where the terms decrease. */
const tailFrom = (n: number, k: number, probability: number): number => {
  const odds = probability / (1 - probability);
  let term = Math.exp(
    logChoose(n, k) + k * Math.log(probability) + (n - k) * Math.log1p(-probability),
  );
  let sum = 0;
  for (let at = k; at <= n && term > sum * Number.EPSILON; at++) {
    sum += term;
    term *= ((n - at) / (at + 1)) * odds;
  }
  return Math.min(1, sum);
};
