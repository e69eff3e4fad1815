import { expect, it } from 'vitest';
import { missingCalls } from '../../../source/store/comparisons/answer-counts.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import { sampleCapture, sampleComparison, sampleResponse } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

it('missingCalls counts the answers that a side lacks and the bytes of their requests', async () => {
  const store = await temporaryStore();
  const captures = ['c0', 'c1', 'c2'].map((id) => sampleCapture(id));
  const id = await sampleComparison(store, captures);
  const bytes = Buffer.byteLength(JSON.stringify(captures[0]?.request));
  await saveResponse(store, sampleResponse(id, 'c0', 'baseline'));
  expect(await missingCalls(store, id, 'baseline', 1)).toEqual({ calls: 2, bytes: 2 * bytes });
  expect(await missingCalls(store, id, 'candidate', 1)).toEqual({ calls: 3, bytes: 3 * bytes });
  expect(await missingCalls(store, id, 'baseline', 3)).toEqual({ calls: 8, bytes: 8 * bytes });
  expect(await missingCalls(store, 'none', 'baseline', 1)).toEqual({ calls: 0, bytes: 0 });
});
