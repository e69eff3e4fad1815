import { describe, expect, it } from 'vitest';
import { costOf, dearestPrice, loadPrices, priceAtMoment } from '../../source/models/prices.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';
import { comparisonPrices } from '../../source/money/prices-to-pay.ts';
import { spendingOf } from '../../source/money/spending.ts';
import { findComparison, openComparison } from '../../source/store/comparisons/comparisons.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { ledger } from '../../source/store/ledger.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { gatherSummary } from '../../source/summary/gather-summary.ts';
import { at, sampleAnswer, sampleCapture, sampleResponse } from '../store/samples.ts';
import { temporaryStore } from '../store/temporary-store.ts';

const million = { input: 1_000_000, output: 1_000_000, cachedInput: null, reasoning: null };

/** DeepSeek's list has one price from 00:30 to 16:30 UTC and another one for the rest of the day. */
const day = '2026-11-20T12:00:00.000Z';
const night = '2026-11-20T16:31:00.000Z';
const [dayUsd, nightUsd] = [0.27 + 1.1, 0.135 + 0.55];

describe('the cost of a call', () => {
  it('is that of its own moment, in the summary and in the ledger, whenever one looks', async () => {
    const store = await temporaryStore();
    const { id } = await openComparison(store, {
      name: null,
      baseline: 'recorded',
      candidate: 'deepseek/deepseek-chat',
      at,
    });
    await addRecords(
      store,
      [sampleCapture('c0', { timestamp: day }), sampleCapture('c1', { timestamp: night })].map(
        (capture) => ({ kind: 'capture', capture }),
      ),
      { source: 'traffic.jsonl', comparisonId: id, at },
    );
    for (const [captureId, moment] of [
      ['c0', day],
      ['c1', night],
    ] as const) {
      const answer = { ...sampleAnswer('yes'), usage: million };
      const response = { ...sampleResponse(id, captureId, 'candidate'), answer, at: moment };
      await saveResponse(store, response);
      await saveResponse(store, {
        ...sampleResponse(id, captureId, 'baseline'),
        answer: { ...answer, model: captureId === 'c0' ? 'deepseek-chat' : 'gpt-4o' },
        recorded: true,
        at: '2026-11-30T20:00:00.000Z',
      });
    }
    const book = await loadPrices();
    const comparison = await findComparison(store, id);
    for (const now of [new Date(day), new Date(night)]) {
      const { prices, priceAt } = comparisonPrices(book, comparison, now);
      const { cost } = await gatherSummary(store, comparison, { prices, priceAt, at });
      expect(cost.candidate).toBeCloseTo(dayUsd + nightUsd, 9);
      expect(cost.baseline).toBeCloseTo(dayUsd + 2.5 + 10, 9);
      expect(cost.prices).toContain('at the moment of each call');
      const entries = await ledger(store, { start: '', tiersOf: () => [], varies: () => true });
      const { usd } = spendingOf(entries, (_, moment) =>
        priceAt('candidate', { at: moment ?? null, model: null }),
      );
      expect(usd).toBeCloseTo(dayUsd + nightUsd, 9);
    }
  });

  it('is reserved in a budget at the highest rates of the day', async () => {
    const book = await loadPrices();
    const model = resolveModel('deepseek/deepseek-chat');
    const [byDay, byNight] = [day, night].map((moment) => book.priceOf(model, new Date(moment)));
    for (const price of [byDay ?? null, byNight ?? null]) {
      expect(costOf(million, priceAtMoment(price, new Date(day)))).toBeCloseTo(dayUsd, 9);
      expect(costOf(million, priceAtMoment(price, new Date(night)))).toBeCloseTo(nightUsd, 9);
      expect(costOf(million, dearestPrice(price, new Date(night)))).toBeCloseTo(dayUsd, 9);
    }
    const fixed = book.priceOf(resolveModel('openai/gpt-4o'), new Date(day));
    expect(dearestPrice(fixed, new Date(day))).toBe(fixed);
  });

  it('is not known where a recorded answer names no model that is listed', async () => {
    const book = await loadPrices();
    const labels = { baseline: 'recorded', candidate: 'recorded:gpt-4o' };
    const { prices, priceAt } = comparisonPrices(book, labels, new Date(day));
    expect(prices.baseline).toBeNull();
    expect(prices.candidate).toMatchObject({ input: 2.5, output: 10 });
    expect(priceAt('baseline', { at: day, model: 'our-own-model' })).toBeNull();
    expect(priceAt('baseline', { at: day, model: null })).toBeNull();
  });
});
