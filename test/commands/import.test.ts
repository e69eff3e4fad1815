import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
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
  it('reports the records read, the replayable ones, and why the rest are not', async () => {
    const db = join(await temporaryDirectory(), 'store.db');
    const file = fixture('native/traffic.jsonl');
    expect((await run(file, '--db', db)).split('\n')).toEqual([
      file,
      '  native captures',
      '          6  records',
      '              3  new, replayable',
      '                  1  with a recorded answer',
      '                  1  with a recorded time',
      '              3  not replayable',
      '                  1  no messages',
      '                  1  not JSON',
      '                  1  same id as another capture but another request',
      '  line 5: no messages',
      '  line 6: not JSON',
      '  line 7: same id as another capture but another request',
      '',
      'imported 6 = 3 replayable + 3 not replayable',
      `${db} now holds 3 captures and 3 not replayable.`,
      '',
    ]);
    expect(await run(file, '--db', db)).toContain(
      'imported 0 = 0 replayable + 0 not replayable; 6 already there, not counted\n',
    );
  });

  it('says that bytes after the end of gzip data were not read', async () => {
    const folder = await temporaryDirectory();
    const file = join(folder, 'traffic.jsonl.gz');
    const traffic = gzipSync(readFileSync(fixture('native/traffic.jsonl')));
    writeFileSync(file, Buffer.concat([traffic, Buffer.from('garbage')]));
    const output = await run(file, '--db', join(folder, 'store.db'));
    expect(output).toContain('\n  7 bytes after the end of the gzip data were not read\n');
    expect(output).toContain('imported 6 = 3 replayable + 3 not replayable\n');
    const json = await run(file, '--json', '--db', join(folder, 'store.db'));
    expect(JSON.parse(json)).toMatchObject({ files: [{ read: 6, trailingBytes: 7 }] });
  });

  it('counts timestamps that cannot be read', async () => {
    const folder = await temporaryDirectory();
    const file = join(folder, 'traffic.jsonl');
    const times = ['2026-11-20T08:15:00Z', null, '', 'yesterday', '2026-02-30', 1e300];
    // Half of them are in the form of another logger.
    const lines = times.flatMap((time, index) => {
      const request = { model: 'm', messages: [{ role: 'user', content: `Hi ${index}.` }] };
      return [
        { id: `${index}`, timestamp: time, request },
        { id: `${index}p`, created_at: time, request },
      ];
    });
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const both = await run(file, '--db', join(folder, 'store.db'));
    expect(both).toContain('\n                  6  with a timestamp that cannot be read\n');
    const map = ['id=$.id', 'request=$.request', 'timestamp=$.created_at'].flatMap((path) => [
      '--map',
      path,
    ]);
    const json = await run(file, ...map, '--json', '--db', join(folder, 'mapped.db'));
    expect(JSON.parse(json)).toMatchObject({ files: [{ unreadTimes: 3 }] });
  });

  it('names the recorded answers that can be compared at once', async () => {
    const folder = await temporaryDirectory();
    const file = join(folder, 'traffic.jsonl');
    const answer = (model: string) => ({
      object: 'chat.completion',
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' } }],
    });
    const request = { model: 'large', messages: [{ role: 'user', content: 'Hi.' }] };
    const captures = { id: 'c1', request, response: answer('large') };
    let hints = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      hints += String(text);
      return true;
    });
    writeFileSync(file, JSON.stringify(captures));
    await run(file, '--db', join(folder, 'one.db'));
    expect(hints).toContain('Next: understudy compare --baseline MODEL --candidate MODEL --db');
    hints = '';
    writeFileSync(file, JSON.stringify({ ...captures, responses: { small: answer('small') } }));
    await run(file, '--db', join(folder, 'two.db'));
    expect(hints).toContain(
      'Next: understudy compare --baseline recorded:large --candidate recorded:small --db',
    );
    // Half of the captures have both answers: these would say little of the whole.
    hints = '';
    writeFileSync(file, JSON.stringify({ ...captures, id: 'c2' }));
    await run(file, '--db', join(folder, 'two.db'));
    expect(hints).toContain('Next: understudy compare --baseline MODEL --candidate MODEL --db');
  });

  it('gives each of many files a line, and the reasons of all together', async () => {
    const folder = await temporaryDirectory();
    const files = Array.from({ length: 6 }, (_, index) => {
      const file = join(folder, `${index}.jsonl`);
      const messages = index < 2 ? [] : [{ role: 'user', content: `Question ${index}` }];
      writeFileSync(file, JSON.stringify({ id: `c${index}`, request: { model: 'm', messages } }));
      return file;
    });
    const output = await run(...files, '--db', join(folder, 'store.db'));
    expect(output).toContain(`${files[5]}: native captures; 1 read, 1 added\n`);
    expect(output).toContain(
      '\nAll files\n          2  not replayable\n              2  no messages\n\nimported 6 =',
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

  it('imports nothing if one of the files is missing', async () => {
    const directory = await temporaryDirectory();
    const db = join(directory, 'store.db');
    const bad = join(directory, 'bad.jsonl');
    await expect(importFiles([fixture('native/traffic.jsonl'), bad, '--db', db])).rejects.toThrow(
      /There is no file .*bad\.jsonl/,
    );
    writeFileSync(bad, '');
    await expect(importFiles([bad, '--db', db])).rejects.toThrow(/bad\.jsonl is empty/);
    expect(existsSync(db)).toBe(false);
  });

  it('ends with exit code 2 if no file contains a request to a model', async () => {
    const folder = await temporaryDirectory();
    const db = join(folder, 'store.db');
    const page = join(folder, 'page.har');
    const request = { method: 'GET', url: 'https://example.com/', headers: [], cookies: [] };
    const response = { status: 200, headers: [], content: { size: 0, mimeType: 'text/html' } };
    const entries = [{ startedDateTime: '2026-11-20T08:15:00Z', time: 1, request, response }];
    writeFileSync(page, JSON.stringify({ log: { version: '1.2', entries } }));
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await importFiles([page, '--db', db])).toBe(2);
    expect(String(write.mock.lastCall?.[0])).toContain('1  not requests to a model');
    expect(said).toHaveBeenLastCalledWith(
      'understudy: The file contains no request to a model. Nothing was imported.\n',
    );
    expect(await importFiles([page, '--dry-run', '--db', db])).toBe(2);
    const calls = fixture('har/chat.har');
    expect(await importFiles([page, calls, '--db', db])).toBe(0);
    expect(await importFiles([page, calls, '--db', db])).toBe(0);
  });

  it('writes one record and several in words that fit', async () => {
    const folder = await temporaryDirectory();
    const file = join(folder, 'bytes.jsonl');
    const line = Buffer.from(
      `{"id": "a", "request": {"messages": [{"role": "user", "content": "\u00ff"}]}}\n`,
      'latin1',
    );
    writeFileSync(file, line);
    expect(await run(file, '--db', join(folder, 'one.db'))).toContain(
      '\n  1 record has bytes that are not UTF-8, now \uFFFD\n',
    );
    writeFileSync(file, Buffer.concat([line, line]));
    expect(await run(file, '--db', join(folder, 'two.db'))).toContain(
      '\n  2 records have bytes that are not UTF-8, now \uFFFD\n',
    );
    writeFileSync(file, Buffer.concat([gzipSync('').subarray(0, 10), Buffer.alloc(9, 0xff)]));
    await expect(importFiles([file, '--db', join(folder, 'none.db')])).rejects.toThrow(
      'contains no readable JSON object (line 1: the gzip data are damaged from here on). Captured',
    );
  });

  it('reads unknown formats by --map', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, 'odd.jsonl');
    const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
    writeFileSync(file, `${JSON.stringify({ payload: { req: body }, said: 'ho' })}\n`);
    const flags = ['--map', 'request=$.payload.req', '--map', 'response=said'];
    const db = join(directory, 'store.db');
    const output = await run(file, ...flags, '--db', db);
    expect(output).toContain(
      `${file}\n  mapped records\n          1  record\n              1  new, replayable\n`,
    );
    await expect(importFiles([file, '--db', db])).rejects.toThrow(
      /--map request=\$\.payload\.req$/,
    );
  });

  it('reports a split vote, recorded answers and partial captures', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, 'mixed.jsonl');
    const hi = [{ role: 'user', content: 'hi' }];
    const answer = { choices: [{ message: { role: 'assistant', content: 'ho' } }] };
    const records = [
      { id: 'a', input: hi, output: 'ho', latencyMs: 12 },
      { id: 'b', input: hi, output: 'ha' },
      { request: { messages: hi }, response: answer },
      { odd: true },
    ];
    writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const output = await run(file, '--db', join(directory, 'store.db'));
    expect(output).toContain(
      '  inputs and outputs: 2 of the first 4 records, 1 native captures, 1 unknown\n',
    );
    expect(output).toContain('                  2  partial, the recording lost: parameters 2\n');
    for (const line of output.split('\n')) {
      if (!line.includes(directory)) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it('reduces growing conversations to their last turns', async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, 'chat.jsonl');
    const answer = (content: string) => ({
      choices: [{ index: 0, message: { role: 'assistant', content } }],
    });
    const turn = (...said: string[]) => ({
      request: {
        messages: said.map((content, index) => ({
          role: index % 2 === 0 ? 'user' : 'assistant',
          content,
        })),
      },
      response: answer(`${said.length + 1}`),
    });
    // The third turn comes first; the last line branches off.
    const records = [
      turn('1', '2', '3', '4', '5'),
      turn('1'),
      turn('1', '2', '3'),
      turn('1', 'x', '3'),
    ];
    writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const db = join(directory, 'store.db');
    const output = await run(file, '--db', db, '--last-turn');
    expect(output).toContain('              2  an earlier turn of a conversation (--last-turn)\n');
    expect(output).toContain(
      'imported 2 = 2 replayable + 0 not replayable; 2 earlier turns left out\n',
    );
    expect(await run(file, '--db', db)).toContain('imported 2 = 2 replayable');
  });

  it('fails without a file', async () => {
    await expect(importFiles([])).rejects.toThrow(/needs a file of captured traffic/);
  });
});
