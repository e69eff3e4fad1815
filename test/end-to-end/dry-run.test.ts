import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { countTokens } from 'gpt-tokenizer/model/gpt-4o';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DryRunReport } from '../../source/replay/estimate/report.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { writeTickets } from '../helpers/tickets.ts';
import { completion, trafficLines, writeTraffic, type TrafficLine } from '../helpers/traffic.ts';

let scene: Scene;
let server: Server;
let connections: number;

/** A configured provider with prices at a server that must not be called. */
beforeEach(async () => {
  scene = await openScene();
  connections = 0;
  server = createServer((_, response) => response.end());
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const configuration = {
    providers: {
      acme: {
        baseUrl: `http://127.0.0.1:${port}/v1`,
        keyVariable: 'ACME_API_KEY',
        prices: { 'gpt-4o': { input: 2, output: 10 }, llama: { input: 0.2, output: 1 } },
      },
    },
    limits: { 'acme/llama': { requestsPerMinute: 10 } },
  };
  await writeFile(scene.path('understudy.config.json'), JSON.stringify(configuration));
  await writeTraffic(scene.path('traffic.jsonl'), lines);
});

afterEach(async () => {
  server.close();
  await scene.close();
});

/** What a test counts for itself. */
const lines: readonly TrafficLine[] = trafficLines(60).map((line, index) => ({
  ...line,
  request: { ...line.request, user: 'someone', ...(index % 2 === 0 ? { max_tokens: 50 } : {}) },
  ...(index % 3 === 0 ? { response: completion('An answer.', 20 + index), latencyMs: 2000 } : {}),
}));

const models = ['--baseline', 'acme/gpt-4o', '--candidate', 'acme/llama'];

const dryRun = async (...flags: readonly string[]): Promise<DryRunReport> => {
  const before = await scene.snapshot();
  const run = await scene.run(['replay', ...flags, ...models, '--dry-run', '--json']);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(await scene.snapshot()).toEqual(before);
  expect(connections).toBe(0);
  return JSON.parse(run.stdout) as DryRunReport;
};

const inputOf = (wanted: readonly TrafficLine[]): number =>
  wanted.reduce(
    (sum, { request }) =>
      sum + countTokens(request.messages as readonly { role: 'user'; content: string }[]),
    0,
  );

describe('a dry run', () => {
  it('counts calls, tokens, cost and time, and sends and leaves nothing', async () => {
    const report = await dryRun('traffic.jsonl');
    const input = inputOf(lines);
    const most = lines.map((_, index) => (index % 2 === 0 ? 50 : 16_384));
    const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
    expect(report).toMatchObject({
      schema: 'understudy.dryRun/1',
      selected: null,
      captures: 60,
      countedCaptures: 60,
      countedAll: true,
      samples: 1,
      calls: 120,
    });
    for (const side of [report.baseline, report.candidate]) {
      expect(side).toMatchObject({
        calls: 60,
        input,
        mostOutput: sum(most),
        unlimitedCalls: 30,
        recordedCalls: 60,
        missingKey: 'ACME_API_KEY',
      });
      expect(side.adaptations).toContainEqual(
        expect.objectContaining({ parameter: 'user', action: 'removed', calls: 60 }),
      );
    }
    expect(report.baseline.tokenizer).toEqual({ encoding: 'o200k_base', own: true });
    expect(report.candidate.tokenizer).toEqual({ encoding: 'o200k_base', own: false });
    // The recorded models `first` and `second` answered with two words and a number.
    const texts = lines.map((_, index) => countTokens(`Answer ${index}`));
    const counted = sum(
      lines.map((_, index) =>
        Math.min(index % 3 === 0 ? 20 + index : (texts[index] ?? 0), most[index] ?? 0),
      ),
    );
    expect(report.baseline.expectedOutput).toBe(counted);
    expect(report.baseline.expectedCost).toBeCloseTo((input * 2 + counted * 10) / 1e6, 10);
    expect(report.candidate.mostCost).toBeCloseTo((input * 0.2 + sum(most)) / 1e6, 10);
    expect(report.cost.expected).toBeCloseTo(((input * 2 + counted * 10) * 1.1) / 1e6, 10);
    expect(report.duration).toEqual({
      ms: 360_000,
      limitedBy: '10 requests per minute of acme/llama',
      latencyMs: 2000,
      latencyFrom: 'recorded',
    });
  });

  it('counts the selected captures', async () => {
    const chosen = await dryRun('traffic.jsonl', '--endpoint', 'reply', '--limit=9');
    expect(chosen).toMatchObject({
      captures: 9,
      calls: 18,
      selected: '9 of 60 captures selected: endpoint reply, limit 9',
    });
  });

  it('does not count existing answers', async () => {
    const { endpoint, models: served } = await scene.serve();
    await writeTickets(scene.path('tickets.jsonl'), 20);
    const argv = ['replay', 'tickets.jsonl', ...served];
    expect((await scene.run([...argv, '--limit=9'])).code).toBe(0);
    expect(endpoint.calls()).toHaveLength(18);
    const before = await scene.snapshot();
    const run = await scene.run([...argv, '--limit=12', '--dry-run', '--json']);
    expect(run.code).toBe(0);
    const report = JSON.parse(run.stdout) as DryRunReport;
    expect(report).toMatchObject({ captures: 12, calls: 6, countedCaptures: 3 });
    expect(report.baseline).toMatchObject({ calls: 3, price: null, mostCost: null });
    expect(report.baseline).toMatchObject({ expectedOutput: null, expectedCost: null });
    expect(report.duration).toMatchObject({ latencyMs: 3000, latencyFrom: 'assumed' });
    expect(endpoint.calls()).toHaveLength(18);
    expect(await scene.snapshot()).toEqual(before);
  });

  it('counts repeated answers and several candidates on one baseline', async () => {
    const report = await dryRun('traffic.jsonl', '--candidate=acme/other', '--samples=3');
    expect(report).toMatchObject({ captures: 60, samples: 3, calls: 3 * 180 });
    expect(report.more).toHaveLength(1);
    expect(report.candidate).toMatchObject({ label: 'acme/other', calls: 180, price: null });
    expect(report.more[0]).toMatchObject({ label: 'acme/llama', calls: 180 });
    expect(report.baseline).toMatchObject({ calls: 180, input: 3 * inputOf(lines) });
    expect(report.cost).toEqual({ expected: null, most: null });
  });

  it('reckons with the price of batches in batches', async () => {
    const openai = [
      '--baseline=openai/gpt-4o',
      '--candidate=recorded:first',
      '--dry-run',
      '--json',
    ];
    const report = async (...flags: readonly string[]): Promise<DryRunReport> => {
      const run = await scene.run(['replay', 'traffic.jsonl', ...openai, ...flags]);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      return JSON.parse(run.stdout) as DryRunReport;
    };
    const alone = await report();
    const together = await report('--batch');
    expect(alone).toMatchObject({ batch: false, baseline: { calls: 60 } });
    expect(together).toMatchObject({ batch: true, duration: null, baseline: { calls: 60 } });
    expect(together.cost.expected).toBeCloseTo((alone.cost.expected ?? -1) / 2, 10);
    expect(together.cost.most).toBeCloseTo((alone.cost.most ?? -1) / 2, 10);
  });

  it('makes no calls for a recorded side', async () => {
    const run = await scene.run([
      'replay',
      'traffic.jsonl',
      '--baseline=recorded:first',
      '--candidate=acme/llama',
      '--dry-run',
      '--json',
    ]);
    const report = JSON.parse(run.stdout) as DryRunReport;
    expect(report.calls).toBe(60);
    expect(report.baseline).toMatchObject({ live: false, calls: 0, tokenizer: null });
    expect(report.cost.expected).toBe(report.candidate.expectedCost);
  });

  it('does not change a store that another program has open', async () => {
    await scene.run(['import', 'traffic.jsonl']);
    const report = await dryRun('--sample', '50%');
    expect(report.captures).toBeGreaterThan(10);
    expect(scene.rows('select count(*) as number from comparison')).toEqual([{ number: 0 }]);
  });

  it('leaves nothing in the temporary directory', async () => {
    const temporary = scene.path('temporary');
    await mkdir(temporary);
    const run = await scene.run(['replay', 'traffic.jsonl', ...models, '--dry-run'], {
      TMPDIR: temporary,
    });
    expect(run.code).toBe(0);
    // Node's own cache of compiled code is there after any command.
    const left = (await readdir(temporary)).filter((name) => name !== 'node-compile-cache');
    expect(left).toEqual([]);
  });

  it('is a page that a person can read', async () => {
    const run = await scene.run(['compare', 'traffic.jsonl', ...models, '--dry-run', '--limit=4']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    for (const line of [
      'Dry run: nothing was sent, and nothing was stored.',
      '4 of 60 captures selected: limit 4',
      '8 calls for 4 captures',
      /^calls +4 +4$/m,
      /^input tokens +\d+ +≈ \d+$/m,
      /^cost, expected +≈ \$[\d.]+ +≈ \$[\d.]+$/m,
      /acme\/gpt-4o: \$2\.00 in, \$10\.00 out per million tokens \(understudy\.config\.json, \d{4}/,
      'Duration: about',
      'acme/llama has its own tokenizer',
      'candidate: ACME_API_KEY is not set; a replay needs it.',
      /removed user: .*every call/,
    ]) {
      expect(run.stdout).toMatch(line);
    }
    expect(connections).toBe(0);
  });

  it.each<readonly [readonly string[], string]>([
    [['nothing.jsonl'], 'There is no file nothing.jsonl'],
    [[], 'There is no store at understudy.db'],
    [['traffic.jsonl', '--db', 'nowhere/store.db'], 'nowhere/store.db cannot be created'],
    [['traffic.jsonl', '--db', '.'], '. is a directory'],
    [['traffic.jsonl', '--db', 'traffic.jsonl'], 'traffic.jsonl is not a SQLite database'],
    [['traffic.jsonl', '--endpoint', 'x'], 'No capture has the endpoint "x"'],
  ])('finds the mistakes of %j as the replay does', async (argv, sentence) => {
    const before = await scene.snapshot();
    const run = await scene.run(['replay', ...argv, ...models, '--dry-run']);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/^understudy: [^\n]+\n$/);
    expect(run.stderr).toContain(sentence);
    expect(await scene.snapshot()).toEqual(before);
  });
});
