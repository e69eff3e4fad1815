import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { importFiles } from '../../source/commands/import.ts';
import { temporaryDirectory } from '../store/temporary-store.ts';

const fixture = (name: string): string => new URL(`../fixtures/${name}`, import.meta.url).pathname;

const run = async (...argv: string[]): Promise<string> => {
  let output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  expect(await importFiles(argv)).toBe(0);
  return output;
};

afterEach(() => {
  vi.restoreAllMocks();
});

describe('understudy import', () => {
  it('says what was read, what can be replayed and why the rest cannot', async () => {
    const db = join(await temporaryDirectory(), 'store.db');
    const file = fixture('native/traffic.jsonl');
    const reasons =
      '(no messages: 1; not JSON: 1; same id as another capture but another request: 1)';
    expect((await run(file, '--db', db)).split('\n')).toEqual([
      `${file}: native captures; 6 read, 3 added, 3 not replayable ${reasons}`,
      `  ${file}:5: no messages`,
      `  ${file}:6: not JSON`,
      `  ${file}:7: same id as another capture but another request`,
      `imported 6 = 3 replayable + 3 not replayable ${reasons}`,
      `${db} now holds 3 captures and 3 not replayable ${reasons}.`,
      '',
    ]);
    expect(await run(file, '--db', db)).toContain(
      'imported 0 = 0 replayable + 0 not replayable; 6 already there, not counted\n',
    );
  });

  it('prints one JSON document', async () => {
    const db = join(await temporaryDirectory(), 'store.db');
    const files = ['output', 'input', 'error'].map((name) => fixture(`openai-batch/${name}.jsonl`));
    const document: unknown = JSON.parse(await run(...files, '--db', db, '--json'));
    expect(document).toMatchObject({
      schema: 'understudy.import/1',
      imported: 4,
      replayable: 2,
      notReplayable: 2,
      merged: 1,
      files: [{ format: 'OpenAI Batch output' }, { format: 'OpenAI Batch input' }, {}],
      store: { file: db, replayable: 2, notReplayable: 2 },
    });
  });

  it('changes nothing when the last file is wrong', async () => {
    const directory = await temporaryDirectory();
    const db = join(directory, 'store.db');
    const bad = join(directory, 'bad.jsonl');
    writeFileSync(bad, '');
    await expect(importFiles([fixture('native/traffic.jsonl'), bad, '--db', db])).rejects.toThrow(
      /bad\.jsonl is empty/,
    );
    expect(existsSync(db)).toBe(false);
  });

  it('reads anything when it is told where the request stands', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, 'odd.jsonl');
    const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
    writeFileSync(file, `${JSON.stringify({ payload: { req: body }, said: 'ho' })}\n`);
    const flags = ['--map', 'request=$.payload.req', '--map', 'response=said'];
    const db = join(directory, 'store.db');
    const output = await run(file, ...flags, '--db', db);
    expect(output).toContain(`${file}: mapped records; 1 read, 1 added\n`);
    await expect(importFiles([file, '--db', db])).rejects.toThrow(/--map request=\$\.path/);
  });

  it('asks for a file', async () => {
    await expect(importFiles([])).rejects.toThrow(/needs a file of captured traffic/);
  });
});
