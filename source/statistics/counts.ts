/** Throws RangeError unless `part` of `whole` are counts: integers from 0, the part no greater. */
export const requireCounts = (part: number, whole: number): void => {
  const possible =
    Number.isSafeInteger(part) && Number.isSafeInteger(whole) && part >= 0 && part <= whole;
  if (!possible) throw new RangeError(`Impossible counts: ${part} of ${whole}.`);
};

/** Returns the sum of some numbers; 0 for none. */
export const total = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0);
