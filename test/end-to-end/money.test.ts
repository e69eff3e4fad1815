import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { spendSchema } from '../helpers/spend-schema.ts';
import { startManualEndpoint } from '../helpers/manual-endpoint.ts';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal, type TerminalProgram } from '../helpers/terminal.ts';
import { writeTickets } from '../helpers/tickets.ts';

const tickets = 12;

let scene: Scene;
let calls: () => number;

/** A provider on loopback with its own prices, so that its calls cost money. */
const models = ['--baseline=shop/incumbent', '--candidate=shop/newcomer'];

const configure = async (perMonth: number | null): Promise<void> => {
  const { endpoint } = await scene.serve();
  calls = () => endpoint.calls().length;
  await writeConfiguration(endpoint.url, perMonth);
};

const writeConfiguration = async (url: string, perMonth: number | null): Promise<void> => {
  await writeFile(
    scene.path('understudy.config.json'),
    JSON.stringify({
      providers: {
        shop: {
          baseUrl: url,
          prices: {
            incumbent: { input: 30, output: 60 },
            newcomer: { input: 0.5, output: 1.5 },
          },
        },
      },
      ...(perMonth === null ? {} : { budget: { perMonth } }),
    }),
  );
};

const spent = async (...flags: readonly string[]) => {
  const { code, stdout, stderr } = await scene.run(['spend', '--json', ...flags]);
  expect([code, stderr]).toEqual([0, '']);
  return spendSchema.strict().parse(JSON.parse(stdout));
};

const inTerminal = (argv: readonly string[]): TerminalProgram => {
  const running = startInTerminal(node, [program, ...argv], { cwd: scene.directory });
  onTestFinished(() => running.kill());
  return running;
};

beforeEach(async () => {
  scene = await openScene();
  await writeTickets(scene.path('tickets.jsonl'), tickets);
});

afterEach(() => scene.close());

describe('a run that costs money', () => {
  it('does not start without a terminal unless a budget is given', async () => {
    await configure(null);
    const refused = await scene.run(['replay', 'tickets.jsonl', ...models]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /^understudy: Calls to shop\/incumbent cost money.*--budget none/,
    );
    expect(calls()).toBe(0);
    const meant = await scene.run(['replay', 'tickets.jsonl', ...models, '--budget', 'none']);
    expect(meant.code).toBe(0);
    expect(calls()).toBe(2 * tickets);
  });

  it('asks on a terminal, again after rubbish, and keeps to the answer', async () => {
    await configure(null);
    const running = inTerminal(['replay', 'tickets.jsonl', ...models]);
    await running.until(/shop\/incumbent: 12 calls; input at most about \$0\.\d+, output \$60\.00/);
    await running.until('How much may this run spend? USD, or none:');
    expect(calls()).toBe(0);
    running.type('plenty\r');
    await running.until('An amount in USD above 0, such as 5 or 0.50, or none');
    expect(calls()).toBe(0);
    running.type('0.001\r');
    expect((await running.exit).code).toBe(0);
    expect(running.raw()).toContain('No call fits into the budget of $0.001.');
    expect(calls()).toBe(0);
    const again = inTerminal(['replay', ...models]);
    await again.until('How much may this run spend?');
    again.type('none\r');
    expect((await again.exit).code).toBe(0);
    expect(calls()).toBe(2 * tickets);
    // Nothing is left to pay for, so there is nothing to ask.
    const done = inTerminal(['replay', ...models]);
    expect((await done.exit).code).toBe(0);
    expect(done.raw()).not.toContain('How much');
  });

  it('asks before the screen of the review opens', async () => {
    await configure(null);
    const running = inTerminal(['compare', 'tickets.jsonl', ...models]);
    await running.until('How much may this run spend? USD, or none:');
    expect(running.buffer()).toBe('normal');
    running.type('5\r');
    await running.until('· 0 judged');
    await running.until((text) => calls() === 2 * tickets && !text.includes('replaying'));
    running.type('q');
    expect((await running.exit).code).toBe(0);
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('is not begun after %s, and what was imported is kept', async (_, key) => {
    await configure(null);
    const running = inTerminal(['replay', 'tickets.jsonl', ...models]);
    await running.until('How much may this run spend?');
    running.type(key);
    expect((await running.exit).code).toBe(130);
    expect(running.raw()).toContain('Nothing was sent; the imported captures are kept.');
    expect(calls()).toBe(0);
    expect((await scene.summary()).counts).toMatchObject({ imported: tickets, notSent: tickets });
  });

  it('without a price is confirmed, or not begun', async () => {
    const elsewhere = ['--baseline=http://127.0.0.1:9/v1#m', '--candidate=http://h.invalid/v1#m'];
    const running = inTerminal(['replay', 'tickets.jsonl', ...elsewhere]);
    await running.until(
      'The price of http://h.invalid/v1#m is not known, so no budget can be enforced.',
    );
    running.type('perhaps\r');
    await running.until('\nyes or no:');
    running.type('no\r');
    expect((await running.exit).code).toBe(130);
  });

  it('on this machine without a price costs nothing and is not asked about', async () => {
    const { endpoint, models: local } = await scene.serve();
    const run = await scene.run(['replay', 'tickets.jsonl', ...local]);
    expect(run.code).toBe(0);
    expect(endpoint.calls()).toHaveLength(2 * tickets);
    expect((await spent()).total).toMatchObject({ calls: 2 * tickets, usd: 0, unknownCalls: 0 });
  });
});

describe("a month's budget", () => {
  it('is kept by two runs at the same time, and is free again when one was killed', async () => {
    const endpoint = await startManualEndpoint();
    onTestFinished(() => endpoint.close());
    await writeConfiguration(endpoint.url, 200);
    await writeTickets(scene.path('first.jsonl'), 1);
    const replay = (...flags: readonly string[]): readonly string[] => [
      'replay',
      ...flags,
      ...models,
      '--budget',
      'none',
    ];
    const first = scene.start(replay('first.jsonl', '--name', 'first'));
    await endpoint.next('incumbent', '');
    const second = await scene.run(replay('tickets.jsonl', '--name', 'second'));
    expect(second.stderr).toContain(
      'At most $0 may be spent: the rest of the $200.00 of this month, besides $200.00 reserved by other runs.',
    );
    expect(second.stdout).toContain(
      "The month's budget is reached. Other runs may spend the rest:",
    );
    first.child.kill('SIGKILL');
    await first.ended;
    const third = scene.start(replay('--name', 'second'));
    (await endpoint.next('incumbent', '')).finish();
    third.child.kill('SIGKILL');
    const { stderr } = await third.ended;
    expect(stderr).toMatch(
      /At most \$\d+\.\d\d may be spent: the rest of the \$200\.00 of this month\.\n/,
    );
  });

  it('applies to all runs, stops the second one, and continues with a larger one', async () => {
    const { endpoint } = await scene.serve();
    calls = () => endpoint.calls().length;
    const replay = (...flags: readonly string[]) =>
      scene.run(['replay', ...flags, ...models, '--concurrency', '2']);
    const limit = 1.05;
    await writeConfiguration(endpoint.url, limit);
    await writeTickets(scene.path('first.jsonl'), 2);
    const first = await replay('first.jsonl', '--name', 'first', '--budget', 'none');
    expect(first.code).toBe(0);
    const afterFirst = await spent();
    expect(afterFirst.budget).toMatchObject({ perMonth: limit });
    expect(afterFirst.total.usd).toBeGreaterThan(0);

    const second = await replay('tickets.jsonl', '--name', 'second', '--budget', '100');
    expect(second.stderr).toMatch(/At most \$1\.0\d may be spent: the rest of the \$1\.05 of/);
    expect(second.stdout).toContain("The month's budget is reached. Raise budget.perMonth");
    const afterSecond = await spent();
    expect(afterSecond.budget?.spentAtMost).toBeLessThanOrEqual(limit);
    expect(afterSecond.budget?.remaining).toBeCloseTo(
      limit - (afterSecond.budget?.spentAtMost ?? 0),
      9,
    );
    const { counts, notSentReasons } = await scene.summary();
    expect(counts.notSent).toBeGreaterThan(0);
    expect(notSentReasons.every(({ candidate }) => candidate === 'budget reached')).toBe(true);
    const callsBefore = calls();

    // The run's own budget is the smaller one now.
    await writeConfiguration(endpoint.url, 1000);
    const third = await replay('--name', 'second', '--budget', '0.001');
    expect(third.stdout).toContain(
      'No call fits into the budget of $0.001. Run the same command again with a larger --budget;',
    );
    expect(calls()).toBe(callsBefore);
    const fourth = await replay('--name', 'second', '--budget', 'none');
    expect(fourth.code).toBe(0);
    expect((await scene.summary()).counts).toMatchObject({ answered: tickets, notSent: 0 });
    expect(calls()).toBe(2 * tickets + 2 * 2);
  });
});

describe('understudy spend', () => {
  it('equals the sum of the summaries in every grouping', async () => {
    await configure(50);
    await scene.run(['replay', 'tickets.jsonl', ...models, '--budget', 'none', '--name', 'one']);
    const { cost } = await scene.summary();
    const sum = (cost.baseline ?? 0) + (cost.candidate ?? 0);
    expect(sum).toBeGreaterThan(0);
    const whole = await spent();
    const month = whole.at.slice(0, 7);
    expect(whole.total).toMatchObject({ calls: 2 * tickets, unknownCalls: 0 });
    expect(whole.total.usd).toBeCloseTo(sum, 12);
    expect(
      whole.rows.map(({ model, provider, comparison }) => [model, provider, comparison]),
    ).toEqual([
      ['shop/incumbent', 'shop', 'one'],
      ['shop/newcomer', 'shop', 'one'],
    ]);
    for (const by of ['month', 'provider', 'model', 'comparison'] as const) {
      const { rows, total } = await spent('--by', by);
      expect(rows).toHaveLength(by === 'model' ? 2 : 1);
      expect(rows.reduce((usd, row) => usd + (row.usd ?? 0), 0)).toBeCloseTo(sum, 12);
      expect(total.usd).toBeCloseTo(sum, 12);
    }
    expect((await spent('--since', '2999-01')).total.calls).toBe(0);
    const { stdout } = await scene.run(['spend', '--by', 'model']);
    expect(stdout).toMatch(
      /^model +calls +tokens in +cached +tokens out +USD\nshop\/incumbent +12 /,
    );
    expect(stdout).toMatch(/\ntotal +24 /);
    expect(stdout).toContain(`Budget of ${month}: $50.00, at most `);
    expect(stdout).toContain('prices of understudy.config.json, then genai-prices');
  });

  it('has nothing of a recording and of the demo', async () => {
    await scene.run(['demo', '--db', 'understudy.db']);
    const { total, simulatedCalls, rows } = await spent();
    expect(rows).toEqual([]);
    expect(total).toMatchObject({ calls: 0, usd: null });
    expect(simulatedCalls).toBeGreaterThan(100);
    const { stdout } = await scene.run(['spend']);
    expect(stdout).toMatch(
      /calls of the demo are simulated: they cost nothing\.\nNothing was paid/,
    );
  }, 60_000);
});
