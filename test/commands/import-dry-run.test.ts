import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeChat } from 'gpt-tokenizer/model/gpt-4o';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { importFiles } from '../../source/commands/import.ts';
import { temporaryDirectory } from '../store/temporary-store.ts';

let directory: string;
let file: string;
let db: string;

type Said = { readonly role: 'user' | 'system'; readonly content: string };

const messagesOf = (index: number): Said[] => [
  { role: 'system', content: 'Classify the ticket.' },
  { role: 'user', content: `Ticket number ${index}: my card was charged twice.` },
];

const records = Array.from({ length: 30 }, (_, index) => ({
  id: `r${index}`,
  endpoint: `endpoint_${index % 25}`,
  timestamp: `2026-11-${String(1 + index).padStart(2, '0')}T08:00:00Z`,
  request: { model: 'gpt-4o', messages: messagesOf(index), max_tokens: 10 },
  response: {
    model: 'gpt-4o-2024-11-20',
    choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 20, completion_tokens: 4, total_tokens: 24 },
  },
  latencyMs: 500,
}));

const input = records.reduce((sum, one) => sum + encodeChat(one.request.messages).length, 0);

beforeEach(async () => {
  directory = await temporaryDirectory();
  file = join(directory, 'traffic.jsonl');
  db = join(directory, 'store.db');
  writeFileSync(file, `${records.map((one) => JSON.stringify(one)).join('\n')}\nnot JSON\n`);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const run = async (...flags: string[]): Promise<string> => {
  let output = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  expect(await importFiles([file, '--db', db, ...flags])).toBe(0);
  write.mockRestore();
  return output;
};

/** The content and the modification time of each file in the directory. */
const snapshot = (): unknown =>
  readdirSync(directory).map((name) => {
    const path = join(directory, name);
    return [name, readFileSync(path).toString('base64'), statSync(path).mtimeMs];
  });

const dryRun = async (...flags: string[]): Promise<unknown> => {
  const before = snapshot();
  const document: unknown = JSON.parse(await run('--dry-run', '--json', ...flags));
  expect(snapshot()).toEqual(before);
  return document;
};

describe('understudy import --dry-run', () => {
  it('reports what the files contain and writes nothing', async () => {
    expect(await dryRun()).toMatchObject({
      schema: 'understudy.importDryRun/1',
      imported: 31,
      replayable: 30,
      notReplayable: 1,
      reports: [{ added: 30, problems: [{ line: 31, reason: 'not JSON' }] }],
      overview: {
        captures: 30,
        endpoints: { others: { names: 5, captures: 5 } },
        models: { named: [{ name: 'gpt-4o-2024-11-20', count: 30 }] },
        from: '2026-11-01T08:00:00.000Z',
        to: '2026-11-30T08:00:00.000Z',
        withoutTime: 0,
      },
      tokens: { input, output: 120, exact: true, countedAll: true },
      replay: null,
    });
  });

  it('counts a capture once, even if it repeats or is in the store already', async () => {
    const twice = { ...records[0], response: undefined };
    writeFileSync(
      file,
      `${[...records, ...records, twice].map((one) => JSON.stringify(one)).join('\n')}\n`,
    );
    const once = {
      overview: {
        captures: 30,
        endpoints: { named: expect.arrayContaining([{ name: 'endpoint_0', count: 2 }]) },
        models: { named: [{ name: 'gpt-4o-2024-11-20', count: 30 }] },
      },
      tokens: { input, output: 120, countedCaptures: 30 },
    };
    expect(await dryRun()).toMatchObject({ imported: 30, duplicates: 31, ...once });
    await run();
    expect(await dryRun()).toMatchObject({ imported: 0, duplicates: 61, ...once });
  });

  it('estimates the cost of replaying the files, including captures that the store has', async () => {
    await run();
    const price = { input: 0.15 / 1e6, output: 0.6 / 1e6 };
    expect(await dryRun('--model', 'openai/gpt-4o-mini', '--model', 'openai/gpt-4o')).toMatchObject(
      {
        imported: 0,
        duplicates: 31,
        overview: { captures: 30 },
        tokens: null,
        replay: {
          calls: 60,
          baseline: { label: 'recorded', calls: 0 },
          candidate: {
            calls: 30,
            input,
            expectedOutput: 120,
            mostOutput: 300,
            expectedCost: expect.closeTo(input * price.input + 120 * price.output, 9),
            price: { date: expect.stringMatching(/^\d{4}-/) },
          },
          more: [{ label: 'openai/gpt-4o', calls: 30 }],
        },
      },
    );
    expect(
      await dryRun('--baseline', 'openai/gpt-4o', '--candidate', 'openai/gpt-4o-mini'),
    ).toMatchObject({ replay: { baseline: { calls: 30, input }, candidate: { calls: 30 } } });
  });

  it('fits in 80 columns and removes its copy of the store', async () => {
    vi.stubEnv('TMPDIR', mkdtempSync(join(tmpdir(), 'understudy-test-')));
    const before = readdirSync(tmpdir());
    const output = await run('--dry-run', '--model', 'deepseek/deepseek-v4-flash');
    expect(readdirSync(tmpdir())).toEqual(before);
    vi.unstubAllEnvs();
    for (const text of [
      'would have imported 31 = 30 replayable + 1 not replayable\n',
      '          2  endpoint_0\n',
      '          5  of 5 more\n',
      'Time: 2026-11-01 08:00 to 2026-11-30 08:00 UTC\n',
      'deepseek/deepseek-v4-flash',
    ]) {
      expect(output).toContain(text);
    }
    for (const line of output.split('\n')) {
      if (!line.includes(directory)) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it('rejects models without a dry run, and models named in two ways', async () => {
    await expect(run('--model', 'openai/gpt-4o')).rejects.toThrow(/Add --dry-run to see/);
    await expect(
      run('--dry-run', '--model', 'openai/gpt-4o', '--candidate', 'openai/gpt-4o-mini'),
    ).rejects.toThrow(/either with --model/);
    await expect(run('--dry-run', '--model', 'nobody/x')).rejects.toThrow(/no provider "nobody"/);
  });
});
