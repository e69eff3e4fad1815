import { describe, expect, it } from 'vitest';
import { pendingRequests } from '../../../source/store/comparisons/pending-pairs.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import { sampleCapture, sampleComparison, sampleResponse } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

const everything = { limit: 10_000, characters: 1e9 } as const;

describe('pendingRequests', () => {
  it('yields each unanswered request once, across pages', async () => {
    const store = await temporaryStore();
    const ids = Array.from({ length: 230 }, (_, index) => `c${index}`);
    const comparisonId = await sampleComparison(
      store,
      ids.map((id) => sampleCapture(id)),
      'one',
    );
    await saveResponse(store, sampleResponse(comparisonId, 'c5', 'candidate'));
    const count = async (options: Parameters<typeof pendingRequests>[2]): Promise<number> => {
      let requests = 0;
      for await (const _ of pendingRequests(store, comparisonId, options)) requests++;
      return requests;
    };
    expect(await count({ side: 'candidate', ...everything })).toBe(229);
    expect(await count({ side: 'baseline', ...everything })).toBe(230);
    expect(await count({ side: 'baseline', limit: 101, characters: 1e9 })).toBe(101);
    expect(await count({ side: 'baseline', limit: 101, characters: 1 })).toBe(1);
  });
});
