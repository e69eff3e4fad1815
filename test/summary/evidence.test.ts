import { describe, expect, it } from 'vitest';
import type { Price } from '../../source/models/model.ts';
import { findComparison } from '../../source/store/comparisons/comparisons.ts';
import type { Store } from '../../source/store/open.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { appendEvent } from '../../source/store/verdicts.ts';
import { markdownReport } from '../../source/report/markdown-report.ts';
import { gatherSummary, type Summary } from '../../source/summary/gather-summary.ts';
import { summaryText } from '../../source/summary/summary-text.ts';
import { sampleAnswer, sampleCapture, sampleComparison, sampleResponse } from '../store/samples.ts';
import { temporaryStore } from '../store/temporary-store.ts';
import { buildStore } from './random-store.ts';

const price: Price = {
  input: 1,
  output: 2,
  cachedInput: null,
  source: 'a list',
  date: '2026-01-01',
};

const summaryOf = async (
  store: Store,
  id: string,
  at: string,
  priced: Price = price,
): Promise<Summary> =>
  gatherSummary(store, await findComparison(store, id), {
    prices: { baseline: price, candidate: priced },
    priceAt: (side, call) =>
      side === 'baseline' ? price : { ...priced, ...priced.at?.(new Date(call.at ?? at)) },
    at,
  });

const answer = async (
  store: Store,
  id: string,
  captureId: string,
  at: string,
  models: { readonly baseline: string; readonly candidate: string },
): Promise<void> => {
  for (const side of ['baseline', 'candidate'] as const) {
    await saveResponse(store, {
      ...sampleResponse(id, captureId, side),
      answer: { ...sampleAnswer('yes'), model: models[side] },
      at,
    });
  }
};

const models = { baseline: 'm-1', candidate: 'n-1' };

describe('the age of evidence', () => {
  it('is named, and said to be old after 30 days', async () => {
    const store = await temporaryStore();
    const { id } = await buildStore(store, {
      rejected: 0,
      pairs: [
        {
          endpoint: 'a',
          baseline: 'answered',
          candidate: 'answered',
          answers: 'different',
          compared: true,
          events: ['agree'],
        },
      ],
    });
    const fresh = await summaryOf(store, id, '2026-12-24T00:00:00.000Z');
    const given = '2026-11-24T00:00:00.000Z';
    expect(fresh.evidence).toEqual({
      answeredAt: { first: given, last: given },
      judgedAt: { last: given },
      notes: [],
    });
    expect(summaryText(fresh)).toContain(
      'Evidence: answers of 2026-11-24, the last verdict of 2026-11-24.\n',
    );
    const old = await summaryOf(store, id, '2026-12-25T00:00:00.000Z');
    expect(old.evidence.notes).toEqual([
      'The last answer is of 2026-11-24, 31 days ago.',
      'The last verdict is of 2026-11-24, 31 days ago.',
    ]);
    expect(summaryText(old)).toContain('  The last verdict is of 2026-11-24, 31 days ago.\n');
    expect(markdownReport({ summary: old, gate: null, note: null })).toContain(
      '- The last verdict is of 2026-11-24, 31 days ago.',
    );
  });

  it('is nothing without answers', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, [sampleCapture('c')]);
    const { evidence, ...rest } = await summaryOf(store, id, '2026-11-24T00:00:00.000Z');
    expect(evidence).toEqual({
      answeredAt: { first: null, last: null },
      judgedAt: { last: null },
      notes: [],
    });
    expect(summaryText({ evidence, ...rest })).not.toContain('Evidence');
  });

  it('leaves out a verdict that was taken back', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, [sampleCapture('c')]);
    const key = {
      comparisonId: id,
      captureId: 'c',
      reviewer: 'ann',
      at: '2026-11-24T00:00:00.000Z',
    };
    await appendEvent(store, { ...key, id: '1', kind: 'verdict', verdict: 'agree' });
    await appendEvent(store, { ...key, id: '2', kind: 'undo', undoes: '1' });
    const { evidence } = await summaryOf(store, id, '2026-11-25T00:00:00.000Z');
    expect(evidence.judgedAt.last).toBeNull();
  });
});

describe('what has changed since', () => {
  it('is the model behind a name', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, [sampleCapture('c0'), sampleCapture('c1')]);
    await answer(store, id, 'c0', '2026-11-20T00:00:00.000Z', models);
    const before = await summaryOf(store, id, '2026-11-24T00:00:00.000Z');
    expect(before.evidence.notes).toEqual([]);
    await answer(store, id, 'c1', '2026-11-23T00:00:00.000Z', { ...models, candidate: 'n-2' });
    const { evidence } = await summaryOf(store, id, '2026-11-24T00:00:00.000Z');
    expect(evidence.notes).toEqual([
      "The model behind the candidate's name changed: b answered as n-1 (1, 2026-11-20), n-2 (1, 2026-11-23).",
    ]);
  });

  it('is no model where each endpoint has its own, or both answer in the same time', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(
      store,
      ['a', 'b'].flatMap((endpoint) =>
        [0, 1, 2].map((index) => sampleCapture(`${endpoint}${index}`, { endpoint })),
      ),
    );
    const give = (captureId: string, day: number, candidate: string): Promise<void> =>
      answer(store, id, captureId, `2026-11-${day}T00:00:00.000Z`, { ...models, candidate });
    const notes = async (): Promise<readonly string[]> =>
      (await summaryOf(store, id, '2026-11-28T00:00:00.000Z')).evidence.notes;
    await give('a0', 20, 'n-1');
    await give('a1', 21, 'n-1');
    await give('b0', 22, 'n-2');
    await give('b1', 23, 'n-2');
    expect(await notes()).toEqual([]);
    await give('b2', 22, 'n-3');
    expect(await notes()).toEqual([
      "Several models are behind the candidate's name at the same time: b answered as n-2 (2, 2026-11-22 to 2026-11-23), n-3 (1, 2026-11-22).",
    ]);
    await give('a2', 25, 'n-2');
    expect(await notes()).toEqual([
      "The model behind the candidate's name changed: b answered as n-1 (2, 2026-11-20 to 2026-11-21), n-2 (1, 2026-11-25).",
    ]);
  });

  it('is the system prompt of an endpoint, unless it differs with every request', async () => {
    const store = await temporaryStore();
    const capture = (endpoint: string, index: number, prompt: string) =>
      sampleCapture(`${endpoint}${index}`, {
        endpoint,
        timestamp: new Date(
          Date.parse('2026-11-01T00:00:00.000Z') + index * 86_400_000,
        ).toISOString(),
        request: { messages: [{ role: 'system', content: prompt }] },
      });
    const days = Array.from({ length: 20 }, (_, index) => index);
    const id = await sampleComparison(store, [
      ...days.map((index) => capture('changed', index, index < 12 ? 'one' : 'two')),
      ...days.map((index) => capture('dated', index, `Today is day ${index}.`)),
      ...days.map((index) => capture('same', index, 'one')),
      ...days.slice(1).map((index) => capture('few', index, index < 12 ? 'one' : 'two')),
    ]);
    const { evidence } = await summaryOf(store, id, '2026-11-24T00:00:00.000Z');
    expect(evidence.notes).toEqual([
      'The system prompt of changed changed within the captures: those of 2026-11-01 have another one than those of 2026-11-20.',
    ]);
  });

  it('is a price, compared at the hour of the last answer', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, [sampleCapture('c0')]);
    await answer(store, id, 'c0', '2026-11-20T02:00:00.000Z', models);
    const noted = async (at: (moment: Date) => Price) => {
      const varying: Price = { ...price, varies: true, at };
      const { evidence } = await summaryOf(store, id, '2026-11-24T12:00:00.000Z', varying);
      return evidence.notes;
    };
    // Half price at night, on every day.
    expect(
      await noted((moment) => ({ ...price, input: moment.getUTCHours() < 8 ? 0.5 : 1 })),
    ).toEqual([]);
    expect(
      await noted((moment) => ({ ...price, output: moment.getUTCDate() < 22 ? 2 : 8 })),
    ).toEqual([
      'The price of the candidate changed since its last answer (2026-11-20): from $1 in and $2 out per million tokens to $1 and $8. The cost is that of the calls.',
    ]);
    const later = await summaryOf(store, id, '2026-11-24T12:00:00.000Z', {
      ...price,
      date: '2026-11-22',
    });
    expect(later.evidence.notes).toEqual([
      'The price of the candidate is of 2026-11-22, after its last answer (2026-11-20): what was paid may differ.',
    ]);
  });
});
