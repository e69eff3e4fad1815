import { expect, it } from 'vitest';
import { pairNumbers } from '../../../source/store/comparisons/pair-numbers.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import { sampleAnswer, sampleCapture, sampleComparison, sampleResponse } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

it('the cost of a pair is that of all that the answer of the candidate used', async () => {
  const store = await temporaryStore();
  const id = await sampleComparison(store, [sampleCapture('c0')]);
  const usage = {
    input: 9,
    output: 1,
    cachedInput: 2,
    cacheWrite: 4,
    hourCacheWrite: 3,
    reasoning: 0,
  };
  const answer = { ...sampleAnswer('yes'), usage };
  await saveResponse(store, { ...sampleResponse(id, 'c0', 'candidate'), answer });
  const asked: unknown[] = [];
  const pages = pairNumbers(store, id, 'cost', (side, used) => {
    asked.push(side, used.usage);
    return 0.5;
  });
  for await (const page of pages) expect(page).toEqual([{ captureId: 'c0', value: 0.5 }]);
  expect(asked).toEqual(['candidate', usage]);
});
