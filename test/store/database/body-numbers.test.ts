import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { loadCapture } from '../../../source/store/captures/captures.ts';
import {
  bodyHash,
  findBody,
  loadBodyText,
  saveBody,
} from '../../../source/store/database/bodies.ts';
import { createBodyWriter } from '../../../source/store/database/body-writer.ts';
import { migrations } from '../../../source/store/database/migrations/migrations.ts';
import { openStore } from '../../../source/store/open.ts';
import { at, sampleCapture } from '../samples.ts';
import { temporaryDirectory, temporaryStore } from '../temporary-store.ts';

const hexHash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A store of the schema before bodies had numbers, with a row in every table that knows a body. */
const writeOldStore = (file: string): void => {
  const database = new Database(file);
  database.exec(
    'create table migration (name text not null primary key, applied_at text not null)',
  );
  const count = migrations.findIndex(({ name }) => name === 'm009_body_numbers');
  for (const { name, sql } of migrations.slice(0, count)) {
    database.exec(sql);
    database.prepare('insert into migration values (?, ?)').run(name, at);
  }
  database.pragma(`user_version = ${count}`);
  database.pragma(`application_id = ${0x756e6473}`);
  const body = (text: string): string => {
    const insert = database.prepare('insert or ignore into body values (?, ?, ?)');
    insert.run(hexHash(text), text, Buffer.byteLength(text));
    return hexHash(text);
  };
  const insert = (table: string, row: Record<string, string | number>): void => {
    const names = Object.keys(row);
    database
      .prepare(`insert into ${table} (${names.join()}) values (${names.map(() => '?').join()})`)
      .run(Object.values(row));
  };
  const pair = { comparison_id: 'k', capture_id: 'c1' };
  for (const id of ['c2', 'c1']) {
    const request_hash = body(`{"messages":[{"role":"user","content":"${id}"}]}`);
    insert('capture', {
      id,
      endpoint: 'e',
      request_hash,
      source: 's',
      imported_at: at,
      redacted: 1,
    });
  }
  const recorded = { capture_id: 'c1', model: 'm', production: 1, total_ms: 5 };
  insert('recorded_response', { ...recorded, body_hash: body('{"recorded":"é"}') });
  insert('comparison', { id: 'k', name: 'n', baseline: 'b', candidate: 'c', created_at: at });
  insert('comparison_capture', { ...pair, position: '0' });
  const side = { ...pair, side: 'baseline', sample: 0, created_at: at };
  const answer_hash = body('{"content":"answer"}');
  insert('response', { ...side, answer_hash, recorded: 0, adaptations: '[]', cost_usd: 0.5 });
  const failed = { ...side, number: 1, reason: 'timeout', message: 'late', final: 1 };
  insert('attempt', { ...failed, partial_hash: body('{"content":"ans"}'), status: 200 });
  const job = { id: 'j', comparison_id: 'k', side: 'baseline', state: 'done', lines: 1, bytes: 1 };
  insert('batch_job', { ...job, created_at: at, updated_at: at });
  const line = { job_id: 'j', line: 1, custom_id: 'x', ...pair, side: 'baseline', sample: 0 };
  insert('batch_line', { ...line, adaptations_hash: body('[]'), settled: 1 });
  database.close();
};

describe('bodies by number', () => {
  it('keep everything of a store from before', async () => {
    const file = `${await temporaryDirectory()}/old.db`;
    writeOldStore(file);
    const store = await openStore(file);
    expect(await loadCapture(store, 'c1')).toMatchObject({
      request: { messages: [{ role: 'user', content: 'c1' }] },
      redacted: true,
      recorded: [{ model: 'm', production: true, totalMs: 5, body: { recorded: 'é' } }],
    });
    expect(await loadCapture(store, 'c2')).toMatchObject({
      request: { messages: [{ content: 'c2' }] },
    });
    const textOf = async (table: 'response' | 'attempt' | 'batch_line'): Promise<string> => {
      const column = { response: 'answer', attempt: 'partial', batch_line: 'adaptations' }[table];
      const query = `select text from ${table} join body on body.number = ${column}_body`;
      return store.database.prepare<[], { text: string }>(query).get()?.text ?? '';
    };
    expect(await textOf('response')).toBe('{"content":"answer"}');
    expect(await textOf('attempt')).toBe('{"content":"ans"}');
    expect(await textOf('batch_line')).toBe('[]');
    const row = store.database.prepare('select cost_usd, side from response').get();
    expect(row).toEqual({ cost_usd: 0.5, side: 'baseline' });
    expect(store.database.prepare('select status, number from attempt').get()).toEqual({
      status: 200,
      number: 1,
    });
    expect(store.database.pragma('foreign_key_check')).toEqual([]);
    expect(store.database.pragma('foreign_keys', { simple: true })).toBe(1);
    const pairs = store.database.prepare('select baseline, candidate from pair').all();
    expect(pairs).toEqual([{ baseline: 'answered', candidate: 'not_sent' }]);
    expect(() => store.database.exec('delete from body')).toThrow(/FOREIGN KEY/);
    await store.close();
  });

  it('are stored once, also when another connection stored them', async () => {
    const store = await temporaryStore();
    const other = await openStore(store.file);
    const here = createBodyWriter(store.database);
    const there = createBodyWriter(other.database);
    const within = <T>(one: typeof store, work: () => T): T => one.database.transaction(work)();
    const texts = Array.from({ length: 600 }, (_, index) => `"${index}"`);
    const numbers = within(store, () => {
      here.begin();
      return texts.map((text) => here.save(text));
    });
    expect(new Set(numbers).size).toBe(texts.length);
    const again = within(other, () => {
      there.begin();
      return [...texts.map((text) => there.save(text)), there.save('"new"')];
    });
    expect(again.slice(0, -1)).toEqual(numbers);
    const last = within(store, () => {
      here.begin();
      return [...texts.map((text) => here.save(text)), here.save('"new"')];
    });
    expect(last).toEqual(again);
    await other.close();
  });

  it('are found in whatever run of numbers they are', async () => {
    const store = await temporaryStore();
    const insert = store.database.prepare('insert into body values (?, ?, ?, ?)');
    const numbers = [1, 32_767, 32_768, 100_000];
    for (const number of numbers) {
      const text = `"at ${number}"`;
      insert.run(number, bodyHash(text), text, text.length);
    }
    const writer = createBodyWriter(store.database);
    for (const number of numbers) {
      const text = `"at ${number}"`;
      expect(await findBody(store.db, bodyHash(text))).toBe(number);
      store.database.transaction(() => {
        writer.begin();
        expect(writer.save(text)).toBe(number);
      })();
    }
    const added = await store.db.transaction().execute((one) => saveBody(one, '"new"'));
    expect(added).toBe(100_001);
    expect(await loadBodyText(store.db, added)).toBe('"new"');
    expect(await findBody(store.db, bodyHash('"none"'))).toBeNull();
  });

  it('are found among many runs by a writer that was asked often', async () => {
    const store = await temporaryStore();
    const other = await openStore(store.file);
    const insert = store.database.prepare('insert into body values (?, ?, ?, ?)');
    // Many more than have a filter together.
    const runs = Array.from({ length: 80 }, (_, run) => run * 32_768 + 5);
    for (const number of runs) {
      const text = `"at ${number}"`;
      insert.run(number, bodyHash(text), text, text.length);
    }
    const writer = createBodyWriter(store.database);
    const save = (texts: readonly string[]): readonly number[] =>
      store.database.transaction(() => {
        writer.begin();
        return texts.map((text) => writer.save(text));
      })();
    const fresh = Array.from({ length: 300 }, (_, index) => `"fresh ${index}"`);
    const first = (runs.at(-1) ?? 0) + 1;
    const numbers = fresh.map((_, index) => first + index);
    expect(save(fresh)).toEqual(numbers);
    expect(save(runs.map((number) => `"at ${number}"`))).toEqual(runs);
    expect(save(fresh)).toEqual(numbers);
    const added = await other.db.transaction().execute((one) => saveBody(one, '"by another"'));
    expect(save(['"by another"', '"at 5"', '"newest"'])).toEqual([added, 5, added + 1]);
    expect(save(['"newest"', '"by another"'])).toEqual([added + 1, added]);
    await other.close();
  });

  it('stay right when a transaction came to nothing', async () => {
    const store = await temporaryStore();
    const record = (id: string) => ({ kind: 'capture', capture: sampleCapture(id) }) as const;
    await addRecords(store, [record('a')], { source: 's', comparisonId: null, at });
    const failing = [record('b'), { kind: 'rejected', id: 'r', line: 1, reason: null }];
    await expect(
      addRecords(store, failing as never, { source: 's', comparisonId: null, at }),
    ).rejects.toThrow(/NOT NULL/);
    await addRecords(store, [record('b')], { source: 's', comparisonId: null, at });
    expect(await loadCapture(store, 'a')).toMatchObject({ request: sampleCapture('a').request });
    expect(await loadCapture(store, 'b')).toMatchObject({ request: sampleCapture('b').request });
  });
});
