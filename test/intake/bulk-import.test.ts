import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { BulkImport } from '../../source/intake/thread/bulk-import.ts';
import { countRecords } from '../../source/store/captures/captures.ts';
import { openStore, type Store } from '../../source/store/open.ts';
import { UserError } from '../../source/text/user-error.ts';
import type { ImportRecord } from '../../source/traffic/import-record.ts';
import { RedactionTally } from '../../source/traffic/redaction-counts.ts';
import { at, sampleCapture, sampleComparison } from '../store/samples.ts';
import { bulkWorkerUrl } from './import-into.ts';
import { secondConnection, temporaryDirectory, temporaryStore } from '../store/temporary-store.ts';

const startBulk = (file: string, comparisonId: string | null = null): BulkImport =>
  new BulkImport(bulkWorkerUrl, {
    place: { file, isBuilt: false },
    shownAs: file,
    comparisonId,
    at,
  });

const response = (text: string) => ({
  model: 'gpt-4o',
  production: true,
  body: { choices: [{ message: { content: text } }] },
  timeToFirstTokenMs: null,
  totalMs: 12.5,
});

const capture = (id: string, text = `question ${id}`): ImportRecord => ({
  kind: 'capture',
  line: 1,
  capture: sampleCapture(id, {
    request: { messages: [{ role: 'user', content: text }] },
    recorded: [response(`answer to ${id}`)],
    metadata: { customer: 'ü\u0000\uD800' },
    partial: ['images'],
  }),
  redactions: { counts: { email: 2 }, recordedCounts: { email: 1 }, request: true },
});

/** Captures that are new, known, merged or rejected, and answers that join them. */
const chunks: readonly (readonly ImportRecord[])[] = [
  Array.from({ length: 300 }, (_, index) => capture(`c${index}`, `日本語 ${index % 50}`)),
  // More than fit into one parcel.
  Array.from({ length: 40 }, (_, index) => capture(`long${index}`, `日本${index}`.repeat(5000))),
  [
    capture('c1', '日本語 1'),
    capture('c2', 'another question'),
    { kind: 'rejected', id: 'r', line: 7, reason: 'not JSON' },
    { kind: 'capture', capture: sampleCapture('bare') },
  ],
  [
    { kind: 'answer', id: 'a', line: 1, captureId: 'bare', recorded: response('late') },
    { kind: 'answer', id: 'b', line: 2, captureId: 'nobody', recorded: response('lost') },
    {
      kind: 'answer',
      id: 'd',
      line: 3,
      captureId: 'bare',
      recorded: null,
      error: { status: 429, message: 'Slow down.' },
    },
  ],
];

const contents = ({ file }: Store): unknown => {
  const database = secondConnection(file);
  return [
    `select id, endpoint, timestamp, b.text, b.bytes, typeof(b.text), metadata, partial,
       redacted, source, imported_at
     from capture join body b on b.number = request_body order by id`,
    `select c.id, r.model, production, b.text, total_ms from recorded_response r
     join capture c on c.number = capture_number join body b on b.number = response_body
     order by c.id, r.model`,
    'select * from rejected_record order by id',
    'select * from redaction order by rule',
    'select count(*) as bodies from body',
  ].map((query) => database.prepare(query).all());
};

describe('a bulk import', () => {
  it('stores and reports the same as addRecords', async () => {
    const slow = await temporaryStore();
    const file = join(await temporaryDirectory(), 'bulk.db');
    const bulk = startBulk(file);
    // As an import does it: the next chunk is sent before the last one has been added.
    const adding = chunks.map((records) => bulk.add(records, 's.jsonl'));
    const redactions = [new RedactionTally(), new RedactionTally()] as const;
    for (const [index, records] of chunks.entries()) {
      const options = { source: 's.jsonl', comparisonId: null, at };
      const expected = await addRecords(slow, records, options);
      const added = await adding[index];
      expect(added?.fates).toEqual(expected.fates);
      redactions[0].add(added?.redactions ?? {});
      redactions[1].add(expected.redactions);
    }
    expect(redactions[0].counts()).toEqual(redactions[1].counts());
    await bulk.commit();
    await bulk.close();
    const store = await openStore(file);
    expect(contents(store)).toEqual(contents(slow));
    const database = secondConnection(file);
    expect(database.pragma('foreign_key_check')).toEqual([]);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    await store.close();
  });

  it('selects rejected records into a comparison, and captures not', async () => {
    const store = await temporaryStore();
    const id = await sampleComparison(store, [sampleCapture('c0')]);
    const bulk = startBulk(store.file, id);
    await bulk.add(
      [capture('c1'), { kind: 'rejected', id: 'r', line: 7, reason: 'not JSON' }],
      's.jsonl',
    );
    await bulk.commit();
    await bulk.close();
    expect(await countRecords(store, id)).toMatchObject({ replayable: 1, notReplayable: 1 });
    expect(await countRecords(store)).toMatchObject({ replayable: 2 });
  });

  it('leaves an empty log, even if the store stays open elsewhere', async () => {
    const store = await temporaryStore();
    const bulk = startBulk(store.file);
    await bulk.add([capture('c')], 's');
    await bulk.commit();
    await bulk.close();
    expect(statSync(`${store.file}-wal`).size).toBe(0);
    expect(await countRecords(store)).toMatchObject({ replayable: 1 });
  });

  it('shares the store with another connection, before and during the import', async () => {
    const store = await temporaryStore();
    await addRecords(store, [capture('before')], { source: 's', comparisonId: null, at });
    const bulk = startBulk(store.file);
    await bulk.add([capture('bulk')], 's');
    await bulk.commit();
    await bulk.close();
    expect(await countRecords(store)).toMatchObject({ replayable: 2 });

    const file = join(await temporaryDirectory(), 'meanwhile.db');
    const alone = startBulk(file);
    await alone.add([capture('first')], 's');
    const other = await openStore(file);
    // Waits until the thread has committed the first one.
    await addRecords(other, [capture('other')], { source: 's', comparisonId: null, at });
    await alone.add([capture('second')], 's');
    await alone.commit();
    await alone.close();
    expect(await countRecords(other)).toMatchObject({ replayable: 3 });
    await other.close();
  });

  it('rejects every question with a sentence if the store cannot be opened', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, 'text.db');
    writeFileSync(file, 'not a database, but long enough to be taken for one at first sight');
    const bulk = startBulk(file);
    const adding = bulk.add([capture('c')], 's');
    await expect(adding).rejects.toThrow(UserError);
    await expect(adding).rejects.toThrow(/text\.db is not a SQLite database/);
    await expect(bulk.commit()).rejects.toThrow(/text\.db is not a SQLite database/);
    await bulk.close();
  });

  it('keeps what was committed if it is closed early', async () => {
    const file = join(await temporaryDirectory(), 'bulk.db');
    const bulk = startBulk(file);
    const text = 'x'.repeat(1_000_000);
    // Every fifth one causes a commit; the last ones are in the next transaction.
    for (let index = 0; index < 22; index++)
      await bulk.add([capture(`c${index}`, text + index)], 's');
    await bulk.close();
    const store = await openStore(file);
    const { replayable } = await countRecords(store);
    expect(replayable).toBeGreaterThanOrEqual(20);
    expect(replayable).toBeLessThan(22);
    expect(secondConnection(file).pragma('integrity_check', { simple: true })).toBe('ok');
    await store.close();
  });
});
