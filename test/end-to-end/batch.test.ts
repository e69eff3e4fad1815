import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  startBatchServer,
  type BatchServer,
  type Interference,
  type Phase,
} from '../helpers/batch-server.ts';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal } from '../helpers/terminal.ts';
import { writeTickets } from '../helpers/tickets.ts';

let scene: Scene;
const servers: BatchServer[] = [];

beforeEach(async () => {
  scene = await openScene();
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await scene.close();
});

const serve = async (
  options: Parameters<typeof startBatchServer>[0] = {},
): Promise<BatchServer> => {
  const server = await startBatchServer(options);
  servers.push(server);
  return server;
};

const modelsAt = (server: BatchServer): readonly string[] => [
  `--baseline=${server.url}#incumbent`,
  `--candidate=${server.url}#newcomer`,
];

const batchOf = (server: BatchServer): readonly string[] => [
  'replay',
  'tickets.jsonl',
  ...modelsAt(server),
  '--batch',
];

describe('replay --batch', () => {
  it('orders, waits, fetches and compares, and says in plain lines how far it is', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 6);
    const server = await serve({ fate: () => ({ slow: 1 }) });
    const { code, stderr, stdout } = await scene.run(batchOf(server));
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('6 pairs = 6 answered + 0 failed + 0 not sent'),
    ]);
    expect(stdout).toMatch(/Next: understudy review/);
    expect(stderr).toMatch(/baseline batch [-0-9a-f]+: uploading 6 requests, 0\.0 MB/);
    expect(stderr).toMatch(/candidate batch_2: in_progress, 0 of 6 done/);
    expect(stderr).toMatch(/candidate batch_2: completed, 6 of 6 done/);
    expect([...server.billed.values()]).toEqual(Array.from({ length: 12 }, () => 1));
    const { counts, latency } = await scene.summary();
    expect(counts).toMatchObject({ answered: 6, failed: 0, notSent: 0 });
    expect(latency.baseline).toMatchObject({ source: 'batch', batchAnswers: 6, total: { n: 0 } });
    const text = await scene.run(['summary']);
    expect(text.stdout).toMatch(
      /Latency leaves out 6 of the baseline's and 6 of the candidate's answers: they\s+came in batches\./,
    );
    const terminal = startInTerminal(node, [program, 'review'], { cwd: scene.directory });
    const head = await terminal.until('batch, not comparable');
    expect(head).toContain('· batch ─');
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
    expect(readdirSync(scene.directory).filter((name) => name.includes('.batch-'))).toEqual([]);

    const again = await scene.run(batchOf(server));
    expect([again.code, server.requests.create]).toEqual([0, 2]);
  });

  it('ends when it has polled for as long as it was to, and goes on another day', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 3);
    const server = await serve({ fate: () => ({ slow: 2 }) });
    const first = await scene.run([...batchOf(server), '--poll-for', '0']);
    expect([first.code, first.stdout]).toEqual([
      0,
      expect.stringMatching(
        /0 answered \+ 0 failed \+ 3 not sent[^]*6 answers are in batches at the provider\. Come back later with the same command\./,
      ),
    ]);
    const { counts, notSentReasons } = await scene.summary();
    expect(counts.notSent).toBe(3);
    const waits = 'in a batch, no answer yet';
    expect(notSentReasons).toEqual([{ baseline: waits, candidate: waits, pairs: 3 }]);

    // What is ordered must not be paid for a second time by calling live.
    const live = await scene.run(batchOf(server).filter((argument) => argument !== '--batch'));
    expect([live.code, live.stderr]).toEqual([
      2,
      expect.stringContaining('with --batch to fetch them'),
    ]);

    const second = await scene.run(batchOf(server));
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('3 answered')]);
    expect([server.requests.create, server.uploads()]).toEqual([2, 2]);
  });

  it('by Ctrl-C in a terminal says that it may come back, and does', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 3);
    const server = await serve({ fate: () => ({ slow: 4 }) });
    const terminal = startInTerminal(node, [program, ...batchOf(server)], { cwd: scene.directory });
    await server.reached('retrieve', 2);
    await terminal.until(/baseline 0 of 3 in 1 batch/);
    terminal.type('\u0003');
    const { code } = await terminal.exit;
    const shown = await terminal.until('Come back later with the same command.');
    expect([code, terminal.cursorHidden()]).toEqual([130, false]);
    expect(shown).toContain('6 answers at the provider go on');
    const { stdout } = await scene.run(batchOf(server));
    expect(stdout).toContain('3 answered');
    expect(server.requests.create).toBe(2);
  });

  it('names the line for which a file was refused, and what else was odd', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 3);
    const server = await serve({
      fate: (number) =>
        number === 1
          ? {
              end: 'failed',
              problems: [{ line: 2, message: 'No \u001b[31mimages\u001b[0m here.' }],
            }
          : { stray: ['{"custom_id":"somebody else"}'] },
    });
    const { stderr, stdout } = await scene.run(batchOf(server));
    expect(stderr).toMatch(
      /baseline: the provider refused the file of 3 requests\n {2}line 2: No /,
    );
    expect(stderr).not.toContain('\u001b[31m');
    expect(stderr).toMatch(/candidate: 3 answered; lines of no request of ours, ignored: 1/);
    expect(stdout).toMatch(/0 answered \+ 1 failed \+ 2 not sent/);
    expect(stdout).toContain('The same command orders them again.');
  });

  it('is refused where a provider has no Batch API, before anything is opened', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 1);
    const environment = { DEEPSEEK_API_KEY: 'a-key' };
    const server = await serve();
    const [baseline = ''] = modelsAt(server);
    const { code, stderr } = await scene.run(
      ['replay', 'tickets.jsonl', baseline, '--candidate=deepseek/deepseek-chat', '--batch'],
      environment,
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(
        'The candidate, deepseek/deepseek-chat, is at a provider that has no Batch API',
      ),
    ]);
    expect(existsSync(scene.path('understudy.db'))).toBe(false);
    for (const [flags, says] of [
      [['--poll-for', '5'], '--poll-for goes with --batch only'],
      [['--batch', '--poll-for', 'soon'], '"soon" is none'],
    ] as const) {
      const wrong = await scene.run(['replay', 'tickets.jsonl', ...modelsAt(server), ...flags]);
      expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining(says)]);
    }
    expect(server.heads).toEqual([]);
  });

  it('keeps to a budget at half the price, as the ledger shows it', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 8);
    const server = await serve();
    const prices = { input: 1, output: 1 };
    await writeFile(
      scene.path('understudy.config.json'),
      JSON.stringify({
        providers: {
          acme: {
            baseUrl: server.url,
            quirks: 'openai',
            batch: true,
            prices: { incumbent: prices, newcomer: prices },
          },
        },
      }),
    );
    const argv = [
      'replay',
      'tickets.jsonl',
      '--baseline=acme/incumbent',
      '--candidate=acme/newcomer',
      '--batch',
    ];
    const { code, stdout } = await scene.run([...argv, '--budget', '0.06']);
    const ordered = server.ordered().map((lines) => lines.length);
    expect([code, stdout]).toEqual([0, expect.stringContaining('The budget is reached.')]);
    expect(ordered[0]).toBeGreaterThan(0);
    expect(ordered[0]).toBeLessThan(8);
    const { cost, notSentReasons, counts } = await scene.summary();
    expect(counts.answered).toBe(ordered[0]);
    expect(cost.baseline).toBeCloseTo((0.5 * 1100 * (ordered[0] ?? 0)) / 1e6, 9);
    expect(notSentReasons).toEqual([
      { baseline: 'budget reached', candidate: 'budget reached', pairs: 8 - (ordered[0] ?? 0) },
    ]);
    const spend = await scene.run(['spend', '--json']);
    const spent = JSON.stringify(JSON.parse(spend.stdout));
    expect(spent).toContain(String((0.5 * 1100 * 2 * (ordered[0] ?? 0)) / 1e6).slice(0, 6));
  });
});

describe('replay --batch that is killed', () => {
  const moments: readonly (readonly [string, Phase, number, Interference])[] = [
    ['while it uploads', 'upload', 1, { kind: 'hang' }],
    ['after the upload, before it knows', 'upload', 2, { kind: 'done_and_hang' }],
    ['before the batch is made', 'create', 1, { kind: 'hang' }],
    ['after the batch is made, before it knows', 'create', 1, { kind: 'done_and_hang' }],
    ['after the other batch is made, before it knows', 'create', 2, { kind: 'done_and_hang' }],
    ['while it polls', 'retrieve', 3, { kind: 'hang' }],
    ['while it fetches', 'content', 1, { kind: 'hang' }],
    ['while it fetches the other side', 'content', 2, { kind: 'hang' }],
  ];

  it.each(moments)(
    '%s goes on without a gap and pays for nothing twice',
    async (_, phase, nth, how) => {
      const ids = await writeTickets(scene.path('tickets.jsonl'), 20);
      let isKilled = false;
      const server = await serve({
        interfere: (at, number) => (!isKilled && at === phase && number === nth ? how : null),
      });
      const { child, ended } = scene.start(batchOf(server));
      await server.reached(phase, nth);
      child.kill('SIGKILL');
      expect((await ended).code).toBeNull();
      isKilled = true;
      const { code, stdout } = await scene.run(batchOf(server));
      expect([code, stdout]).toEqual([
        0,
        expect.stringContaining('20 pairs = 20 answered + 0 failed + 0 not sent'),
      ]);
      expect(server.billed.size).toBe(40);
      expect(new Set(server.billed.values())).toEqual(new Set([1]));
      expect(server.requests.create).toBeLessThanOrEqual(
        how.kind === 'hang' && phase === 'create' ? 3 : 2,
      );
      const stored = scene.rows('select capture_id, side from response order by capture_id, side');
      expect(stored).toHaveLength(40);
      expect(new Set(stored.map((row) => row['capture_id']))).toEqual(new Set(ids));
      expect(scene.rows('select count(*) as n from outcome')).toEqual([{ n: 20 }]);
      expect(scene.rows('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      expect(readdirSync(scene.directory).filter((name) => name.includes('.batch-'))).toEqual([]);
    },
  );

  it('wherever it falls between the answers of a large file', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 999);
    let stopped = false;
    const server = await serve({
      // Enough of the first file to be stored, and then silence.
      interfere: (at, number) =>
        !stopped && at === 'content' && number === 1 ? { kind: 'half', bytes: 300_000 } : null,
    });
    const { child, ended } = scene.start(batchOf(server));
    await server.reached('content', 1);
    const some = async (): Promise<void> => {
      for (;;) {
        const [row] = scene.rows('select count(*) as n from response');
        if (Number(row?.['n']) > 0) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await some();
    child.kill('SIGKILL');
    await ended;
    stopped = true;
    const { code, stdout } = await scene.run(batchOf(server));
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('999 pairs = 999 answered + 0 failed + 0 not sent'),
    ]);
    expect(new Set(server.billed.values())).toEqual(new Set([1]));
    expect(server.billed.size).toBe(1998);
    expect(scene.rows('select count(*) as n from attempt')).toEqual([{ n: 0 }]);
  });
});
