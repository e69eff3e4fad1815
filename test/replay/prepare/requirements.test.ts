import { describe, expect, it } from 'vitest';
import { resolveModel } from '../../../source/models/resolve-model.ts';
import {
  requireNoOpenBatches,
  requireNoOpenLines,
  requireRecordings,
  requireSentAlike,
} from '../../../source/replay/prepare/requirements.ts';
import { insertBatchJob, updateBatchJob } from '../../../source/store/batches/batch-jobs.ts';
import { addBatchLines } from '../../../source/store/batches/batch-lines.ts';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import { at, sampleCapture, sampleComparison, sampleResponse } from '../../store/samples.ts';
import { temporaryStore } from '../../store/temporary-store.ts';

describe('the requirements of a run', () => {
  it('include that none of its answers is pending in a batch', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, [sampleCapture('c1'), sampleCapture('c2')]);
    await requireNoOpenBatches(store, comparisonId);
    const job = { id: 'job', comparisonId, side: 'candidate' as const };
    await insertBatchJob(store, { ...job, at });
    await updateBatchJob(store, job.id, { state: 'submitted' }, at);
    const line = { customId: 'u1', captureId: 'c1', sample: 0, adaptations: [] };
    await addBatchLines(store, job, [line], 1, new Map());
    await expect(requireNoOpenBatches(store, comparisonId)).rejects.toThrow(
      '1 answer of this comparison is pending in batches',
    );
    await expect(requireNoOpenLines(store, comparisonId, 'c1')).rejects.toThrow('paid for twice');
    await requireNoOpenLines(store, comparisonId, 'c2');
  });

  it('include that a recorded model has at least one answer', async () => {
    const store = await temporaryStore();
    const recorded = [
      { model: 'gpt-4o', production: true, body: {}, timeToFirstTokenMs: null, totalMs: null },
    ];
    const comparisonId = await sampleComparison(store, [sampleCapture('c1', { recorded })]);
    const require = (name: string): Promise<void> =>
      requireRecordings(store, comparisonId, {
        baseline: resolveModel('recorded'),
        candidate: resolveModel(name),
      });
    await require('recorded:gpt-4o');
    await require('openai/gpt-4o');
    await expect(require('recorded:other')).rejects.toThrow('Recorded models: recorded:gpt-4o.');
  });

  it('include that all answers are to requests adapted the same way', async () => {
    const store = await temporaryStore();
    const comparisonId = await sampleComparison(store, []);
    const counts = { email: 1 };
    const redactions = { counts, recordedCounts: counts, request: true };
    const record = { kind: 'capture' as const, capture: sampleCapture('c1'), redactions };
    await addRecords(store, [record], { source: 'traffic.jsonl', comparisonId, at });
    await requireSentAlike(store, comparisonId, 'redacted');
    const response = sampleResponse(comparisonId, 'c1', 'baseline');
    await saveResponse(store, { ...response, originals: 1 });
    await requireSentAlike(store, comparisonId, 'original');
    await expect(requireSentAlike(store, comparisonId, 'redacted')).rejects.toThrow(
      '1 answer of this comparison is to requests with their original values',
    );
  });
});
