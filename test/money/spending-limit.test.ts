import { array, assert, boolean, double, nat, option, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spendingLimit } from '../../source/money/settle-limit.ts';
import { Budget, type Reservation } from '../../source/replay/limits/budget.ts';

describe('the spending limit of a run', () => {
  it('is the smaller of its budget and the rest of the month, and says which', () => {
    const limit = (run: number | null, perMonth: number | null, spentThisMonth = 0) =>
      spendingLimit({ run, perMonth, spentThisMonth });
    expect(limit(null, null)).toBeNull();
    expect(limit(5, null, 100)).toEqual({ usd: 5, period: 'run' });
    expect(limit(null, 5, 2)).toEqual({ usd: 3, period: 'month' });
    expect(limit(2, 5, 2)).toEqual({ usd: 2, period: 'run' });
    expect(limit(4, 5, 2)).toEqual({ usd: 3, period: 'month' });
    expect(limit(4, 5, 7)).toEqual({ usd: 0, period: 'month' });
  });

  it('is never exceeded, over successive runs and concurrent parts of a run', () => {
    const dollars = double({ min: 0, max: 2, noNaN: true });
    const call = record({
      part: nat(2),
      bound: dollars,
      share: double({ min: 0, max: 1, noNaN: true }),
      settle: boolean(),
    });
    const run = record({ budget: option(dollars), calls: array(call, { maxLength: 20 }) });
    assert(
      property(
        double({ min: 0, max: 5, noNaN: true }),
        array(run, { maxLength: 6 }),
        (month, runs) => {
          let spentThisMonth = 0;
          for (const { budget: own, calls } of runs) {
            const limit = spendingLimit({ run: own, perMonth: month, spentThisMonth });
            const budget = new Budget(limit?.usd ?? null);
            const parts = [budget.share(), budget.share(), budget.share()] as const;
            const open: { part: 0 | 1 | 2; reservation: Reservation; cost: number }[] = [];
            const settleFirst = (): void => {
              const first = open.shift();
              if (first !== undefined) parts[first.part].settle(first.reservation, first.cost);
            };
            for (const { part, bound, share, settle } of calls) {
              const of = part as 0 | 1 | 2;
              const reservation = parts[of].reserve(bound);
              if (reservation !== null) open.push({ part: of, reservation, cost: bound * share });
              if (settle) settleFirst();
              const used = budget.spent + budget.reserved;
              expect(used).toBeLessThanOrEqual((own ?? month) + 1e-9);
              expect(spentThisMonth + used).toBeLessThanOrEqual(month + 1e-9);
              const sum = parts.reduce((all, one) => all + one.spent + one.reserved, 0);
              expect(sum).toBeCloseTo(used, 6);
            }
            while (open.length > 0) settleFirst();
            expect(budget.idle).toBe(true);
            spentThisMonth += budget.spent;
          }
        },
      ),
    );
  });
});
