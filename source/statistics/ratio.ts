/** One figure divided by another; null if one is unknown or the divisor is zero. */
export const ratio = (dividend: number | null, divisor: number | null): number | null =>
  dividend === null || divisor === null || divisor === 0 ? null : dividend / divisor;
