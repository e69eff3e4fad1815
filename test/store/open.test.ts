import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { countRecords } from '../../source/store/captures/captures.ts';
import { migrations } from '../../source/store/engine/migrations/migrations.ts';
import { openStore } from '../../source/store/open.ts';
import { UserError } from '../../source/text/user-error.ts';
import { at, sampleCapture } from './samples.ts';
import { temporaryDirectory, temporaryStore } from './temporary-store.ts';
import { sql } from 'kysely';

const refusal = async (file: string, options?: { mustExist: boolean }): Promise<string> => {
  try {
    const store = await openStore(file, options);
    await store.close();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'opened';
};

describe('openStore', () => {
  it('creates a store that only its owner can read, with its side files', async () => {
    const store = await temporaryStore();
    await addRecords(store, [{ kind: 'capture', capture: sampleCapture('c1') }], {
      source: 'traffic.jsonl',
      comparisonId: null,
      at,
    });
    for (const suffix of ['', '-wal', '-shm']) {
      expect(statSync(store.file + suffix).mode & 0o777).toBe(0o600);
    }
  });

  it('creates it for its owner only behind a symbolic link, too', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, 'link.db');
    symlinkSync(join(directory, 'target.db'), file);
    const store = await openStore(file);
    expect(statSync(join(directory, 'target.db')).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('keeps what was saved when it is opened again', async () => {
    const file = join(await temporaryDirectory(), 'store.db');
    const first = await openStore(file);
    await addRecords(first, [{ kind: 'capture', capture: sampleCapture('c1') }], {
      source: 'traffic.jsonl',
      comparisonId: null,
      at,
    });
    await first.close();
    const second = await openStore(file, { mustExist: true });
    expect((await countRecords(second)).replayable).toBe(1);
    await second.close();
  });

  it('reports why it cannot use a file', async () => {
    const directory = await temporaryDirectory();
    const text = join(directory, 'notes.txt');
    writeFileSync(
      text,
      'not a database, whatever its name; long enough to be read as a header\n'.repeat(9),
    );
    const foreign = join(directory, 'foreign.db');
    const other = new Database(foreign);
    other.exec('create table bookmark (url text)');
    other.close();
    const folder = join(directory, 'folder');
    mkdirSync(folder);

    expect(await refusal(join(directory, 'none', 'a.db'))).toMatch(/no such directory/);
    expect(await refusal(folder)).toMatch(/is a directory/);
    expect(await refusal(text)).toMatch(/is not a SQLite database/);
    expect(await refusal(foreign)).toMatch(/SQLite database of another program/);
    expect(await refusal(join(directory, 'missing.db'), { mustExist: true })).toMatch(
      /There is no store at .*missing\.db\. Run understudy compare/,
    );
    expect(existsSync(join(directory, 'missing.db'))).toBe(false);
  });

  it('leaves a database of another program unchanged', async () => {
    const foreign = join(await temporaryDirectory(), 'foreign.db');
    const other = new Database(foreign);
    other.exec('create table bookmark (url text)');
    await refusal(foreign);
    expect(other.pragma('journal_mode', { simple: true })).toBe('delete');
    expect(other.prepare('select name from sqlite_master').all()).toEqual([{ name: 'bookmark' }]);
    other.close();
  });

  it('refuses a newer schema and changes nothing', async () => {
    const store = await temporaryStore();
    await sql`pragma user_version = 99`.execute(store.db);
    expect(await refusal(store.file)).toMatch(/written by a newer understudy: its schema is 99/);
    expect((await sql`pragma user_version`.execute(store.db)).rows).toEqual([{ user_version: 99 }]);
  });

  it('records each migration by name', async () => {
    const store = await temporaryStore();
    const { rows } = await sql<{ name: string }>`select name from migration`.execute(store.db);
    expect(rows.map(({ name }) => name)).toEqual(migrations.map(({ name }) => name));
    expect(rows[0]).toEqual({ name: 'm001_initial' });
  });

  it('reports that the disk is full, and keeps saved data', async () => {
    const store = await temporaryStore();
    const add = (id: string, content: string) =>
      addRecords(
        store,
        [
          {
            kind: 'capture',
            capture: sampleCapture(id, { request: { messages: [{ role: 'user', content }] } }),
          },
        ],
        { source: 'traffic.jsonl', comparisonId: null, at },
      );
    await add('small', 'hello');
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(store.db);
    await sql.raw(`pragma max_page_count = ${(rows[0]?.page_count ?? 0) + 2}`).execute(store.db);
    const failure = add('large', 'x'.repeat(100_000));
    await expect(failure).rejects.toThrow(UserError);
    await expect(failure).rejects.toThrow(/The disk that holds .*store\.db is full/);
    expect((await countRecords(store)).replayable).toBe(1);
    await sql.raw('pragma max_page_count = 1000000').execute(store.db);
    await add('large', 'x'.repeat(100_000));
    expect((await countRecords(store)).replayable).toBe(2);
  });

  it('is created once by processes that open it at the same moment', async () => {
    const file = join(await temporaryDirectory(), 'store.db');
    const child = new URL('children/open.ts', import.meta.url).pathname;
    const run = promisify(execFile);
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => run(process.execPath, [child, file])),
    );
    expect(runs.map(({ stdout }) => stdout)).toEqual(Array(4).fill('opened\n'));
  });

  it('has two connections write one after the other', async () => {
    const one = await temporaryStore();
    const two = await openStore(one.file);
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        addRecords(
          index % 2 === 0 ? one : two,
          [{ kind: 'capture', capture: sampleCapture(`c${index}`) }],
          { source: 'traffic.jsonl', comparisonId: null, at },
        ),
      ),
    );
    expect((await countRecords(one)).replayable).toBe(40);
    await two.close();
  });
});
