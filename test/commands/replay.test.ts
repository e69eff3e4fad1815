import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDemoEndpoint, type DemoEndpoint } from '../../source/demo/demo-endpoint.ts';
import { statusFault, type ChooseFault } from '../../source/demo/faults.ts';
import { summarySchema } from '../../source/summary/summary-json.ts';
import { runProgram, startProgram } from './program.ts';

let directory = '';
let endpoint: DemoEndpoint | null = null;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-command-'));
});

afterEach(async () => {
  await endpoint?.close();
  endpoint = null;
  await rm(directory, { recursive: true });
});

const completion = (text: string) => ({
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
});

/** A file of native captures that two models have answered. */
const writeTraffic = async (count: number): Promise<void> => {
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      id: `req_${index}`,
      endpoint: 'classify',
      request: { model: 'old', messages: [{ role: 'user', content: `prompt ${index}` }] },
      responses: {
        'gpt-4o': completion('yes'),
        'gpt-4o-mini': completion(index === 0 ? 'no' : 'yes'),
      },
    }),
  );
  await writeFile(join(directory, 'traffic.jsonl'), `${lines.join('\n')}\n`);
};

const recorded = ['--baseline', 'recorded:gpt-4o', '--candidate', 'recorded:gpt-4o-mini'];

const startEndpoint = async (faults: ChooseFault): Promise<readonly string[]> => {
  endpoint = await startDemoEndpoint({ timings: 'instant', faults });
  return ['--baseline', `${endpoint.url}#incumbent`, '--candidate', `${endpoint.url}#newcomer`];
};

const replay = (...argv: readonly string[]) => runProgram(directory, ['replay', ...argv]);

describe('understudy replay', () => {
  it('takes recorded answers, prints the result and the next step', async () => {
    await writeTraffic(40);
    const { code, stdout, stderr } = await replay('traffic.jsonl', ...recorded);
    expect([code, stderr]).toEqual([0, expect.stringContaining('40 read')]);
    expect(stderr).toContain('replayed 40 of 40');
    expect(stderr).not.toContain('\u001b');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('40 pairs = 40 answered + 0 failed + 0 not sent; this run cost $0');
    expect(lines[1]).toMatch(/^Nothing is judged yet: 1 pair waits for a verdict;/);
    expect(lines[2]).toMatch(/^Next: understudy review [a-z0-9]{8}$/);

    const again = await replay('traffic.jsonl', ...recorded);
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(stdout);
  });

  it('replays on live servers, and names every failure', async () => {
    await writeTraffic(6);
    const models = await startEndpoint((request) =>
      request.prompt === 'prompt 2' && request.model === 'newcomer'
        ? statusFault(400, 'too many words')
        : { kind: 'text', text: 'an answer' },
    );
    const { code, stdout, stderr } = await replay('traffic.jsonl', ...models, '--concurrency', '2');
    expect(code).toBe(0);
    expect(stderr).toMatch(/failed req_2 candidate: rejected, .*too many words/);
    // A server on this machine without a price is free.
    expect(stdout).toContain('6 pairs = 5 answered + 1 failed + 0 not sent; this run cost $0\n');
    expect(stdout).toContain('Run the same command again to send what failed once more;');
    expect(stdout).toContain('failed: candidate rejected 1');
    expect(endpoint?.calls()).toHaveLength(12);
  });

  it('ends cleanly when it is interrupted, says how to continue, and continues', async () => {
    await writeTraffic(4);
    let stalls = true;
    let stalled = (): void => {};
    const reached = new Promise<void>((resolve) => {
      stalled = resolve;
    });
    const models = await startEndpoint((request) => {
      if (!stalls || request.number <= 2) return { kind: 'text', text: 'an answer' };
      stalled();
      return { kind: 'stall', afterPieces: 0 };
    });
    const argv = ['traffic.jsonl', ...models, '--concurrency', '2'];
    const { child, ended } = startProgram(directory, ['replay', ...argv]);
    await reached;
    const waits = new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: Buffer) => {
        if (text.includes('Ctrl-C again aborts them')) resolve();
      });
    });
    child.kill('SIGINT');
    await waits;
    child.kill('SIGINT');
    const first = await ended;
    expect(first.code).toBe(130);
    expect(first.stdout).toContain(
      'Interrupted; everything is kept. Run the same command again to continue with the 3 remaining pairs.',
    );
    stalls = false;
    const second = await replay(...argv);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('4 pairs = 4 answered + 0 failed + 0 not sent');
    const answered = endpoint?.calls().filter((call) => call.end === 'answered') ?? [];
    expect(new Set(answered.map((call) => call.bodyHash)).size).toBe(8);
    expect(answered).toHaveLength(8);
  });

  it('refuses impossible requests in one sentence, and leaves nothing behind', async () => {
    await writeTraffic(2);
    const local = [
      '--baseline',
      'http://127.0.0.1:9/v1#a',
      '--candidate',
      'http://127.0.0.1:9/v1#b',
    ];
    const cases: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
      [['--baseline', 'recorded'], /--candidate is missing/],
      [['--baseline', 'recorded:a', '--candidate', 'recorded:a'], /the same model, recorded:a/],
      [['--baseline', 'recorded', '--candidate', 'opnai/gpt-4o'], /no provider "opnai"/],
      [['--baseline', 'recorded', '--candidate', 'openai/gpt-4o'], /OPENAI_API_KEY is not set/],
      [[...recorded, '--concurrency', '0'], /--concurrency must be a whole number/],
      [[...recorded, '--concurrency', 'many'], /--concurrency must be a whole number/],
      [[...recorded, '--budget', '-1'], /--budget must be an amount/],
      [[...local, '--budget', '-0'], /or none, not "-0"/],
      [[...recorded, '--frobnicate'], /no flag --frobnicate/],
    ];
    for (const [argv, message] of cases) {
      const { code, stdout, stderr } = await replay('traffic.jsonl', ...argv);
      expect([argv, code, stdout]).toEqual([argv, 2, '']);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^understudy: [^\n]+\n$/);
    }
    const missing = await replay('nothing.jsonl', ...recorded);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining('There is no file'),
    ]);
    const noStore = await replay(...recorded);
    expect([noStore.code, noStore.stderr]).toEqual([2, expect.stringContaining('no store')]);
    expect(existsSync(join(directory, 'understudy.db'))).toBe(false);
  }, 120_000);

  it('refuses a selection in which nothing can be answered', async () => {
    await writeTraffic(2);
    const unknown = await replay(
      'traffic.jsonl',
      '--baseline',
      'recorded:gpt-4o',
      '--candidate',
      'recorded:gpt-5',
    );
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toBe(
      'understudy: No capture of this selection has an answer of recorded:gpt-5. Recorded models: recorded:gpt-4o, recorded:gpt-4o-mini.\n',
    );
    await writeFile(join(directory, 'empty.jsonl'), '{"request":{"messages":[]}}\n');
    const empty = await replay('empty.jsonl', '--db', 'other.db', ...recorded);
    expect(empty.code).toBe(2);
    expect(empty.stderr).toMatch(/There are no captures in this file/);
    const summary = await runProgram(directory, ['summary']);
    expect([summary.code, summary.stderr]).toEqual([
      2,
      expect.stringContaining('There is no store'),
    ]);
  });
});

describe('understudy summary', () => {
  it('prints the newest comparison as text, or as the documented JSON', async () => {
    await writeTraffic(3);
    await replay('traffic.jsonl', ...recorded, '--name', 'mini');
    const text = await runProgram(directory, ['summary']);
    expect([text.code, text.stderr]).toEqual([0, '']);
    expect(text.stdout).toMatch(/^Nothing is judged yet: 1 pair waits for a verdict;/);
    expect(text.stdout).toContain('Comparison mini · ');

    const json = await runProgram(directory, ['summary', 'mini', '--json']);
    const summary = summarySchema.strict().parse(JSON.parse(json.stdout));
    expect(summary.counts).toMatchObject({ imported: 3, answered: 3, identical: 2, unjudged: 1 });
    // The catalogue knows production's cost for any model.
    expect(summary.cost.ratio).toBeLessThan(0.1);
    expect(summary.latency.baseline).toMatchObject({
      source: 'recorded',
      total: { n: 0, p95: null },
    });
    const format = await runProgram(directory, ['summary', '--format', 'json']);
    expect({ ...JSON.parse(format.stdout), at: '' }).toEqual({ ...summary, at: '' });
  });

  it('refuses a format and a comparison that there is not', async () => {
    await writeTraffic(1);
    await replay('traffic.jsonl', ...recorded, '--name', 'mini');
    const format = await runProgram(directory, ['summary', '--format', 'pdf']);
    expect([format.code, format.stderr]).toEqual([
      2,
      'understudy: --format must be text, json, markdown, html, csv or junit, not "pdf".\n',
    ]);
    const unknown = await runProgram(directory, ['summary', 'maxi']);
    expect([unknown.code, unknown.stdout]).toEqual([2, '']);
    expect(unknown.stderr).toMatch(/no comparison "maxi".*mini/);
  });
});
