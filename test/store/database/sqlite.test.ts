import { spawn } from 'node:child_process';
import { once } from 'node:events';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { countRecords } from '../../../source/store/captures/captures.ts';
import { openStore } from '../../../source/store/open.ts';
import { at, sampleCapture } from '../samples.ts';
import { temporaryStore } from '../temporary-store.ts';

/** Another process that reads the file, which holds its lock for a moment after this resolves. */
const readForAWhile = async (file: string): Promise<void> => {
  const script = new URL('../children/read-for-a-while.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  await once(child.stdout, 'data');
};

// As on a file system that has no write-ahead log, or after a version that imported without one.
describe('a store without its write-ahead log', () => {
  it('commits when the readers have let go', async () => {
    const store = await temporaryStore();
    store.database.pragma('journal_mode = delete');
    await readForAWhile(store.file);
    const capture = sampleCapture('c');
    const options = { source: 's', comparisonId: null, at };
    expect(() => store.database.exec('begin exclusive')).toThrow(/locked/);
    await addRecords(store, [{ kind: 'capture', capture }], options);
    expect(await countRecords(store)).toMatchObject({ replayable: 1 });
  });

  it('gets it back when the readers have let go', async () => {
    const { file, close } = await temporaryStore();
    await close();
    const database = new Database(file);
    database.pragma('journal_mode = delete');
    database.close();
    await readForAWhile(file);
    const store = await openStore(file);
    onTestFinished(() => store.close());
    expect(store.database.pragma('journal_mode', { simple: true })).toBe('wal');
  });
});
