import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { spendSchema } from '../helpers/spend-schema.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { ticketText, writeTickets } from '../helpers/tickets.ts';

const tickets = 60;
const concurrency = 4;
/** Of each call; no request is shorter, and none asks for more. */
const tokens = { input: 200, output: 100 };
/** USD per million tokens. */
const prices = {
  incumbent: { input: 30, output: 60 },
  newcomer: { input: 10, output: 20 },
};

let scene: Scene;
let ids: readonly string[];

beforeEach(async () => {
  scene = await openScene();
  await writeRequests(tickets);
});

afterEach(() => scene.close());

/** Tickets that say how long an answer may be, so that a budget knows what a call costs at most. */
const writeRequests = async (count: number): Promise<void> => {
  const file = scene.path('tickets.jsonl');
  ids = await writeTickets(file, count);
  const lines = await readFile(file, 'utf8');
  const limit = `"max_tokens":${tokens.output},"temperature"`;
  await writeFile(file, lines.replaceAll('"temperature"', limit));
};

/**
 * A provider that counts the calls of each side and writes bills. It answers nobody until more calls
 * are open than one run has in flight: from then on two runs are at work.
 */
const startProvider = async () => {
  const calls = new Map<string, number>();
  const open = Promise.withResolvers<void>();
  let inFlight = 0;
  let total = 0;
  let billed = 0;
  let heldFrom = Number.POSITIVE_INFINITY;
  let held = Promise.withResolvers<void>();
  const watchers = new Set<() => void>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readText(request);
    if (request.method !== 'POST') {
      response.end('{"object":"list","data":[]}');
      return;
    }
    const { model } = JSON.parse(body) as { readonly model: keyof typeof prices };
    const id = ids.find((one) => body.includes(ticketText(one))) ?? '?';
    const side = `${id} ${model}`;
    calls.set(side, (calls.get(side) ?? 0) + 1);
    total++;
    inFlight++;
    if (inFlight > concurrency) open.resolve();
    for (const watcher of watchers) watcher();
    response.once('close', () => inFlight--);
    await open.promise;
    if (total >= heldFrom) await held.promise;
    if (response.destroyed) return;
    const { input, output } = tokens;
    billed += (input * prices[model].input + output * prices[model].output) / 1e6;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        id: `${side} ${total}`,
        object: 'chat.completion',
        model,
        choices: [
          { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: model } },
        ],
        usage: {
          prompt_tokens: input,
          completion_tokens: output,
          total_tokens: input + output,
        },
      }),
    );
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await writeFile(
    scene.path('understudy.config.json'),
    JSON.stringify({
      providers: {
        shop: {
          baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
          prices,
        },
      },
    }),
  );
  return {
    calls: () => [...calls].sort(([a], [b]) => (a < b ? -1 : 1)),
    total: () => total,
    billed: () => billed,
    /** Answers all that comes, whether or not a second run is there. */
    answer: () => open.resolve(),
    /** From the call of this number on nobody is answered until `release`. */
    hold: (from: number) => {
      heldFrom = from;
      held = Promise.withResolvers();
    },
    release: () => {
      heldFrom = Number.POSITIVE_INFINITY;
      held.resolve();
    },
    reached: (number: number): Promise<void> =>
      new Promise((resolve) => {
        const watcher = (): void => {
          if (total >= number) resolve();
        };
        watchers.add(watcher);
        watcher();
      }),
  };
};

const replay = (budget: string) => [
  'replay',
  'tickets.jsonl',
  '--baseline=shop/incumbent',
  '--candidate=shop/newcomer',
  `--concurrency=${concurrency}`,
  `--budget=${budget}`,
];

const everySideOnce = () =>
  ids
    .flatMap((id) => [`${id} incumbent`, `${id} newcomer`])
    .sort()
    .map((side) => [side, 1]);

const pairCost =
  (tokens.input * (prices.incumbent.input + prices.newcomer.input) +
    tokens.output * (prices.incumbent.output + prices.newcomer.output)) /
  1e6;

const spent = async (): Promise<number> => {
  const { stdout } = await scene.run(['spend', '--json']);
  return spendSchema.strict().parse(JSON.parse(stdout)).total.usd ?? 0;
};

const leftInStore = () =>
  scene.rows('select (select count(*) from claim) + (select count(*) from claimant) as n');

/** Starts two runs of which the second finds the comparison. */
const startTwo = async (
  provider: Awaited<ReturnType<typeof startProvider>>,
  argv: readonly string[],
) => {
  const first = scene.start(argv);
  await provider.reached(1);
  return { first, second: scene.start(argv) };
};

describe('two runs of one comparison', () => {
  it('share the work: each side is called once, and the ledger matches the bill', async () => {
    const provider = await startProvider();
    const { first, second } = await startTwo(provider, replay('none'));
    const ends = [await first.ended, await second.ended];
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(provider.calls()).toEqual(everySideOnce());
    expect(await spent()).toBeCloseTo(provider.billed(), 9);
    expect(await spent()).toBeCloseTo(tickets * pairCost, 9);
    const elsewhere = ends.map(({ stdout }) => {
      expect(stdout).toContain('60 pairs = 60 answered + 0 failed + 0 not sent');
      return Number(/Another run gave (\d+) answers?/.exec(stdout)?.[1]);
    });
    expect((elsewhere[0] ?? 0) + (elsewhere[1] ?? 0)).toBe(2 * tickets);
    for (const { stderr } of ends) expect(stderr).toMatch(/replayed 60 of 60 pairs · \$/);
    expect((await scene.summary()).counts).toMatchObject({ answered: 60, different: 60 });
    expect(leftInStore()).toEqual([{ n: 0 }]);
  });

  it('spend no more than their budgets', async () => {
    const provider = await startProvider();
    const budget = 0.3 * tickets * pairCost;
    const { first, second } = await startTwo(provider, replay(String(budget)));
    const ends = [await first.ended, await second.ended];
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    for (const { stdout } of ends) expect(stdout).toContain('The budget is reached.');
    expect(provider.billed()).toBeLessThanOrEqual(2 * budget);
    expect(await spent()).toBeCloseTo(provider.billed(), 9);
    expect(new Set(provider.calls().map(([, number]) => number))).toEqual(new Set([1]));
    const on = await scene.run(replay('none'));
    expect(on.stdout).toContain('60 pairs = 60 answered + 0 failed + 0 not sent');
    expect(provider.calls()).toEqual(everySideOnce());
  });

  it('spend no more than the pairs cost if both budgets nearly cover all', async () => {
    const provider = await startProvider();
    const { first, second } = await startTwo(provider, replay(String(0.95 * tickets * pairCost)));
    const ends = [await first.ended, await second.ended];
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(provider.calls()).toEqual(everySideOnce());
    expect(provider.billed()).toBeCloseTo(tickets * pairCost, 9);
    expect(await spent()).toBeCloseTo(provider.billed(), 9);
    expect((await scene.summary()).counts).toMatchObject({ answered: 60, notSent: 0 });
  });

  it('with one killed: the other answers everything', async () => {
    const provider = await startProvider();
    const { first, second } = await startTwo(provider, replay('none'));
    provider.hold(40);
    await provider.reached(40);
    first.child.kill('SIGKILL');
    expect((await first.ended).code).toBeNull();
    provider.release();
    const { code, stdout } = await second.ended;
    expect([code, stdout.split(';')[0]]).toEqual([
      0,
      '60 pairs = 60 answered + 0 failed + 0 not sent',
    ]);
    expect(provider.calls().map(([side]) => side)).toEqual(everySideOnce().map(([side]) => side));
    // What the killed run had in flight had to be sent again, and nothing else.
    expect(provider.total() - 2 * tickets).toBeLessThanOrEqual(concurrency);
    expect(scene.rows('select count(*) as n from outcome')).toEqual([{ n: tickets }]);
    expect(leftInStore()).toEqual([{ n: 0 }]);
  });

  it('end at once by Ctrl-C, also while one waits for the other', async () => {
    await writeRequests(1);
    const provider = await startProvider();
    const { first, second } = await startTwo(provider, replay('none'));
    const isThere = () => scene.rows('select count(*) as n from claimant')[0]?.['n'] === 2;
    while (!isThere()) await setTimeout(20);
    second.child.kill('SIGINT');
    const stopped = await second.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stdout).toContain('Interrupted; everything is kept.');
    provider.answer();
    expect((await first.ended).code).toBe(0);
    expect(provider.calls()).toEqual(everySideOnce());
  });
});
