import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addRecords } from '../../../source/store/captures/add-records.ts';
import { countRecords } from '../../../source/store/captures/captures.ts';
import { openStore } from '../../../source/store/open.ts';
import { at, sampleCapture } from '../samples.ts';
import { secondConnection, temporaryStore } from '../temporary-store.ts';

/** Another process that reads the file, which holds its lock for a moment after this resolves. */
const readForAWhile = async (file: string): Promise<void> => {
  const script = new URL('../children/read-for-a-while.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  await once(child.stdout, 'data');
};

// As on a file system that has no write-ahead log, or after a version that imported without one.
describe('a store without its write-ahead log', () => {
  it('commits once the readers have finished', async () => {
    const store = await temporaryStore();
    await sql`pragma journal_mode = delete`.execute(store.db);
    await readForAWhile(store.file);
    const capture = sampleCapture('c');
    const options = { source: 's', comparisonId: null, at };
    expect(() => secondConnection(store.file).exec('begin exclusive')).toThrow(/locked/);
    await addRecords(store, [{ kind: 'capture', capture }], options);
    expect(await countRecords(store)).toMatchObject({ replayable: 1 });
  });

  it('gets it back once the readers have finished', async () => {
    const { file, close } = await temporaryStore();
    await close();
    secondConnection(file).pragma('journal_mode = delete');
    await readForAWhile(file);
    const store = await openStore(file);
    onTestFinished(() => store.close());
    expect(secondConnection(file).pragma('journal_mode', { simple: true })).toBe('wal');
  });
});
