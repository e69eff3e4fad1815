import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  startBatchServer,
  type BatchServer,
  type Interference,
  type Phase,
} from '../helpers/batch-server.ts';
import { spendSchema } from '../helpers/spend-schema.ts';
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

const priced = [
  'replay',
  'tickets.jsonl',
  '--baseline=acme/incumbent',
  '--candidate=acme/newcomer',
] as const;

const pricedBatch = [...priced, '--batch'] as const;

/** The server as a provider with prices of its own. */
const configure = async (server: BatchServer, perMonth: number | null = null): Promise<void> => {
  const prices = { input: 1, output: 1 };
  const acme = {
    baseUrl: server.url,
    quirks: 'openai',
    batch: true,
    prices: { incumbent: prices, newcomer: prices },
  };
  const budget = perMonth === null ? {} : { budget: { perMonth } };
  await writeFile(
    scene.path('understudy.config.json'),
    JSON.stringify({ providers: { acme }, ...budget }),
  );
};

const spent = async () => {
  const { stdout } = await scene.run(['spend', '--json']);
  return spendSchema.strict().parse(JSON.parse(stdout));
};

/** The candidate takes no other temperature than its own. */
const picky: NonNullable<NonNullable<Parameters<typeof startBatchServer>[0]>['answer']> = ({
  body,
}) =>
  body.model === 'newcomer' && Object.hasOwn(body, 'temperature')
    ? {
        kind: 'error',
        status: 400,
        message: "Unsupported parameter: 'temperature' is not supported with this model.",
        parameter: 'temperature',
      }
    : { kind: 'text', text: 'an answer' };

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
      /Latency leaves out 6 of the baseline's and 6 of the candidate's answers, which\s+came in batches\./,
    );
    const terminal = startInTerminal(node, [program, 'review'], { cwd: scene.directory });
    await terminal.until('batch, not comparable');
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
    expect(readdirSync(scene.directory).filter((name) => name.includes('.batch-'))).toEqual([]);

    const again = await scene.run(batchOf(server));
    expect([again.code, server.requests.create]).toEqual([0, 2]);
  });

  it('ends after its polling time, and continues another day', async () => {
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

    // A live call must not pay for a pending answer again.
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
    expect(shown).toContain('6 answers are still pending at the provider');
    const { stdout } = await scene.run(batchOf(server));
    expect(stdout).toContain('3 answered');
    expect(server.requests.create).toBe(2);
  });

  it('names the line for which a file was refused, and other irregularities', async () => {
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
    expect(stderr).toMatch(/candidate: 3 answered; lines of unknown requests, ignored: 1/);
    expect(stdout).toMatch(/0 answered \+ 1 failed \+ 2 not sent/);
    expect(stdout).toContain('Run the same command to submit them again.');
  });

  it('does not pay again for answers whose file is not there, or is something else', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 3);
    let content: Interference = { kind: 'status', status: 200, message: 'Please sign in.' };
    const server = await serve({ interfere: (phase) => (phase === 'content' ? content : null) });
    const batch = batchOf(server);
    const signIn = await scene.run(batch);
    expect(signIn.code).toBe(2);
    expect(signIn.stdout).toContain(
      '(not_an_answer). The provider sent something else in place of the file of answers. Fix this and run the same command again.',
    );
    content = { kind: 'status', status: 404, message: 'No such file.' };
    const gone = await scene.run(batch);
    expect(gone.code).toBe(2);
    expect(gone.stdout).toContain(
      'The server answered 404: No such file. If it was deleted there, its answers are lost, and a replay under another --name asks for them again.',
    );
    expect(server.requests.create).toBe(2);
    const other = await scene.run([...batch, '--name', 'other', '--poll-for', '0']);
    expect(other.stdout).toContain('6 answers are in batches at the provider.');
    expect(server.requests.create).toBe(4);
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
        'The candidate, deepseek/deepseek-chat, belongs to a provider without a Batch API',
      ),
    ]);
    expect(existsSync(scene.path('understudy.db'))).toBe(false);
    for (const [flags, says] of [
      [['--poll-for', '5'], '--poll-for goes with --batch only'],
      [['--batch', '--poll-for', 'soon'], 'must be a number of minutes from 0 up, not "soon"'],
    ] as const) {
      const wrong = await scene.run(['replay', 'tickets.jsonl', ...modelsAt(server), ...flags]);
      expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining(says)]);
    }
    expect(server.heads).toEqual([]);
  });

  it('keeps to a budget at half the price, as the ledger shows it', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 8);
    const server = await serve();
    await configure(server);
    const { code, stdout } = await scene.run([...pricedBatch, '--budget', '0.06']);
    const ordered = server.ordered().map((lines) => lines.length);
    expect([code, stdout]).toEqual([0, expect.stringContaining('The budget is reached.')]);
    const [pairs = 0] = ordered;
    expect(pairs).toBeGreaterThan(0);
    expect(pairs).toBeLessThan(8);
    const { cost, notSentReasons, counts } = await scene.summary();
    expect(counts.answered).toBe(pairs);
    expect(cost.baseline).toBeCloseTo((0.5 * 1100 * pairs) / 1e6, 9);
    expect(notSentReasons).toEqual([
      { baseline: 'budget reached', candidate: 'budget reached', pairs: 8 - pairs },
    ]);
    const half = (0.5 * 1100 * 2 * pairs) / 1e6;
    const { total } = await spent();
    expect(total).toMatchObject({ calls: 2 * pairs, batchCalls: 2 * pairs });
    expect([total.usd, total.batchUsd]).toEqual([expect.closeTo(half, 9), expect.closeTo(half, 9)]);
    const text = await scene.run(['spend']);
    expect(text.stdout).toContain(
      `${2 * pairs} of the calls were made in batches, at batch prices: $0.0`,
    );
  });

  it('counts pending batches against the month\u2019s budget', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 8);
    const server = await serve({ fate: () => ({ slow: 5 }) });
    await configure(server, 0.2);
    const first = await scene.run([
      ...pricedBatch,
      '--limit',
      '2',
      '--budget',
      '1',
      '--poll-for',
      '0',
    ]);
    expect([first.code, first.stderr]).toEqual([
      0,
      expect.stringContaining('At most $0.20 may be spent: the rest of the $0.20 of this month.'),
    ]);
    expect(server.ordered().map((lines) => lines.length)).toEqual([2, 2]);
    const waiting = await spent();
    const { orderedAtMost = 0 } = waiting.budget ?? {};
    expect(orderedAtMost).toBeGreaterThan(0.001);
    expect(waiting.budget).toMatchObject({
      spentAtMost: 0,
      remaining: expect.closeTo(0.2 - orderedAtMost),
    });
    expect((await scene.run(['spend'])).stdout).toMatch(/\$0\.0\d+ set aside for batches/);

    // Another comparison gets the rest, live or in batches.
    await configure(server, orderedAtMost * 1.2);
    for (const flags of [[], ['--batch', '--poll-for', '0']]) {
      const other = await scene.run([...priced, ...flags, '--name', 'other', '--budget', '1']);
      expect(other.stdout).toContain("The month's budget is reached.");
      expect(other.stdout).toContain('8 pairs = 0 answered');
    }
    // So does the same one: pending batches count once.
    const rest = await scene.run([
      ...pricedBatch,
      '--limit',
      '8',
      '--budget',
      '1',
      '--poll-for',
      '0',
    ]);
    expect(rest.stdout).toContain("The month's budget is reached.");
    expect(server.ordered()).toHaveLength(2);
  });

  it('asks on a terminal how to change refused lines, and submits them again', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 3);
    const server = await serve({ answer: picky });
    const terminal = startInTerminal(node, [program, ...batchOf(server)], { cwd: scene.directory });
    const shown = await terminal.until('[y/N]');
    expect(shown).toContain('without temperature, now and later in this comparison? [y/N]');
    terminal.type('y\r');
    expect((await terminal.exit).code).toBe(0);
    expect(terminal.text()).toContain('3 pairs = 3 answered + 0 failed + 0 not sent');
    expect(terminal.raw().split('[y/N]')).toHaveLength(2);
    expect(server.requests.create).toBe(3);
  });

  it('says without a terminal what --adapt auto would do, and does it with the flag', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 3);
    const server = await serve({ answer: picky });
    const first = await scene.run(batchOf(server));
    expect(first.stdout).toMatch(
      /#newcomer: 3 requests were refused \(.*temperature.*\)\. The same command with --adapt auto submits them without temperature\./,
    );
    expect(first.stdout).toContain('0 answered + 3 failed');
    const second = await scene.run([...batchOf(server), '--adapt', 'auto']);
    expect(second.stdout).toContain('3 pairs = 3 answered + 0 failed + 0 not sent');
    expect(server.requests.create).toBe(3);
    expect(new Set(server.billed.values())).toEqual(new Set([1]));
  });

  it('submits several candidates to several providers, and reports each result', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 3);
    const server = await serve({ fate: () => ({ slow: 1 }) });
    const other = await serve();
    const argv = [...batchOf(server), `--candidate=${other.url}#third`];
    const first = await scene.run([...argv, '--poll-for', '0']);
    expect([first.code, first.stdout]).toEqual([0, expect.stringContaining('Come back later')]);
    const { code, stderr, stdout } = await scene.run(argv);
    expect(code).toBe(0);
    const blocks = stdout.split('\n\n');
    expect(blocks).toHaveLength(3);
    expect(blocks[0]).toContain(`${server.url}#incumbent → ${server.url}#newcomer`);
    expect(blocks[1]).toContain(`${server.url}#incumbent → ${other.url}#third`);
    for (const block of blocks.slice(0, 2)) {
      expect(block).toMatch(/^3 pairs = 3 answered \+ 0 failed \+ 0 not sent$/m);
    }
    expect(blocks[2]).toContain('All 2 together: the answers of this run cost');
    expect(stderr).toContain(`candidate ${other.url}#third batch_1`);
    expect([server.requests.create, other.requests.create]).toEqual([2, 1]);
    const dry = await scene.run([...argv, '--dry-run', '--name', 'new']);
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining('#third')]);
  });

  it('prevents r in the review from paying for an answer in a batch', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 1);
    const server = await serve({
      answer: ({ body }) =>
        body.model === 'newcomer'
          ? { kind: 'error', status: 400, message: 'no' }
          : { kind: 'text', text: 'an answer' },
      fate: (number) => (number === 1 ? { slow: 99 } : {}),
    });
    await scene.run([...batchOf(server), '--poll-for', '0.1']);
    expect(scene.rows('select side, final from attempt')).toEqual([
      { side: 'candidate', final: 1 },
    ]);
    const { url } = server;
    const calls = (): number => server.heads.filter((head) => head.url.includes('chat')).length;
    const terminal = startInTerminal(node, [program, 'review'], { cwd: scene.directory });
    await terminal.until('rejected');
    terminal.type('r');
    await terminal.until('pending in a batch');
    terminal.type('q');
    await terminal.exit;
    expect([calls(), url]).toEqual([0, server.url]);
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

  it.each([
    ['create', 3, { kind: 'done_and_hang' }],
    ['content', 1, { kind: 'hang' }],
    ['content', 3, { kind: 'hang' }],
  ] as const)(
    'with several candidates, at %s %i, orders the baseline once',
    async (phase, nth, how) => {
      await writeTickets(scene.path('tickets.jsonl'), 10);
      let isKilled = false;
      const server = await serve({
        interfere: (at, number) => (!isKilled && at === phase && number === nth ? how : null),
      });
      const argv = [...batchOf(server), `--candidate=${server.url}#third`];
      const { child, ended } = scene.start(argv);
      await server.reached(phase, nth);
      child.kill('SIGKILL');
      await ended;
      isKilled = true;
      const { code, stdout } = await scene.run(argv);
      expect([code, stdout.match(/^10 pairs = 10 answered/gm)]).toEqual([
        0,
        ['10 pairs = 10 answered', '10 pairs = 10 answered'],
      ]);
      expect([server.requests.create, server.billed.size]).toEqual([3, 30]);
      expect(new Set(server.billed.values())).toEqual(new Set([1]));
      expect(
        scene.rows('select reused, count(*) as n from response group by reused order by reused'),
      ).toEqual([
        { reused: 0, n: 30 },
        { reused: 1, n: 10 },
      ]);
      expect((await spent()).total.calls).toBe(30);
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
