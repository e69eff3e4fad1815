import { array, assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sides } from '../../source/comparison/outcome.ts';
import { catalogue, findCatalogueModel } from '../../source/models/catalogue.ts';
import type { Usage } from '../../source/models/answer.ts';
import type { Price } from '../../source/models/model.ts';
import { loadPrices } from '../../source/models/prices.ts';
import { comparisonPrices } from '../../source/money/prices-to-pay.ts';
import { saveAttempt } from '../../source/store/attempts.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { findComparison } from '../../source/store/comparisons/comparisons.ts';
import type { Store } from '../../source/store/open.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { gatherSummary, type Summary } from '../../source/summary/gather-summary.ts';
import { monthlyCosts, monthlyText } from '../../source/summary/monthly-cost.ts';
import { summaryText } from '../../source/summary/summary-text.ts';
import { markdownReport } from '../../source/report/markdown-report.ts';
import {
  at,
  sampleAnswer,
  sampleCapture,
  sampleComparison,
  sampleResponse,
  unknownTimings,
} from '../store/samples.ts';
import { temporaryStore } from '../store/temporary-store.ts';

const hourMs = 3_600_000;
const start = Date.parse('2026-11-01T00:00:00.000Z');

/** Captures at equal intervals. */
const captures = (
  number: number,
  everyMs: number,
  endpoint: (index: number) => string = () => 'a',
) =>
  Array.from({ length: number }, (_, index) =>
    sampleCapture(`c${index}`, {
      endpoint: endpoint(index),
      timestamp: new Date(start + index * everyMs).toISOString(),
    }),
  );

const usage = (input: number, output: number) => ({
  input,
  output,
  cachedInput: null,
  reasoning: null,
});

const answerAll = async (
  store: Store,
  id: string,
  ids: readonly string[],
  used: Usage = usage(100, 10),
): Promise<void> => {
  for (const captureId of ids) {
    for (const side of sides) {
      const answer = { ...sampleAnswer('yes'), usage: used };
      await saveResponse(store, { ...sampleResponse(id, captureId, side), answer });
    }
  }
};

const dear: Price = { input: 10, output: 100, cachedInput: null, source: 'a list', date: '' };
const cheap: Price = { ...dear, input: 1, output: 10 };

const summaryOf = async (
  store: Store,
  id: string,
  options: Partial<Parameters<typeof gatherSummary>[2]> = {},
): Promise<Summary> =>
  gatherSummary(store, await findComparison(store, id), {
    prices: { baseline: dear, candidate: cheap },
    at,
    ...options,
  });

/** What the article says a price is. */
const articlePrice = (name: string): Price => {
  const { source, date } = catalogue();
  const price = findCatalogueModel(name)?.price;
  if (price?.input === undefined || price.input === null) throw new Error(`no price of ${name}`);
  return { input: price.input, output: price.output, cachedInput: null, source, date };
};

describe('the cost of a month', () => {
  it('is about 40 and 2,400 USD for the same traffic on the cheapest and the dearest model', async () => {
    const store = await temporaryStore();
    // 160 million output tokens a month: 40,000 requests, one each 65.7 seconds.
    const everyMs = ((365.25 / 12) * 24 * hourMs) / 40_000;
    const traffic = captures(60, everyMs);
    const id = await sampleComparison(store, traffic);
    await answerAll(
      store,
      id,
      traffic.map((one) => one.id),
      usage(20, 4000),
    );
    const summary = await summaryOf(store, id, {
      prices: {
        baseline: articlePrice('Claude 3.5 Sonnet'),
        candidate: articlePrice('DeepSeek V4 Flash'),
      },
    });
    const { monthly } = summary.cost;
    expect(monthly.source).toBe('captured');
    expect(monthly.requests).toBeCloseTo(40_000, 0);
    expect(monthly.candidate).toBeCloseTo(40, 0);
    expect(Math.abs((monthly.baseline ?? 0) - 2400)).toBeLessThan(5);
    expect(summaryText(summary).replaceAll(/\s+/g, ' ')).toContain(
      'At the captured rate of 40,000 requests a month (1.1 hours of timestamps): $2,402 → $40.14 a month; $60.06 → $1.00 per 1,000.',
    );
    const report = markdownReport({ summary, gate: null, note: null });
    expect(report).toContain('At the captured rate of 40,000 requests a month');
  });

  it('counts what the selection left out, and each endpoint with its own cost', async () => {
    const store = await temporaryStore();
    const traffic = captures(24 * 7 + 1, hourMs, (index) => (index % 4 === 0 ? 'rare' : 'often'));
    const [rare, often] = traffic;
    if (rare === undefined || often === undefined) throw new Error('no traffic');
    const id = await sampleComparison(store, [rare, often]);
    const others = traffic.slice(2);
    await addRecords(
      store,
      others.map((capture) => ({ kind: 'capture' as const, capture })),
      { source: 'traffic.jsonl', comparisonId: null, at },
    );
    await store.db
      .insertInto('comparison_left_out')
      .values(
        others.map((one) => ({
          comparison_id: id,
          capture_id: one.id,
          reason: 'not in the sample',
        })),
      )
      .execute();
    await answerAll(store, id, [rare.id], usage(1000, 0));
    await answerAll(store, id, [often.id], usage(100, 0));
    const summary = await summaryOf(store, id);
    const { monthly } = summary.cost;
    const month = (365.25 / 12) * 24;
    expect(monthly).toMatchObject({ source: 'captured', days: 7 });
    expect(monthly.requests).toBeCloseTo(month, 6);
    const rareShare = 43 / 169;
    expect(monthly.baseline).toBeCloseTo(month * (rareShare * 0.01 + (1 - rareShare) * 0.001), 9);
    const byEndpoint = summary.byEndpoint.map((one) => one.cost.monthly);
    expect(byEndpoint.reduce((sum, one) => sum + (one.baseline ?? 0), 0)).toBeCloseTo(
      monthly.baseline ?? 0,
      9,
    );
    const given = await summaryOf(store, id, { monthlyRequests: 169_000 });
    expect(given.cost.monthly).toMatchObject({ requests: 169_000, source: 'given', days: null });
    expect(given.cost.monthly.candidate).toBeCloseTo(43 + 12.6, 6);
    expect(monthlyText(given.cost)).toBe(
      'At 169,000 requests a month: $556 → $55.60 a month; $3.29 → $0.33 per 1,000.',
    );
    // Every line of the bill keeps to 80 columns.
    const text = summaryText(summary);
    expect(text).toContain(
      [
        `${' '.repeat(43)}baseline${' '.repeat(20)}candidate`,
        'Bill by endpoint             in      out       cost       in      out       cost',
        'often                       100        0     $0.001      100        0    $0.0001',
        'rare                      1,000        0      $0.01    1,000        0     $0.001',
        '',
      ].join('\n'),
    );
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('is unknown without enough timestamps', async () => {
    const month = (number: number, everyMs: number) =>
      monthlyCosts(
        [
          {
            endpoint: 'a',
            captures: 100,
            timed: number,
            first: new Date(start).toISOString(),
            last: new Date(start + everyMs * (number - 1)).toISOString(),
          },
        ],
        {
          whole: { baseline: 1, candidate: 1 },
          byEndpoint: new Map([['a', { baseline: 1, candidate: 1 }]]),
        },
        null,
      ).whole;
    const unknown = { requests: null, source: null, days: null, baseline: null, candidate: null };
    expect(month(9, hourMs)).toEqual(unknown);
    expect(month(10, hourMs / 9 - 1)).toEqual(unknown);
    expect(month(10, hourMs / 9)).toMatchObject({ source: 'captured', days: 1 / 24 });
    expect(
      monthlyText({ monthly: unknown, perRequest: { baseline: 0.002, candidate: 0.0001 } }),
    ).toBe(
      'Per 1,000 requests: $2.00 → $0.10. No rate per month is known: name one with --monthly-requests.',
    );
  });

  it('is the sum of the endpoints, whatever their traffic', () => {
    assert(
      property(
        array(
          record({ captures: integer({ min: 1, max: 1000 }), cost: integer({ min: 0, max: 99 }) }),
          {
            minLength: 1,
            maxLength: 5,
          },
        ),
        integer({ min: 1, max: 1_000_000 }),
        (endpoints, given) => {
          const rates = endpoints.map(({ captures: number }, index) => ({
            endpoint: `e${index}`,
            captures: number,
            timed: 0,
            first: null,
            last: null,
          }));
          const costs = endpoints.map(
            ({ cost }, index): [string, { baseline: number; candidate: null }] => [
              `e${index}`,
              { baseline: cost, candidate: null },
            ],
          );
          const { byEndpoint, whole } = monthlyCosts(
            rates,
            { whole: { baseline: 1, candidate: null }, byEndpoint: new Map(costs) },
            given,
          );
          const parts = [...byEndpoint.values()];
          const all = rates.reduce((sum, rate) => sum + rate.captures, 0);
          const mean = endpoints.reduce((sum, one) => sum + one.captures * one.cost, 0) / all;
          expect(parts.reduce((sum, part) => sum + (part.requests ?? 0), 0)).toBeCloseTo(given, 4);
          expect(whole.baseline).toBeCloseTo(mean * given, 2);
          expect(whole.candidate).toBeNull();
        },
      ),
    );
  });
});

describe('calls besides the answers', () => {
  it('are told apart from the cost of the answers: charged failures, repetitions, lone answers', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, captures(3, hourMs));
    await answerAll(store, id, ['c0', 'c1'], usage(1000, 0));
    const none = await summaryOf(store, id);
    const nothing = { calls: 0, failed: 0, unknown: 0, usd: null };
    expect(none.cost.otherCalls).toEqual({ baseline: nothing, candidate: nothing });
    expect(summaryText(none)).not.toContain('Not in the cost above');
    const key = { comparisonId: id, captureId: 'c0', side: 'candidate' as const, sample: 0, at };
    const failure = { status: null, retryAfterMs: null, parameter: null, message: 'cut' };
    const attempt = {
      partial: null,
      timings: unknownTimings,
      providerRequestId: null,
      final: false,
    };
    await saveAttempt(store, {
      ...key,
      ...attempt,
      failure: { ...failure, reason: 'truncated' },
      partial: { ...sampleAnswer('so f'), usage: usage(2000, 0) },
    });
    await saveAttempt(store, { ...key, ...attempt, failure: { ...failure, reason: 'timeout' } });
    const answer = { ...sampleAnswer('yes'), usage: usage(3000, 0) };
    await saveResponse(store, { ...sampleResponse(id, 'c1', 'candidate'), sample: 1, answer });
    await saveResponse(store, { ...sampleResponse(id, 'c2', 'baseline'), answer });
    const { cost } = await summaryOf(store, id);
    expect(cost.candidate).toBeCloseTo(0.002, 12);
    expect(cost.otherCalls).toEqual({
      baseline: { calls: 1, failed: 0, unknown: 0, usd: expect.closeTo(0.03, 12) },
      candidate: { calls: 2, failed: 1, unknown: 0, usd: expect.closeTo(0.005, 12) },
    });
    expect(summaryText(await summaryOf(store, id)).replaceAll(/\s+/g, ' ')).toContain(
      "Not in the cost above: calls that failed after they were charged, were repeated, or lack the other side's answer: $0.03 for 1 of the baseline, $0.005 for 2 of the candidate.",
    );
    // A stream that broke off after the server had counted the input alone.
    const cut = { ...sampleAnswer('so f'), usage: { ...usage(500, 0), output: null } };
    await saveAttempt(store, {
      ...key,
      ...attempt,
      failure: { ...failure, reason: 'truncated' },
      partial: cut,
    });
    expect(summaryText(await summaryOf(store, id)).replaceAll(/\s+/g, ' ')).toContain(
      '$0.03 for 1 of the baseline, ≥ $0.005 for 3 of the candidate.',
    );
  });
});

describe('cached input', () => {
  it('is named as a share of the input of each side, if any side reports it', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, captures(1, hourMs));
    await answerAll(store, id, ['c0'], { ...usage(100, 10), cachedInput: 25 });
    expect(summaryText(await summaryOf(store, id)).replaceAll(/\s+/g, ' ')).toContain(
      "Cached, which is faster and may be cheaper: 25.0 % of the baseline's input, 25.0 % of the candidate's input.",
    );
    await store.close();
  });

  it('is named for the side that reports it alone', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, captures(1, hourMs));
    for (const side of sides) {
      const used = { ...usage(100, 10), cachedInput: side === 'baseline' ? null : 50 };
      const answer = { ...sampleAnswer('yes'), usage: used };
      await saveResponse(store, { ...sampleResponse(id, 'c0', side), answer });
    }
    expect(summaryText(await summaryOf(store, id)).replaceAll(/\s+/g, ' ')).toContain(
      "Cached, which is faster and may be cheaper: 50.0 % of the candidate's input.",
    );
    await store.close();
  });
});

describe('a server on this machine', () => {
  it('is free, and said to be', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, captures(1, hourMs));
    await answerAll(store, id, ['c0']);
    const labels = { baseline: 'openai/gpt-4o', candidate: 'http://127.0.0.1:8080/v1#qwen3-32b' };
    const { prices, priceAt } = comparisonPrices(await loadPrices(), labels, new Date(at));
    const { cost } = await summaryOf(store, id, { prices, priceAt });
    expect(cost.candidate).toBe(0);
    expect(cost.prices).toMatch(/^baseline: genai-prices .*; candidate: free \(local\)$/);
    const elsewhere = { ...labels, candidate: 'https://example.com/v1#qwen3-32b' };
    expect(
      comparisonPrices(await loadPrices(), elsewhere, new Date(at)).prices.candidate,
    ).toBeNull();
  });
});
