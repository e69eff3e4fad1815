import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { loadCapture } from '../../../source/store/captures/captures.ts';
import { openComparison } from '../../../source/store/comparisons/comparisons.ts';
import { timeOrderedId } from '../../../source/text/time-ordered-id.ts';
import { openStore, type Store } from '../../../source/store/open.ts';
import { listRedactions } from '../../../source/store/redaction/redactions.ts';
import { redactionSalt } from '../../../source/store/redaction/open-redactor.ts';
import { saveAttempt } from '../../../source/store/attempts.ts';
import { saveResponse } from '../../../source/store/responses.ts';
import { scrubStore } from '../../../source/store/redaction/scrub-store.ts';
import { searchFile } from '../../../source/store/engine/search-file.ts';
import { appendEvent, listEvents } from '../../../source/store/verdicts.ts';
import type { Capture } from '../../../source/traffic/capture.ts';
import { derivedId } from '../../../source/traffic/capture-id.ts';
import { loadRules } from '../../../source/redaction/rules/load-rules.ts';
import { redactRecord } from '../../../source/redaction/redact-capture.ts';
import { RuleRedactor, type Redactor } from '../../../source/redaction/redactor.ts';
import { answerOf } from '../../helpers/filled-store.ts';
import { temporaryDirectory } from '../temporary-store.ts';

const at = '2026-11-24T00:00:00.000Z';
const timings = { queueMs: 0, connectMs: 0, timeToFirstTokenMs: 1, totalMs: 2 };

const redactorOf = async (store: Store): Promise<Redactor> =>
  new RuleRedactor({ rules: await loadRules(), salt: await redactionSalt(store, () => 'salt') });

const captureOf = (content: string): Capture => {
  const request = { model: 'm', messages: [{ role: 'user', content }] };
  return {
    id: derivedId({ dialect: 'chat', model: null, request, timestamp: null }),
    endpoint: 'answer',
    timestamp: null,
    dialect: 'chat',
    model: null,
    request,
    recorded: [
      {
        model: 'm',
        production: true,
        body: { choices: [{ index: 0, message: { role: 'assistant', content: `To ${content}` } }] },
        timeToFirstTokenMs: null,
        totalMs: null,
      },
    ],
    metadata: { from: content },
    partial: [],
  };
};

/** A store as one of before redaction, with everything that comes of a replay and a review. */
const filled = async (file: string): Promise<{ store: Store; captures: readonly Capture[] }> => {
  const store = await openStore(file);
  const { id: comparisonId } = await openComparison(store, {
    name: null,
    baseline: 'a/b',
    candidate: 'c/d',
    at,
  });
  const captures = ['bob@example.com', 'card 4111 1111 1111 1111', 'nothing'].map(captureOf);
  const records = captures.map((capture) => ({ kind: 'capture' as const, capture }));
  await addRecords(store, records, { source: 'test', comparisonId, at });
  let last: string | null = null;
  for (const { id: captureId } of captures) {
    const key = { comparisonId, captureId, side: 'baseline' as const };
    await saveResponse(store, {
      ...key,
      answer: answerOf(`Answer to anna@example.org, ${captureId}`),
      timings,
      adaptations: [],
      recorded: false,
      providerRequestId: null,
      at,
    });
    await saveAttempt(store, {
      ...key,
      side: 'candidate',
      failure: {
        reason: 'rejected',
        message: 'No such user carl@example.net',
        status: 400,
        retryAfterMs: null,
        parameter: null,
      },
      partial: answerOf('Partly +49 30 123456'),
      timings,
      providerRequestId: null,
      final: true,
      at,
    });
    last = timeOrderedId(last, 1, new Uint8Array(10));
    const event = { id: last, comparisonId, captureId, reviewer: 'ada', at };
    await appendEvent(store, { ...event, kind: 'verdict', verdict: 'agree' });
    last = timeOrderedId(last, 1, new Uint8Array(10));
    await appendEvent(store, {
      ...event,
      id: last,
      kind: 'comment',
      comment: 'as dora@example.com',
    });
  }
  return { store, captures };
};

const bytesOf = (file: string): Buffer =>
  Buffer.concat(
    ['', '-wal', '-shm', '-journal']
      .map((end) => `${file}${end}`)
      .filter((part) => existsSync(part))
      .map((part) => readFileSync(part)),
  );

describe('scrubbing a store', () => {
  it('redacts all bodies, including those that are or become equal', async () => {
    const file = join(await temporaryDirectory(), 'store.db');
    const store = await openStore(file);
    const redactor = await redactorOf(store);
    const secret = { ...captureOf('to bob@example.com'), recorded: [] };
    const record = { kind: 'capture', capture: secret } as const;
    const clean = redactRecord(record, redactor);
    if (clean.kind !== 'capture') throw new Error('It is a capture.');
    const captures = [secret, { ...secret, id: 'b' }, { ...clean.capture, id: 'c' }];
    await addRecords(
      store,
      captures.map((capture) => ({ kind: 'capture', capture })),
      { source: 'test', comparisonId: null, at },
    );
    const { values } = await scrubStore(store, redactor);
    expect(values).toEqual(new Set(['bob@example.com']));
    for (const id of [clean.capture.id, 'b', 'c']) {
      expect((await loadCapture(store, id))?.request).toEqual(clean.capture.request);
    }
    expect((await sql`pragma foreign_key_check`.execute(store.db)).rows).toEqual([]);
    expect(await searchFile(file, values)).toMatchObject({ remaining: 0 });
    await store.close();
  });

  it('leaves none of the values in the file, and everything else unchanged', async () => {
    const file = join(await temporaryDirectory(), 'store.db');
    const { store, captures } = await filled(file);
    const { counts, values } = await scrubStore(store, await redactorOf(store));
    expect(values).toEqual(
      new Set([
        'bob@example.com',
        '4111 1111 1111 1111',
        'anna@example.org',
        'carl@example.net',
        '+49 30 123456',
        'dora@example.com',
      ]),
    );
    expect(counts).toMatchObject({ card: 3, phone: 3 });
    expect(await searchFile(file, values)).toMatchObject({ remaining: 0 });
    await store.close();
    for (const value of values) expect(bytesOf(file).indexOf(value)).toBe(-1);

    const again = await openStore(file);
    expect(await listRedactions(again)).toEqual(counts);
    const rows = await again.db
      .selectFrom('capture')
      .select(['id', 'redacted'])
      .orderBy('redacted')
      .execute();
    expect(rows.map(({ redacted }) => redacted)).toEqual([0, 1, 1]);
    expect(rows[0]?.id).toBe(captures[2]?.id);
    const [comparison] = await again.db.selectFrom('comparison').select('id').execute();
    const events = await listEvents(again, comparison?.id ?? '', 'ada');
    expect(events.filter(({ kind }) => kind === 'verdict')).toHaveLength(3);
    for (const { id } of rows) {
      const capture = await loadCapture(again, id);
      expect(capture?.id).toBe(
        derivedId({
          dialect: 'chat',
          model: null,
          request: capture?.request ?? {},
          timestamp: null,
        }),
      );
      expect(events.filter(({ captureId }) => captureId === id)).toHaveLength(2);
    }
    // The same file again adds nothing.
    const redactor = await redactorOf(again);
    const { fates } = await addRecords(
      again,
      captures.map((capture) => redactRecord({ kind: 'capture', capture }, redactor)),
      { source: 'test', comparisonId: null, at },
    );
    expect(fates.map(({ kind }) => kind)).toEqual(['had', 'had', 'had']);
    const twice = await scrubStore(again, redactor);
    expect(twice.values.size).toBe(0);
    await again.close();
  });

  it('refuses while another process has the store open, and changes nothing', async () => {
    const file = join(await temporaryDirectory(), 'store.db');
    const { store } = await filled(file);
    const other = await openStore(file);
    await other.db.selectFrom('capture').selectAll().execute();
    await expect(scrubStore(store, await redactorOf(store))).rejects.toThrow(/another program/);
    await other.close();
    expect(bytesOf(file).indexOf('bob@example.com')).not.toBe(-1);
    await store.close();
  });

  it('replaces a known value even where no rule finds it, and reports what remains', async () => {
    const file = join(await temporaryDirectory(), 'store.db');
    const store = await openStore(file);
    const records = ['from 10.1.2.3', 'version 10.1.2.3', 'build x10.1.2.3'].map((content) => ({
      kind: 'capture' as const,
      capture: captureOf(content),
    }));
    await addRecords(store, records, { source: 'test', comparisonId: null, at });
    const { values } = await scrubStore(store, await redactorOf(store));
    expect(values).toEqual(new Set(['10.1.2.3']));
    const texts = (await store.db.selectFrom('body').select('text').execute()).map(
      (row) => row.text,
    );
    expect(texts.filter((text) => text.includes('10.1.2.3'))).toHaveLength(2);
    expect(texts.some((text) => text.includes('version 10'))).toBe(false);
    expect(await searchFile(file, values)).toMatchObject({ remaining: 1 });
    await store.close();
  });
});
