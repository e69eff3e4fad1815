import { describe, expect, it } from 'vitest';
import { countDryRun } from '../../../source/replay/estimate/count-calls.ts';
import { resolveModel } from '../../../source/models/resolve-model.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { completion } from '../../helpers/traffic.ts';
import { sampleCapture, sampleComparison, sampleResponse } from '../../store/samples.ts';
import { temporaryStore } from '../../store/temporary-store.ts';

const url = 'http://127.0.0.1:1/v1';
const models = {
  baseline: resolveModel(`${url}#gpt-4o`),
  candidate: resolveModel(`${url}#gpt-4`),
};
const price = { input: 2, output: 10, cachedInput: null, source: 'list', date: '2026-11' };
const once = { models, prices: { baseline: price, candidate: null }, keep: new Set<string>() };

const answered = (tokens: number, totalMs: number): Capture['recorded'] => [
  {
    model: 'gpt-4o',
    production: true,
    body: completion('Yes.', tokens) as never,
    timeToFirstTokenMs: null,
    totalMs,
  },
];

describe('the count of a dry run', () => {
  it('covers the missing answers only', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, [sampleCapture('c1'), sampleCapture('c2')]);
    await saveResponse(store, sampleResponse(id, 'c1', 'baseline'));
    const count = await countDryRun(store, id, {
      ...once,
      samples: 3,
    });
    expect(count).toMatchObject({ captures: 2, counted: 2, countedAll: true, latencyMs: null });
    expect(count.sides.baseline).toMatchObject({ calls: 5, expectedOutput: null });
    expect(count.sides.candidate).toMatchObject({ calls: 6, mostCost: null });
    expect(count.sides.candidate.input).toBeGreaterThan(count.sides.baseline.input);
  });

  it('extrapolates from the first requests when there are too many, and says so', async () => {
    const store = await temporaryStore();
    const captures = Array.from({ length: 30 }, (_, index) =>
      sampleCapture(`c${String(index).padStart(2, '0')}`, { recorded: answered(100, 500) }),
    );
    const id = await sampleComparison(store, captures);
    const samples = 1;
    const whole = await countDryRun(store, id, { ...once, samples });
    expect(whole).toMatchObject({ counted: 30, countedAll: true, latencyMs: 500 });
    for (const limit of [
      { captures: 10, characters: 1e9 },
      { captures: 1000, characters: 10 },
    ]) {
      const part = await countDryRun(store, id, { ...once, samples, limit });
      expect(part.countedAll).toBe(false);
      expect(part.counted).toBeLessThan(30);
      const { baseline, candidate } = whole.sides;
      expect(part.sides.candidate).toEqual(candidate);
      expect(part.sides.baseline).toEqual({
        ...baseline,
        expectedCost: expect.closeTo(baseline.expectedCost ?? -1, 9),
        mostCost: expect.closeTo(baseline.mostCost ?? -1, 9),
      });
    }
    const all = { captures: 30, characters: 1e9 };
    expect(await countDryRun(store, id, { ...once, samples, limit: all })).toEqual(whole);
  });
});
