import { describe, expect, it } from 'vitest';
import { readBatchStatus } from '../../../source/models/batch/batch-status.ts';

describe('the description of a batch', () => {
  it('is read as OpenAI writes it', () => {
    expect(
      readBatchStatus({
        id: 'batch_1',
        object: 'batch',
        status: 'failed',
        input_file_id: 'file-1',
        output_file_id: null,
        error_file_id: 'file-3',
        created_at: 1790000000,
        errors: {
          object: 'list',
          data: [{ code: 'invalid_json_line', line: 3, message: 'No JSON.', param: null }],
        },
        request_counts: { total: 5, completed: 0, failed: 5 },
        metadata: { understudy: 'job-1' },
      }),
    ).toEqual({
      batchId: 'batch_1',
      phase: 'failed',
      state: 'failed',
      total: 5,
      completed: 0,
      failed: 5,
      outputFileId: null,
      errorFileId: 'file-3',
      problems: [{ line: 3, message: 'No JSON.' }],
      inputFileIds: ['file-1'],
      jobId: 'job-1',
      createdAt: 1790000000,
    });
  });

  it('is read as Mistral and Together write it', () => {
    expect(
      readBatchStatus({
        id: 'b-1',
        status: 'TIMEOUT_EXCEEDED',
        input_files: ['f-1'],
        output_file: 'f-2',
        total_requests: 5,
        succeeded_requests: 3,
        failed_requests: 1,
        metadata: { understudy: 'job-1' },
        errors: [{ message: 'too slow', count: 1 }],
      }),
    ).toMatchObject({
      phase: 'expired',
      outputFileId: 'f-2',
      total: 5,
      completed: 3,
      failed: 1,
      inputFileIds: ['f-1'],
      jobId: 'job-1',
      problems: [{ line: null, message: 'too slow' }],
    });
    expect(
      readBatchStatus({
        job: { id: 't-1', status: 'COMPLETED', input_file_id: 'f-1', output_file_id: 'f-2' },
        warning: '',
      }),
    ).toMatchObject({ batchId: 't-1', phase: 'completed', jobId: null, total: null, problems: [] });
  });

  it('counts an unknown state as running, and is null for anything else', () => {
    for (const status of [
      'validating',
      'in_progress',
      'finalizing',
      'cancelling',
      'QUEUED',
      'new',
    ]) {
      expect([status, readBatchStatus({ id: 'b', status })?.phase]).toEqual([status, 'running']);
    }
    expect(readBatchStatus({ id: 'b' })?.state).toBe('unknown');
    for (const nothing of [null, 'x', [], {}, { id: '' }, { id: 7 }]) {
      expect(readBatchStatus(nothing)).toBeNull();
    }
  });

  it.each(['validating', 'constructor', 'toString', '__proto__'])(
    'is of a batch that runs if its state is not known (%s)',
    (status) => {
      expect(readBatchStatus({ id: 'batch_1', status })).toMatchObject({ phase: 'running' });
    },
  );
});
