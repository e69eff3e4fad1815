import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
      /^understudy: table\.csv is a CSV file .*\nunderstudy: empty\.jsonl is empty\..*\nNext: .*\n$/,
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
