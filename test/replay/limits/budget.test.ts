import { array, assert, boolean, double, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget, type Reservation } from '../../../source/replay/limits/budget.ts';

describe('a budget', () => {
  it('returns the unused part of a reservation', () => {
    const budget = new Budget(1);
    const first = budget.reserve(0.6);
    expect(budget.reserve(0.6)).toBeNull();
    budget.settle(first as Reservation, 0.1);
    expect([budget.spent, budget.reserved, budget.idle]).toEqual([0.1, 0, true]);
    expect(budget.reserve(0.9)).not.toBeNull();
    expect(budget.idle).toBe(false);
  });

  it('is unlimited without a limit, and still counts spending', () => {
    const budget = new Budget(null);
    const reservation = budget.reserve(1e6);
    budget.settle(reservation as Reservation, 12.5);
    expect(budget.spent).toBe(12.5);
  });

  it('admits only free calls when the limit is zero', () => {
    const budget = new Budget(0);
    expect(budget.reserve(0)).not.toBeNull();
    expect(budget.reserve(1e-12)).toBeNull();
  });

  it('books a reservation once, no matter how often it is settled', () => {
    const budget = new Budget(1);
    const reservation = budget.reserve(0.5) as Reservation;
    budget.settle(reservation, 0.25);
    budget.settle(reservation, 0.25);
    expect([budget.spent, budget.reserved]).toEqual([0.25, 0]);
  });

  it('reports a cost above its bound in full, then admits nothing more', () => {
    const budget = new Budget(1);
    budget.settle(budget.reserve(0.5) as Reservation, 1.5);
    expect(budget.spent).toBe(1.5);
    expect(budget.reserve(0)).toBeNull();
  });

  it('is shared by several runs, each of which reports its own spending', () => {
    const budget = new Budget(1);
    const [first, second] = [budget.share(), budget.share()];
    const held = first.reserve(0.7) as Reservation;
    expect(second.reserve(0.4)).toBeNull();
    expect(second.idle).toBe(true);
    first.settle(held, 0.2);
    second.settle(second.reserve(0.4) as Reservation, 0.4);
    second.settle(held, 0.1);
    expect([first.spent, second.spent, budget.spent]).toEqual([0.2, 0.4, 0.6]);
    expect(first.reserve(0.5)).toBeNull();
  });

  it('is never exceeded by spending and reservations together', () => {
    const dollars = double({ min: 0, max: 2, noNaN: true });
    const step = record({
      bound: dollars,
      share: double({ min: 0, max: 1, noNaN: true }),
      settle: boolean(),
    });
    assert(
      property(
        double({ min: 0, max: 5, noNaN: true }),
        array(step, { maxLength: 60 }),
        (limit, steps) => {
          const budget = new Budget(limit);
          const open: { readonly reservation: Reservation; readonly cost: number }[] = [];
          for (const { bound, share, settle } of steps) {
            const reservation = budget.reserve(bound);
            if (reservation !== null) open.push({ reservation, cost: bound * share });
            const oldest = settle ? open.shift() : undefined;
            if (oldest !== undefined) budget.settle(oldest.reservation, oldest.cost);
            expect(budget.spent + budget.reserved).toBeLessThanOrEqual(limit + 1e-12);
            expect(budget.idle).toBe(open.length === 0);
          }
        },
      ),
    );
  });
});
