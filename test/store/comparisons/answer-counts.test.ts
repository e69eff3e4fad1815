import { expect, it } from 'vitest';
import { missingCalls, missingHourBytes } from '../../../source/store/comparisons/answer-counts.ts';
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

it('missingHourBytes counts the bytes of those requests that ask for an hour in a cache', async () => {
  const store = await temporaryStore();
  const asking = (id: string, ttl: string) => {
    const capture = sampleCapture(id);
    const cached = { cache_control: { type: 'ephemeral', ttl } };
    return { ...capture, request: { ...capture.request, ...cached } };
  };
  const captures = [
    asking('c0', '1h'),
    asking('c1', '1h'),
    asking('c2', '5m'),
    sampleCapture('c3'),
  ];
  const id = await sampleComparison(store, captures);
  const bytes = Buffer.byteLength(JSON.stringify(captures[0]?.request));
  await saveResponse(store, sampleResponse(id, 'c0', 'baseline'));
  expect(await missingHourBytes(store, id, 'baseline', 1)).toBe(bytes);
  expect(await missingHourBytes(store, id, 'candidate', 2)).toBe(4 * bytes);
  expect(await missingHourBytes(store, 'none', 'baseline', 1)).toBe(0);
});
