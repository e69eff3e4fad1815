/** What a run may spend, USD, and which of the two limits it is. */
export type SpendingLimit = {
  readonly usd: number;
  readonly by: 'run' | 'month';
  /** What the runs of other processes may spend of the month's; none: nothing. */
  readonly others?: number;
};

/**
 * The limit of a run: its own (`run`), or what is left of the month's, whichever is smaller; null
 * when there is neither. USD. `spentThisMonth` is the most that the calls of this month can have
 * cost; a month that is used up leaves 0.
 */
export const spendingLimit = (limits: {
  readonly run: number | null;
  readonly perMonth: number | null;
  readonly spentThisMonth: number;
}): SpendingLimit | null => {
  const { run, perMonth, spentThisMonth } = limits;
  const left = perMonth === null ? null : Math.max(0, perMonth - spentThisMonth);
  if (left !== null && (run === null || left < run)) return { usd: left, by: 'month' };
  return run === null ? null : { usd: run, by: 'run' };
};
