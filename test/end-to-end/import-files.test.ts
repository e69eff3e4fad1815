import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInPipe } from '../commands/program.ts';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
  await writeFile(scene.path('good.jsonl'), capture('Capital of France?'));
  await writeFile(scene.path('more.jsonl'), capture('Capital of Norway?'));
  await writeFile(scene.path('table.csv'), table);
  await writeFile(scene.path('empty.jsonl'), '');
});

afterEach(() => scene.close());

const capture = (content: string): string =>
  `${JSON.stringify({ request: { model: 'm', messages: [{ role: 'user', content }] } })}\n`;

const table =
  'id,User prompt,the answer\n7,"Capital of Spain?\nOne word.",Madrid\n8,Capital of Peru?,Lima\n';

const names = ['table.csv', 'good.jsonl', 'empty.jsonl', 'more.jsonl'];

describe('an import of several files', () => {
  it('takes those that it can read, names the others and ends with 2', async () => {
    const { code, stdout, stderr } = await scene.run(['import', ...names]);
    expect(code).toBe(2);
    expect(stdout).toContain('imported 2 = 2 replayable + 0 not replayable');
    expect(stderr).toMatch(
      /^Next: .*\nunderstudy: table\.csv is a CSV file .*\nunderstudy: empty\.jsonl is empty\..*\n$/,
    );
    expect(scene.rows('select source from capture order by source')).toEqual([
      { source: 'good.jsonl' },
      { source: 'more.jsonl' },
    ]);
  });

  it('says so in its JSON, also of a dry run, which stores nothing', async () => {
    const found = await scene.snapshot();
    const dry = await scene.run(['import', ...names, '--dry-run', '--json']);
    expect(await scene.snapshot()).toEqual(found);
    const wet = await scene.run(['import', ...names, '--json']);
    for (const { code, stdout } of [dry, wet]) {
      expect(code).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({
        replayable: 2,
        refused: [
          { file: 'table.csv', reason: expect.stringContaining('a CSV file') as string },
          { file: 'empty.jsonl', reason: expect.stringContaining('is empty') as string },
        ],
      });
    }
  });

  it('of which none can be read leaves no store behind', async () => {
    const found = await scene.snapshot();
    const { code, stdout, stderr } = await scene.run(['import', 'table.csv', 'empty.jsonl']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\n')).toHaveLength(3);
    expect(await scene.snapshot()).toEqual(found);
  });
});

describe('input that can be read only once', () => {
  const temporary = (): Record<string, string> => ({ TMPDIR: scene.path('temporary') });
  const left = (): readonly string[] => readdirSync(scene.path('temporary'));

  beforeEach(() => mkdir(scene.path('temporary')));

  it('is imported like a file: as -, as /dev/stdin and as a named pipe, plain and gzip', async () => {
    await promisify(execFile)('mkfifo', [scene.path('pipe')]);
    const runs = [
      ['cat good.jsonl', '-'],
      ['gzip -c more.jsonl', '/dev/stdin'],
      ['(cat good.jsonl more.jsonl > pipe &) ; true', 'pipe'],
    ] as const;
    const shown = ['standard input', 'standard input', 'pipe'];
    for (const [index, [before, file]] of runs.entries()) {
      const { code, stdout, stderr } = await runInPipe(
        scene.directory,
        before,
        ['import', file, '--json'],
        temporary(),
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ files: [{ file: shown[index] }] });
      expect(left()).toEqual([]);
    }
    expect(scene.rows('select distinct source from capture')).toEqual([
      { source: 'standard input' },
    ]);
    expect(scene.rows('select count(*) as n from capture')).toEqual([{ n: 2 }]);
  });

  it('may be read twice, for --last-turn, and goes with other files', async () => {
    const { code, stdout } = await runInPipe(
      scene.directory,
      'cat good.jsonl',
      ['import', 'more.jsonl', '-', '--last-turn'],
      temporary(),
    );
    expect(code).toBe(0);
    expect(stdout).toContain('imported 2 = 2 replayable + 0 not replayable');
  });

  it.each([
    ['printf ""', ['-'], 'standard input is empty.'],
    ['cat table.csv', ['-'], /standard input is a CSV file .* understudy import - --map /],
    ['printf PAR1', ['-'], 'standard input is a Parquet file'],
    ['cat good.jsonl', ['-', '-'], 'Standard input can be read only once.'],
  ])('is refused with a sentence: %s', async (before, files, sentence) => {
    const run = await runInPipe(scene.directory, before, ['import', ...files], temporary());
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(sentence);
    expect(left()).toEqual([]);
    expect(existsSync(scene.path('understudy.db'))).toBe(false);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('leaves nothing after %s', async (signal) => {
    const child = spawn(node, [program, 'import', '-'], {
      cwd: scene.directory,
      env: { PATH: process.env['PATH'], ...temporary() },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.write(capture('Capital of France?').repeat(1000));
    // The named pipe of this process is empty once the program has read it.
    while (child.stdin.writableLength > 0) await sleep(5);
    child.kill(signal);
    const [code] = (await once(child, 'close')) as [number | null];
    if (signal !== 'SIGKILL') expect([130, null]).toContain(code);
    expect(left()).toEqual([]);
    expect(existsSync(scene.path('understudy.db'))).toBe(false);
  });
});

describe('a CSV file', () => {
  it('is imported by the line that the error ends in', async () => {
    const { stderr } = await scene.run(['import', 'table.csv']);
    const line = /understudy import table\.csv .*$/m.exec(stderr)?.[0] ?? '';
    const shell = `understudy() { '${node}' '${program}' "$@"; }\n${line}`;
    await promisify(execFile)('sh', ['-c', shell], { cwd: scene.directory });
    expect(
      scene.rows(
        `select c.id, b.text as request, a.text as answer from capture c
         join body b on b.number = c.request_body
         join recorded_response r on r.capture_number = c.number
         join body a on a.number = r.response_body order by c.id`,
      ),
    ).toEqual([
      {
        id: '7',
        request: '{"messages":[{"role":"user","content":"Capital of Spain?\\nOne word."}]}',
        answer: expect.stringContaining('"Madrid"') as string,
      },
      {
        id: '8',
        request: '{"messages":[{"role":"user","content":"Capital of Peru?"}]}',
        answer: expect.stringContaining('"Lima"') as string,
      },
    ]);
  });
});

describe('the errors of a batch', () => {
  it('are in the report, and kept with their captures', async () => {
    for (const name of ['refused.jsonl', 'refused.error.jsonl']) {
      const source = new URL(`../fixtures/openai-batch/${name}`, import.meta.url);
      await copyFile(source, scene.path(name));
    }
    const files = ['refused.jsonl', 'refused.error.jsonl'];
    const { code, stdout } = await scene.run(['import', ...files]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /1 {2}without an answer to a request that is known\n +1 {2}with a recorded error/,
    );
    expect(scene.rows('select metadata from capture')).toEqual([
      {
        metadata: '{"recordedError":{"status":400,"message":"max_tokens is too large: 1000000."}}',
      },
    ]);
  });
});
