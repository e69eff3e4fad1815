import { describe, expect, it } from 'vitest';
import { resolveModel } from '../../../source/models/resolve-model.ts';
import { builtInProviders } from '../../../source/models/providers.ts';
import { startBatchServer } from '../../helpers/batch-server.ts';
import { captureOf, openBatchStand } from './stand.ts';

const captures = Array.from({ length: 6 }, (_, index) => captureOf(index + 1));

/** A stand whose models are Gemini's at another address, as a configuration can define. */
const geminiStand = (options: Parameters<typeof startBatchServer>[0] = {}) =>
  openBatchStand(captures, { ...options, dialect: 'gemini' }, (url) => {
    const gemini = builtInProviders().find(({ id }) => id === 'gemini');
    if (gemini === undefined) throw new Error('There is no Gemini.');
    const at = { ...gemini, baseUrl: url };
    return {
      baseline: resolveModel('gemini/incumbent', [at]),
      candidate: resolveModel('gemini/newcomer', [at]),
    };
  });

describe('a batch replay at Gemini', () => {
  it('uploads and downloads through its own API and creates batches through its OpenAI layer', async () => {
    const stand = await geminiStand({ fate: () => ({ slow: 1 }) });
    const { ended, progress } = await stand.run();
    expect([ended, progress.done]).toEqual(['done', 6]);
    expect(progress.jobs.map(({ batchId, inputFileId }) => [batchId, inputFileId])).toEqual([
      ['batches/b1', 'files/in-1'],
      ['batches/b2', 'files/in-2'],
    ]);
    const [line] = stand.server.ordered()[0] ?? [];
    expect(line).toMatchObject({ url: '/v1/chat/completions', body: { model: 'incumbent' } });
    expect(stand.server.heads.map(({ method, url }) => `${method} ${url}`).slice(0, 4)).toEqual([
      'POST /upload/v1beta/files',
      'POST /upload/v1beta/files?upload_id=0',
      'POST /v1beta/openai/batches',
      'POST /upload/v1beta/files',
    ]);
  });

  it('keeps the answers and failures of an expired batch', async () => {
    const stand = await geminiStand({
      answer: ({ body }) =>
        body.model === 'newcomer'
          ? { kind: 'error', status: 500, message: 'sad' }
          : { kind: 'text', text: 'an answer' },
      fate: (number) => (number === 1 ? { end: 'expired', done: 4 } : {}),
    });
    const { progress } = await stand.run();
    expect([progress.answered, progress.failures]).toEqual([
      4,
      { baseline: { timeout: 2 }, candidate: { server_error: 6 } },
    ]);
  });

  it.each([1, 2])(
    'finds batch %i, created but not stored, in the list by its file',
    async (nth) => {
      const stand = await geminiStand({
        interfere: (phase, number) =>
          phase === 'create' && number === nth ? { kind: 'done_and_cut' } : null,
      });
      const { ended, progress } = await stand.run({ profile: { maximumLines: 2 } });
      expect([ended, progress.done]).toEqual(['done', 6]);
      expect(stand.server.requests).toMatchObject({ create: 6, list: 1 });
      expect(new Set(stand.server.billed.values())).toEqual(new Set([1]));
    },
  );

  it('sends the file only to the server that was called', async () => {
    const other = await startBatchServer({ dialect: 'gemini' });
    const stand = await geminiStand({ uploadAt: `${other.url}/upload?upload_id=1` });
    const { progress, stopped } = await stand.run();
    await other.close();
    expect([stopped.baseline?.reason, progress.answered]).toEqual(['not_an_answer', 0]);
    expect(other.heads).toEqual([]);
  });
});
