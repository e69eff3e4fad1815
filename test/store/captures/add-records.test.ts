import { describe, expect, it } from 'vitest';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { countRecords, loadCapture } from '../../../source/store/captures/captures.ts';
import type { Store } from '../../../source/store/open.ts';
import type { RecordedResponse } from '../../../source/traffic/capture.ts';
import type { ImportRecord } from '../../../source/traffic/import-record.ts';
import { at, sampleCapture } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

const add = async (store: Store, ...records: ImportRecord[]) =>
  (await addRecords(store, records, { source: 'traffic.jsonl', comparisonId: null, at })).fates;

const recordedBy = (model: string, content: string, production = false): RecordedResponse => ({
  model,
  production,
  body: { model, choices: [{ index: 0, message: { role: 'assistant', content } }] },
  timeToFirstTokenMs: null,
  totalMs: production ? 812 : null,
});

describe('addRecords', () => {
  it('returns a capture as it was sent, including key order and unusual characters', async () => {
    const store = await temporaryStore();
    const capture = sampleCapture('c1', {
      timestamp: '2026-11-20T08:15:00.123Z',
      request: {
        zeta: 1,
        model: 'm',
        alpha: '\0\ud800 好',
        messages: [{ role: 'user', content: '' }],
      },
      recorded: [recordedBy('gpt-4o', 'yes', true), recordedBy('gpt-3.5-turbo', 'no')],
      metadata: { customer: 'hash' },
      partial: ['response_format', 'images'],
    });
    await add(store, { kind: 'capture', capture });
    const loaded = await loadCapture(store, 'c1');
    expect(loaded).toEqual(capture);
    expect(JSON.stringify(loaded?.request)).toBe(JSON.stringify(capture.request));
    expect(await loadCapture(store, 'c2')).toBeNull();
  });

  it('stores a request for each new capture, and none for a duplicate', async () => {
    const store = await temporaryStore();
    const request = { messages: [{ role: 'user', content: 'é' }] };
    const captures = ['c1', 'c2', 'c1'].map((id) => sampleCapture(id, { request }));
    await add(store, ...captures.map((capture) => ({ kind: 'capture', capture }) as const));
    const row = { bytes: Buffer.byteLength(JSON.stringify(request)) };
    expect(await store.db.selectFrom('body').select('bytes').execute()).toEqual([row, row]);
  });

  it('leaves nothing behind when it fails', async () => {
    const store = await temporaryStore();
    const record = (id: string) => ({ kind: 'capture', capture: sampleCapture(id) }) as const;
    await add(store, record('a'));
    const failing = { kind: 'rejected', id: 'r', line: 1, reason: null } as never;
    await expect(add(store, record('b'), failing)).rejects.toThrow(/NOT NULL/);
    await add(store, record('c'), record('b'));
    for (const id of ['a', 'b', 'c']) {
      expect(await loadCapture(store, id)).toEqual(sampleCapture(id));
    }
    expect(await store.db.selectFrom('body').select('number').execute()).toHaveLength(3);
  });

  it('recognizes a capture regardless of what its recording lost', async () => {
    const store = await temporaryStore();
    const captures = [[], ['tools']].map((partial) => ({
      kind: 'capture' as const,
      capture: sampleCapture('c1', { partial }),
    }));
    expect(await add(store, ...captures)).toEqual([{ kind: 'added' }, { kind: 'had' }]);
    expect((await loadCapture(store, 'c1'))?.partial).toEqual([]);
  });

  it('recognizes a capture whose keys have another order', async () => {
    const store = await temporaryStore();
    const messages = [{ role: 'user', content: 'hi' }];
    const one = sampleCapture('c1', { request: { model: 'm', messages } });
    const two = sampleCapture('c1', { request: { messages, model: 'm' } });
    expect(
      await add(store, { kind: 'capture', capture: one }, { kind: 'capture', capture: two }),
    ).toEqual([{ kind: 'added' }, { kind: 'had' }]);
  });

  it('rejects a known id with another request, once, and keeps the first', async () => {
    const store = await temporaryStore();
    const other: ImportRecord = {
      kind: 'capture',
      line: 9,
      capture: sampleCapture('c1', { request: { messages: [{ role: 'user', content: 'other' }] } }),
    };
    await add(store, { kind: 'capture', capture: sampleCapture('c1') });
    expect(await add(store, other, other)).toEqual([
      { kind: 'rejected', reason: 'same id as another capture but another request' },
      { kind: 'had_rejected' },
    ]);
    expect(await loadCapture(store, 'c1')).toEqual(sampleCapture('c1'));
    expect(await countRecords(store)).toEqual({
      replayable: 1,
      notReplayable: 1,
      reasons: [{ reason: 'same id as another capture but another request', count: 1 }],
    });
  });

  it('adds recorded responses that are new, and never replaces one', async () => {
    const store = await temporaryStore();
    const capture = (...recorded: RecordedResponse[]): ImportRecord => ({
      kind: 'capture',
      capture: sampleCapture('c1', { recorded }),
    });
    expect(
      await add(
        store,
        capture(recordedBy('a', 'one')),
        capture(recordedBy('a', 'one'), recordedBy('b', 'two')),
        capture(recordedBy('b', 'two')),
        capture(recordedBy('a', 'changed')),
        capture(recordedBy('p', 'live', true)),
        capture(recordedBy('q', 'live again', true)),
      ),
    ).toEqual([
      { kind: 'added' },
      { kind: 'merged' },
      { kind: 'had' },
      { kind: 'rejected', reason: 'same id as another capture but another recorded response' },
      { kind: 'merged' },
      { kind: 'rejected', reason: 'same id as another capture but another recorded response' },
    ]);
    expect((await loadCapture(store, 'c1'))?.recorded).toEqual([
      recordedBy('p', 'live', true),
      recordedBy('a', 'one'),
      recordedBy('b', 'two'),
    ]);
  });

  it('joins an answer to its request, even if the request is imported later', async () => {
    const store = await temporaryStore();
    const answer: ImportRecord = {
      kind: 'answer',
      id: 'hash-of-the-line',
      line: 1,
      captureId: 'c1',
      recorded: recordedBy('gpt-4o', 'yes', true),
    };
    const missing = { kind: 'rejected', reason: 'batch output without its input' };
    expect(await add(store, answer, answer)).toEqual([missing, { kind: 'had_rejected' }]);
    expect((await countRecords(store)).notReplayable).toBe(1);
    await add(store, { kind: 'capture', capture: sampleCapture('c1') });
    expect(await add(store, answer, answer)).toEqual([{ kind: 'merged' }, { kind: 'had' }]);
    expect(await countRecords(store)).toEqual({ replayable: 1, notReplayable: 0, reasons: [] });
    expect((await loadCapture(store, 'c1'))?.recorded).toHaveLength(1);
  });

  it('does not count the answer to a request that cannot be replayed', async () => {
    const store = await temporaryStore();
    const reason = 'not a prompt to a model (/v1/embeddings)';
    const [, fate] = await add(
      store,
      { kind: 'rejected', id: 'r1', line: 1, reason, recordId: 'c1' },
      { kind: 'answer', id: 'a1', line: 1, captureId: 'c1', recorded: recordedBy('m', 'x', true) },
    );
    expect(fate).toEqual({ kind: 'had_rejected' });
    expect((await countRecords(store)).notReplayable).toBe(1);
  });

  it('does not guess which of two requests with one id an answer belongs to', async () => {
    const store = await temporaryStore();
    const request = { messages: [{ role: 'user', content: 'another day' }] };
    const [, , fate] = await add(
      store,
      { kind: 'capture', capture: sampleCapture('c1') },
      { kind: 'capture', capture: sampleCapture('c1', { request }) },
      { kind: 'answer', id: 'a1', line: 1, captureId: 'c1', recorded: recordedBy('m', 'x', true) },
    );
    expect(fate).toEqual({ kind: 'rejected', reason: 'batch output for an id of two inputs' });
    expect((await loadCapture(store, 'c1'))?.recorded).toEqual([]);
  });

  it('selects new and known captures into a comparison', async () => {
    const store = await temporaryStore();
    await add(store, { kind: 'capture', capture: sampleCapture('c1') });
    await store.db
      .insertInto('comparison')
      .values({ id: 'k', name: 'k', baseline: 'a', candidate: 'b', created_at: at })
      .execute();
    await addRecords(
      store,
      [
        { kind: 'capture', capture: sampleCapture('c1') },
        { kind: 'capture', capture: sampleCapture('c2') },
        { kind: 'rejected', id: 'r1', line: 3, reason: 'not JSON' },
      ],
      { source: 'more.jsonl', comparisonId: 'k', at },
    );
    expect(await countRecords(store, 'k')).toMatchObject({ replayable: 2, notReplayable: 1 });
  });
});
