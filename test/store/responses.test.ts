import fc from 'fast-check';
import { queuePosition } from '../../source/store/comparisons/queue-order.ts';
import { describe, expect, it } from 'vitest';
import { sides, type PairComparison } from '../../source/comparison/outcome.ts';
import { listPairs, loadPair } from '../../source/store/comparisons/pairs.ts';
import { pendingPairs } from '../../source/store/comparisons/pending-pairs.ts';
import { saveAttempt } from '../../source/store/attempts.ts';
import { saveNotSent } from '../../source/store/not-sent.ts';
import { saveOutcome } from '../../source/store/comparisons/outcomes.ts';
import { saveResponse } from '../../source/store/responses.ts';
import {
  at,
  sampleAnswer,
  sampleCapture,
  sampleComparison,
  sampleResponse,
  unknownTimings,
} from './samples.ts';
import { temporaryStore } from './temporary-store.ts';

const captureIds = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `c${index}`);

const different: PairComparison = {
  outcome: 'different',
  reason: '1 field differs',
  badges: { baseline: [], candidate: ['json_invalid'] },
  differs: { toolCalls: false, language: true, finishReason: false },
};

const timeout = {
  reason: 'timeout',
  message: 'No first byte within 60 s.',
  status: null,
  retryAfterMs: null,
  parameter: null,
} as const;

describe('saveResponse', () => {
  it('keeps the first answer of a side, in any order and however often one arrives', async () => {
    const store = await temporaryStore();
    const ids = captureIds(3);
    const arrival = fc.record({
      captureId: fc.constantFrom(...ids),
      side: fc.constantFrom(...sides),
      text: fc.string(),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { maxLength: 12 }), async (arrivals) => {
        round += 1;
        const comparisonId = await sampleComparison(
          store,
          ids.map((id) => sampleCapture(`${round}-${id}`)),
          `round ${round}`,
        );
        const first = new Map<string, string>();
        const saved = await Promise.all(
          arrivals.map(({ captureId, side, text }) =>
            saveResponse(store, sampleResponse(comparisonId, `${round}-${captureId}`, side, text)),
          ),
        );
        for (const [index, { captureId, side, text }] of arrivals.entries()) {
          const key = `${captureId} ${side}`;
          expect(saved[index]).toBe(!first.has(key));
          if (!first.has(key)) first.set(key, text);
        }
        for (const captureId of ids) {
          const pair = await loadPair(store, comparisonId, `${round}-${captureId}`);
          for (const side of sides) {
            const record = pair.sides[side];
            const text = record.kind === 'answered' ? record.answer.text : undefined;
            expect(text).toBe(first.get(`${captureId} ${side}`));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('returns every byte of an answer, including NUL and lone surrogates', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [sampleCapture('c1')]);
    const answer = {
      ...sampleAnswer('\0 \ud800 \u001b[2J \u202e 好 🙂'),
      toolCalls: [{ id: null, name: 'f\0', arguments: '{"a": ' }],
    };
    await saveResponse(store, {
      ...sampleResponse(comparisonId, 'c1', 'candidate'),
      answer,
      adaptations: [{ parameter: 'store', action: 'removed', reason: 'only OpenAI knows it' }],
    });
    const { sides: saved } = await loadPair(store, comparisonId, 'c1');
    expect(saved.candidate).toEqual({
      kind: 'answered',
      batch: false,
      path: 'native',
      originals: 0,
      answer,
      timings: { queueMs: 1, connectMs: null, timeToFirstTokenMs: 240, totalMs: 812 },
      attempts: [],
      adaptations: [{ parameter: 'store', action: 'removed', reason: 'only OpenAI knows it' }],
      recorded: false,
      providerRequestId: 'req_77',
      at,
    });
    expect(saved.baseline).toEqual({ kind: 'not_sent', reason: null, attempts: [] });
  });
});

describe('a side without an answer', () => {
  it('has failed once an attempt is final, and keeps its attempts in order', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [sampleCapture('c1')]);
    const key = { comparisonId, captureId: 'c1', side: 'baseline' } as const;
    const attempt = {
      ...key,
      failure: timeout,
      timings: unknownTimings,
      providerRequestId: null,
      at,
    };
    await saveAttempt(store, { ...attempt, partial: null, final: false });
    expect((await listPairs(store, comparisonId))[0]).toMatchObject({
      baseline: 'not_sent',
      outcome: null,
    });
    await saveAttempt(store, { ...attempt, partial: sampleAnswer('half an ans'), final: true });
    expect((await listPairs(store, comparisonId))[0]).toMatchObject({
      baseline: 'failed',
      candidate: 'not_sent',
      outcome: 'failed',
    });
    const { sides: saved } = await loadPair(store, comparisonId, 'c1');
    expect(saved.baseline).toMatchObject({
      kind: 'failed',
      failure: timeout,
      partial: { text: 'half an ans' },
      attempts: [
        { number: 1, final: false },
        { number: 2, final: true },
      ],
    });
  });

  it('is answered by a later answer, and still lists its failures', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [sampleCapture('c1')]);
    for (const side of sides) {
      await saveAttempt(store, {
        comparisonId,
        captureId: 'c1',
        side,
        failure: timeout,
        partial: null,
        timings: unknownTimings,
        providerRequestId: null,
        final: true,
        at,
      });
      await saveResponse(store, sampleResponse(comparisonId, 'c1', side));
    }
    await saveOutcome(store, { comparisonId, captureId: 'c1', rules: 1, comparison: different });
    expect(await listPairs(store, comparisonId)).toEqual([
      {
        captureId: 'c1',
        position: queuePosition(comparisonId, 'c1'),
        endpoint: 'classify_ticket',
        baseline: 'answered',
        candidate: 'answered',
        outcome: 'different',
        byRule: false,
        withheld: [],
      },
    ]);
    const pair = await loadPair(store, comparisonId, 'c1');
    expect(pair.comparison).toEqual(different);
    expect(pair.sides.baseline.attempts).toHaveLength(1);
  });

  it('reports the latest reason for not being sent', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [sampleCapture('c1')]);
    const key = { comparisonId, captureId: 'c1', side: 'candidate', sample: 0, at } as const;
    await saveNotSent(store, { ...key, reason: 'stopped by the user' });
    await saveNotSent(store, { ...key, reason: 'the spending limit was reached' });
    const { sides: saved } = await loadPair(store, comparisonId, 'c1');
    expect(saved.candidate).toMatchObject({ reason: 'the spending limit was reached' });
  });
});

describe('pendingPairs', () => {
  it('pages through every pair once, in queue order, while answers are being saved', async () => {
    const store = await temporaryStore();
    let round = 0;
    const given = fc.record({
      count: fc.integer({ min: 1, max: 14 }),
      limit: fc.integer({ min: 1, max: 5 }),
      answered: fc.array(fc.tuple(fc.nat({ max: 13 }), fc.constantFrom(...sides)), {
        maxLength: 10,
      }),
      between: fc.array(fc.tuple(fc.nat({ max: 13 }), fc.constantFrom(...sides)), {
        maxLength: 14,
      }),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ count, limit, answered, between }) => {
        round += 1;
        const ids = captureIds(count).map((id) => `${round}-${id}`);
        const comparisonId = await sampleComparison(
          store,
          ids.map((id) => sampleCapture(id)),
          `round ${round}`,
        );
        const order = (await listPairs(store, comparisonId)).map((pair) => pair.captureId);
        const done = new Set<string>();
        const save = async ([index, side]: [number, 'baseline' | 'candidate']) => {
          const captureId = order[index % order.length];
          if (captureId === undefined) return;
          await saveResponse(store, sampleResponse(comparisonId, captureId, side));
          done.add(`${captureId} ${side}`);
        };
        for (const entry of answered) await save(entry);
        const seen: string[] = [];
        const arriving = [...between];
        let afterPosition: string | null = null;
        for (;;) {
          const before = new Set(done);
          const page = await pendingPairs(store, comparisonId, { afterPosition, limit });
          const last = page.at(-1);
          if (last === undefined) break;
          expect(page.length).toBeLessThanOrEqual(limit);
          for (const { capture, missing } of page) {
            const lacking = sides.filter((side) => !before.has(`${capture.id} ${side}`));
            expect(missing).toEqual(lacking.map((side) => ({ side, sample: 0 })));
            expect(missing).not.toEqual([]);
            seen.push(capture.id);
          }
          afterPosition = last.position;
          const entry = arriving.pop();
          if (entry !== undefined) await save(entry);
        }
        expect(seen).toEqual(order.filter((id) => seen.includes(id)));
        for (const id of order) {
          const complete = sides.every((side) => done.has(`${id} ${side}`));
          if (!seen.includes(id)) expect(complete).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('ends a page early if its captures are large', async () => {
    const store = await temporaryStore();
    const content = 'x'.repeat(768 * 1024);
    const comparisonId = await sampleComparison(
      store,
      captureIds(4).map((id) =>
        sampleCapture(id, { request: { messages: [{ role: 'user', content: id + content }] } }),
      ),
    );
    const page = await pendingPairs(store, comparisonId, { afterPosition: null, limit: 100 });
    expect(page).toHaveLength(2);
  });
});
