import { describe, expect, it } from 'vitest';
import {
  geminiUrls,
  readBatchList,
  uploadedName,
} from '../../../source/models/batch/gemini-batches.ts';

describe('the addresses of Gemini\u2019s files', () => {
  it('are beside its OpenAI layer', () => {
    const urls = geminiUrls('https://generativelanguage.googleapis.com/v1beta/openai');
    expect(String(urls.upload)).toBe(
      'https://generativelanguage.googleapis.com/upload/v1beta/files',
    );
    expect(String(urls.batches)).toBe('https://generativelanguage.googleapis.com/v1beta/batches');
    expect(String(urls.download('files/batch-a b'))).toBe(
      'https://generativelanguage.googleapis.com/download/v1beta/files/batch-a%20b:download?alt=media',
    );
  });

  it('keep a gateway\u2019s path, with or without a final slash', () => {
    const urls = geminiUrls('http://127.0.0.1:9/google/v1/openai/');
    expect(String(urls.upload)).toBe('http://127.0.0.1:9/google/upload/v1/files');
    expect(String(urls.batches)).toBe('http://127.0.0.1:9/google/v1/batches');
  });
});

describe('the answers of Gemini\u2019s own API', () => {
  it('name an uploaded file', () => {
    expect(uploadedName({ file: { name: 'files/abc', state: 'ACTIVE' } })).toBe('files/abc');
    expect(uploadedName({ name: 'files/abc' })).toBe('files/abc');
    expect([uploadedName({}), uploadedName(null), uploadedName({ file: 1 })]).toEqual([
      null,
      null,
      null,
    ]);
  });

  // As it was answered in https://github.com/flachesis/gemini-rust/pull/13, shortened.
  it('list batches', () => {
    const operation = {
      name: 'batches/7h9w4',
      metadata: {
        '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
        model: 'models/gemini-2.5-flash',
        displayName: 'ExecuteAsFile Example',
        inputConfig: { fileName: 'files/85nav' },
        createTime: '2025-09-07T11:55:07.827892252Z',
        batchStats: { requestCount: '5', pendingRequestCount: '5' },
        state: 'BATCH_STATE_PENDING',
        name: 'batches/7h9w4',
      },
    };
    const batch = { name: 'batches/7h9w4', fileId: 'files/85nav', createdAt: 1757246107.827 };
    expect(readBatchList({ operations: [operation], nextPageToken: 'next' })).toEqual({
      batches: [batch],
      nextPage: 'next',
    });
    expect(readBatchList({})).toEqual({ batches: [], nextPage: null });
    expect(readBatchList({ operations: [1, { name: 'batches/x' }] })).toEqual({
      batches: [{ name: 'batches/x', fileId: null, createdAt: null }],
      nextPage: null,
    });
  });
});
