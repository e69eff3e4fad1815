import { array, assert, asyncProperty, boolean, double, integer, option, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sides } from '../../source/comparison/outcome.ts';
import type { Price } from '../../source/models/model.ts';
import { batchShareOf, costOfAnswer, tiersOf } from '../../source/models/prices.ts';
import { findComparison } from '../../source/store/comparisons/comparisons.ts';
import { ledger, type LedgerEntry } from '../../source/store/ledger.ts';
import type { Store } from '../../source/store/open.ts';
import { saveAttempt } from '../../source/store/attempts.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { gatherSummary } from '../../source/summary/gather-summary.ts';
import { spendingOf } from '../../source/money/spending.ts';
import {
  at,
  sampleAnswer,
  sampleCapture,
  sampleComparison,
  sampleResponse,
  unknownTimings,
} from '../store/samples.ts';
import { temporaryStore } from '../store/temporary-store.ts';

/** The sample comparisons name their models `a` and `b`. */
const prices: Readonly<Record<string, Price>> = {
  a: {
    input: 1,
    output: 4,
    cachedInput: 0.5,
    cacheWrite: 1.25,
    hourCacheWrite: 2,
    source: 'a list',
    date: '2026-11-01',
    tiers: [
      { above: 100, input: 2, output: 8, cachedInput: 1, cacheWrite: 2.5, hourCacheWrite: 4 },
      { above: 200, input: 3, output: 9, cachedInput: null },
    ],
  },
  b: {
    input: 10,
    output: 20,
    cachedInput: null,
    source: 'a list',
    date: '2026-11-01',
    batchShare: 0.5,
  },
};

const priceOf = (model: string): Price | null => prices[model] ?? null;
const tiers = (model: string): readonly number[] => tiersOf(priceOf(model));

const entriesOf = (store: Store, since = ''): Promise<readonly LedgerEntry[]> =>
  ledger(store, { start: since, tiersOf: tiers });

const answerCost = record({
  usage: option(
    record({
      input: integer({ min: 0, max: 300 }),
      output: integer({ min: 0, max: 300 }),
      cachedInput: option(integer({ min: 0, max: 400 })),
      cacheWrite: option(integer({ min: 0, max: 400 })),
      hourCacheWrite: option(integer({ min: 0, max: 400 })),
    }),
    { freq: 6 },
  ),
  cost: option(double({ min: 0, max: 1, noNaN: true }), { freq: 2 }),
  batch: boolean(),
});

describe('the ledger', () => {
  it('adds up to the same sum as the summary', async () => {
    const store = await temporaryStore();
    let round = 0;
    await assert(
      asyncProperty(
        array(record({ baseline: answerCost, candidate: answerCost }), {
          minLength: 1,
          maxLength: 8,
        }),
        async (pairs) => {
          round += 1;
          const id = await sampleComparison(
            store,
            pairs.map((_, index) => sampleCapture(`${round}-${index}`)),
            `round ${round}`,
          );
          const sums = { baseline: 0, candidate: 0 };
          for (const [index, pair] of pairs.entries()) {
            for (const side of sides) {
              const { usage, cost, batch } = pair[side];
              const answer = {
                ...sampleAnswer('yes'),
                usage: usage === null ? null : { ...usage, reasoning: null },
                cost,
              };
              const response = sampleResponse(id, `${round}-${index}`, side);
              await saveResponse(store, { ...response, answer, batch });
              const price = priceOf(side === 'baseline' ? 'a' : 'b');
              const whole = costOfAnswer(answer, price) ?? 0;
              sums[side] += cost === null && batch ? whole * batchShareOf(price) : whole;
            }
          }
          const comparison = await findComparison(store, id);
          const { cost } = await gatherSummary(store, comparison, {
            prices: { baseline: priceOf('a'), candidate: priceOf('b') },
            at,
          });
          const entries = (await entriesOf(store)).filter((entry) => entry.comparison.id === id);
          for (const side of sides) {
            const ofSide = entries.filter((entry) => entry.side === side);
            const { usd, calls, unknownCalls } = spendingOf(ofSide, priceOf);
            expect(usd ?? 0).toBeCloseTo(sums[side], 9);
            expect(cost[side] ?? 0).toBeCloseTo(sums[side], 9);
            expect(calls).toBe(pairs.length);
            expect(unknownCalls).toBe(
              pairs.filter((pair) => pair[side].usage === null && pair[side].cost === null).length,
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('leaves out recorded answers, other comparisons and failed attempts that cost nothing', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(
      store,
      ['c0', 'c1'].map((one) => sampleCapture(one)),
    );
    await saveResponse(store, { ...sampleResponse(id, 'c0', 'baseline'), recorded: true });
    await saveResponse(store, { ...sampleResponse(id, 'c1', 'baseline'), reused: true });
    await saveResponse(store, sampleResponse(id, 'c0', 'candidate'));
    const failure = {
      reason: 'truncated',
      message: 'cut',
      status: null,
      retryAfterMs: null,
      parameter: null,
    } as const;
    const attempt = {
      comparisonId: id,
      captureId: 'c1',
      side: 'candidate',
      failure,
      timings: unknownTimings,
      providerRequestId: null,
      final: true,
      at,
    } as const;
    await saveAttempt(store, { ...attempt, partial: sampleAnswer('so far') });
    const bound = { input: 1000, output: 50, cachedInput: null, reasoning: null };
    await saveAttempt(store, { ...attempt, partial: null, bound });
    await saveAttempt(store, { ...attempt, partial: null });
    const refused = { ...failure, reason: 'rate_limited', status: 429 } as const;
    const redirected = { ...failure, reason: 'rejected', status: 307 } as const;
    const unsent = { ...failure, reason: 'connection', unsent: true } as const;
    for (const one of [refused, redirected, unsent]) {
      await saveAttempt(store, { ...attempt, failure: one, partial: null, bound });
    }
    const entries = await entriesOf(store);
    expect(entries.map(({ model }) => model)).toEqual(['b']);
    const spending = spendingOf(entries, priceOf);
    // Twice 7 tokens in and 3 out; the attempt without tokens counts only towards the upper bound.
    expect(spending).toMatchObject({ calls: 2, failed: 1, input: 14, output: 6, unknownCalls: 0 });
    expect(spending.brokenCalls).toBe(1);
    expect(spending.usd).toBeCloseTo((14 * 10 + 6 * 20) / 1e6, 12);
    expect(spending.atMost).toBeCloseTo((1014 * 10 + 56 * 20) / 1e6, 12);
  });

  it('does not know the cost of a broken call of which the input alone was counted', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, [sampleCapture('c0')]);
    const usage = { input: 900, output: null, cachedInput: null, reasoning: null };
    await saveAttempt(store, {
      comparisonId: id,
      captureId: 'c0',
      side: 'candidate',
      sample: 0,
      failure: {
        reason: 'truncated',
        message: 'cut',
        status: null,
        retryAfterMs: null,
        parameter: null,
      },
      partial: { ...sampleAnswer('so far'), usage },
      bound: { input: 1000, output: 50, cachedInput: null, reasoning: null },
      timings: unknownTimings,
      providerRequestId: null,
      final: true,
      at,
    });
    const spending = spendingOf(await entriesOf(store), priceOf);
    expect(spending).toMatchObject({ calls: 1, failed: 1, usd: null, unknownCalls: 1 });
    expect(spending.brokenCalls).toBe(0);
    expect(spending.atMost).toBeCloseTo(0.011, 12);
  });

  it('counts an answer without tokens at its upper bound', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, [sampleCapture('c0')]);
    const answer = { ...sampleAnswer('yes'), usage: null };
    const bound = { input: 1000, output: 50, cachedInput: null, reasoning: null };
    await saveResponse(store, { ...sampleResponse(id, 'c0', 'candidate'), answer, bound });
    const spending = spendingOf(await entriesOf(store), priceOf);
    expect(spending).toMatchObject({ calls: 1, usd: null, unknownCalls: 1 });
    expect(spending.atMost).toBeCloseTo(0.011, 12);
  });

  it('counts one whose request asks for an hour in the cache as written for an hour', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(
      store,
      ['c0', 'c1'].map((one) => sampleCapture(one)),
    );
    const answer = { ...sampleAnswer('yes'), usage: null };
    const bound = { input: 150, output: 50, cachedInput: null, reasoning: null };
    const asking = { ...bound, hourCacheWrite: 150 };
    const of = (capture: string) => ({ ...sampleResponse(id, capture, 'baseline'), answer });
    await saveResponse(store, { ...of('c0'), bound });
    await saveResponse(store, { ...of('c1'), bound: asking });
    const long = { above: 100, input: 2, output: 8, cachedInput: 1, hourCacheWrite: 4 };
    const price: Price = { ...long, cacheWrite: 2.5, source: 'a list', date: '2026-11-01' };
    const { atMost } = spendingOf(await entriesOf(store), () => price);
    expect(atMost).toBeCloseTo((150 * 2.5 + 150 * 4 + 100 * 8) / 1e6, 12);
  });

  it('goes by the month of the call in UTC, from the given start', async () => {
    const store = await temporaryStore();
    const days = ['2026-10-31T23:59:59.999Z', '2026-11-01T00:00:00.000Z', '2026-11-24T00:00:00Z'];
    const id = await sampleComparison(
      store,
      days.map((day) => sampleCapture(day)),
    );
    for (const day of days) {
      await saveResponse(store, { ...sampleResponse(id, day, 'baseline'), at: day });
    }
    const months = (await entriesOf(store)).map(({ month, calls }) => [month, calls]);
    expect(months).toEqual([
      ['2026-10', 1],
      ['2026-11', 2],
    ]);
    const since = await entriesOf(store, '2026-11-02');
    expect(since.map(({ month, calls }) => [month, calls])).toEqual([['2026-11', 1]]);
  });

  it('has no cost without a price, except one reported by a provider', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(
      store,
      ['c0', 'c1'].map((one) => sampleCapture(one)),
    );
    await saveResponse(store, sampleResponse(id, 'c0', 'baseline'));
    const entries = await entriesOf(store);
    expect(spendingOf(entries, () => null)).toMatchObject({ usd: null, unknownCalls: 1 });
    const answer = { ...sampleAnswer('yes'), cost: 0.25 };
    await saveResponse(store, { ...sampleResponse(id, 'c1', 'baseline'), answer });
    expect(spendingOf(await entriesOf(store), () => null)).toMatchObject({
      usd: 0.25,
      reportedUsd: 0.25,
      unknownCalls: 1,
    });
  });
});
