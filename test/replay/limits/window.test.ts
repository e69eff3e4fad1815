import { array, assert, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingWindow, windowMs } from '../../../source/replay/limits/window.ts';

describe('a sliding window', () => {
  it('says when an amount fits without exceeding the limit in any 60 seconds', () => {
    const steps = array(tuple(integer({ min: 0, max: 20_000 }), integer({ min: 1, max: 60 })), {
      maxLength: 200,
    });
    assert(
      property(integer({ min: 1, max: 100 }), steps, (limit, given) => {
        const window = new SlidingWindow(limit);
        const log: { readonly atMs: number; readonly amount: number }[] = [];
        let nowMs = 0;
        for (const [gapMs, asked] of given) {
          nowMs += gapMs;
          const fits = window.fitsAt(asked, nowMs);
          expect(fits).toBeGreaterThanOrEqual(nowMs);
          // It does not fit a millisecond earlier, and fits exactly then.
          if (fits > nowMs) expect(window.fitsAt(asked, fits - 1)).toBe(fits);
          nowMs = fits;
          expect(window.fitsAt(asked, nowMs)).toBe(nowMs);
          window.add(asked, nowMs);
          log.push({ atMs: nowMs, amount: Math.min(asked, limit) });
          const within = log.filter(({ atMs }) => atMs + windowMs > nowMs);
          expect(within.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  it('applies corrections to entries in the window and ignores them afterwards', () => {
    const window = new SlidingWindow(100);
    const first = window.add(90, 0);
    if (first === null) throw new Error('There is a limit.');
    expect(window.fitsAt(50, 0)).toBe(windowMs);
    window.correct(first, 20);
    expect(window.fitsAt(50, 0)).toBe(0);
    expect(window.fitsAt(100, windowMs)).toBe(windowMs);
    window.correct(first, 90);
    expect(window.fitsAt(100, windowMs)).toBe(windowMs);
  });

  it('accepts everything without a limit and enforces a limit once it is learned', () => {
    const window = new SlidingWindow(null);
    expect([window.add(1e9, 0), window.fitsAt(1e9, 0)]).toEqual([null, 0]);
    window.limitTo(10);
    window.add(10, 0);
    expect(window.fitsAt(1, 1)).toBe(windowMs);
  });
});
