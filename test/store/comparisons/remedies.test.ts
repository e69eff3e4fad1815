import { describe, expect, it } from 'vitest';
import { loadRemedies, saveRemedy } from '../../../source/store/comparisons/remedies.ts';
import { openStore } from '../../../source/store/open.ts';
import { at, sampleCapture, sampleComparison } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

const model = { modelLabel: 'openai/gpt-5', dialect: 'chat' } as const;

describe('remedies', () => {
  it('are kept for a model and a comparison, even after reopening', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [sampleCapture('c1')], 'one');
    const otherId = await sampleComparison(store, [sampleCapture('c2')], 'two');
    const temperature = {
      parameter: 'temperature',
      action: 'removed',
      reason: 'after a 400: no\u0000\ud800',
    } as const;
    const format = {
      parameter: 'response_format',
      action: 'changed',
      from: { type: 'json_schema' },
      to: { type: 'json_object' },
      reason: 'after a 400: no schema',
    } as const;
    await saveRemedy(store, { comparisonId, ...model, remedy: temperature, at });
    await saveRemedy(store, { comparisonId, ...model, remedy: format, at });
    const again = await openStore(store.file);
    const remedies = await loadRemedies(again, comparisonId, model);
    expect(remedies.map(({ parameter }) => parameter)).toEqual(['response_format', 'temperature']);
    expect(remedies[0]).toEqual(format);
    expect(remedies[1]).toMatchObject({ parameter: 'temperature', action: 'removed' });
    expect(remedies[1]).not.toHaveProperty('to');
    expect(await loadRemedies(again, otherId, model)).toEqual([]);
    expect(
      await loadRemedies(again, comparisonId, {
        ...model,
        dialect: 'messages',
      }),
    ).toEqual([]);
    await again.close();
  });

  it('come in the order in which they were learnt, the latest for each parameter', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [sampleCapture('c1')], 'one');
    const save = async (parameter: string, second: number, to?: number): Promise<void> =>
      saveRemedy(store, {
        comparisonId,
        ...model,
        remedy:
          to === undefined
            ? { parameter, action: 'removed', reason: 'after a 400: x' }
            : { parameter, action: 'changed', to, reason: 'after a 400: x' },
        at: `2026-11-24T10:00:0${second}.000Z`,
      });
    await save('max_tokens', 1, 4096);
    await save('temperature', 2);
    await save('max_tokens', 3);
    expect(await loadRemedies(store, comparisonId, model)).toEqual([
      { parameter: 'temperature', action: 'removed', reason: 'after a 400: x' },
      { parameter: 'max_tokens', action: 'removed', reason: 'after a 400: x' },
    ]);
  });
});
