import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startProgram } from '../commands/program.ts';
import { modelServer } from '../helpers/model-server.ts';
import { node, program } from '../helpers/program.ts';
import {
  completion,
  rawCall,
  startProxy,
  startUpstream,
  type RunningProxy,
  type Upstream,
} from '../helpers/recording-proxy.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal } from '../helpers/terminal.ts';

/** `UNDERSTUDY_SHADOW_CALLS=10000` makes a long test of it. */
const calls = Number(process.env['UNDERSTUDY_SHADOW_CALLS'] ?? 1000);
const concurrency = 4;

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const json = { 'content-type': 'application/json' };

/** Production behind `record`, and a candidate that counts what it is asked. */
const production = async () => {
  const upstream = await startUpstream((response) => {
    response.writeHead(200, json).end(JSON.stringify(completion('Yes.')));
  });
  onTestFinished(() => upstream.close());
  const proxy = await startProxy(scene.directory, ['--upstream', `${upstream.origin}/v1`]);
  onTestFinished(() => void proxy.child.kill('SIGKILL'));
  let asked = 0;
  const candidate = await modelServer((_, response) => {
    asked += 1;
    const text = asked % 5 === 0 ? 'No.' : 'Yes.';
    setTimeout(() => response.writeHead(200, json).end(JSON.stringify(completion(text))), 3);
  });
  onTestFinished(() => candidate.close());
  const models = ['--baseline', 'recorded', '--candidate', `${candidate.url}#newcomer`];
  return { upstream, proxy, models, asked: () => asked };
};

const ask = (proxy: RunningProxy, question: string) =>
  rawCall(`${proxy.origin}/v1/chat/completions`, {
    headers: json,
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: question }] }),
  });

/** Asks these questions through the proxy, a few at a time. */
const askAll = async (proxy: RunningProxy, questions: readonly string[]): Promise<void> => {
  const left = questions.values();
  const asking = async (): Promise<void> => {
    for (const question of left) expect((await ask(proxy, question)).status).toBe(200);
  };
  await Promise.all([asking(), asking(), asking()]);
};

/** A number from the store while other processes write to it. */
const counted = (query: string): number => {
  const database = new Database(scene.path('understudy.db'), { readonly: true });
  try {
    return Number(database.prepare(query).pluck().get());
  } finally {
    database.close();
  }
};

const answers = "select count(*) from response where side = 'candidate'";

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(20);
};

const questionsOf = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, number) => `${name} ${number}`);

/** Starts `replay --follow`, and waits until it follows. */
const startFollowing = async (argv: readonly string[]) => {
  const { child, ended } = startProgram(scene.directory, [
    'replay',
    '--follow',
    '--concurrency',
    String(concurrency),
    ...argv,
  ]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr?.on('data', (text: string) => (said += text));
  await until(() => said.includes('Following. ') || child.exitCode !== null);
  return { child, ended, said: () => said };
};

const expectUntouched = (upstream: Upstream, count: number): void => {
  expect(upstream.arrived.length).toBe(count);
};

describe('a live shadow', () => {
  it(
    'loses no call and sends none twice, killed and started again while traffic comes',
    async () => {
      const { asked, models, proxy, upstream } = await production();
      const kills = 3;
      const part = Math.floor(calls / (kills + 1));
      let killedAt = '';
      for (let kill = 0; kill < kills; kill += 1) {
        const { child, ended } = await startFollowing(models);
        const before = counted(answers);
        const coming = askAll(proxy, questionsOf(`part ${kill}`, part));
        const some = before + 1 + Math.floor(Math.random() * (part / 2));
        await until(() => counted(answers) >= some);
        child.kill('SIGKILL');
        killedAt += `${some} `;
        expect((await ended).code).toBeNull();
        await coming;
      }
      // These come while there is none.
      await askAll(proxy, questionsOf('last', calls - kills * part));
      const { child, ended } = await startFollowing(models);
      await until(() => counted(answers) >= calls);
      child.kill('SIGTERM');
      const { code, stdout } = await ended;
      expect([killedAt, code]).toEqual([killedAt, 0]);
      const total = calls.toLocaleString('en-US');
      expect(stdout).toContain(`${total} pairs = ${total} answered + 0 failed + 0 not sent`);
      expect(counted('select count(distinct capture_id) from response')).toBe(calls);
      expect(counted(answers)).toBe(calls);
      // What was in flight when it was killed had to be asked for again, and nothing else.
      const again = asked() - calls;
      expect([killedAt, again, again <= kills * concurrency]).toEqual([killedAt, again, true]);
      expectUntouched(upstream, calls);
    },
    120_000 + calls * 60,
  );

  it('prints an event a line, and serves its metrics on this machine', async () => {
    const { models, proxy } = await production();
    const { child, ended, said } = await startFollowing([
      ...models,
      '--json',
      '--metrics-port',
      '0',
      '--name',
      'canary',
    ]);
    await askAll(proxy, questionsOf('metrics', 20));
    await until(() => said().includes('/metrics') && counted(answers) === 20);
    const url = /http:\S+\/metrics/.exec(said())?.[0] ?? '';
    let metrics = '';
    while (!metrics.includes('outcome="different"} 4')) metrics = await (await fetch(url)).text();
    expect(metrics).toContain('understudy_shadow_settled_ratio{candidate="');
    expect(metrics).toMatch(/settled_ratio\{.*\} 0\.8\n/);
    expect(metrics).toMatch(/latency_ratio\{.*\} [\d.]+\n/);
    expect(metrics).toContain('understudy_shadow_paused{reason="budget"} 0\n');
    const elsewhere = await rawCall(url, { method: 'GET', headers: { host: 'shop.example' } });
    expect(elsewhere.status).toBe(404);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.length).toBe(20);
    expect(events[0]).toMatchObject({ event: 'outcome', outcome: 'identical', byRule: false });
    const { rows } = JSON.parse((await scene.run(['spend', '--json'])).stdout) as {
      readonly rows: readonly { readonly comparison: string; readonly calls: number }[];
    };
    expect(rows).toMatchObject([{ comparison: 'canary', calls: 20 }]);
  });

  it('shows new pairs in an open review', async () => {
    const { models, proxy } = await production();
    await askAll(proxy, ['before']);
    const review = startInTerminal(node, [program, 'compare', '--follow', ...models], {
      cwd: scene.directory,
    });
    onTestFinished(() => review.kill());
    await review.until(
      (text) => text.includes('waiting for the first pair') && text.includes('following 0 of 0'),
    );
    // The fifth answer of the candidate is another one.
    await askAll(proxy, questionsOf('shown', 5));
    await review.until((text) => text.includes('following 5 of 5') && text.includes('shown'));
    await review.until('pair 1 of 1 to judge');
    await askAll(proxy, questionsOf('later', 10));
    await review.until('following 15 of 15');
    // The one on the screen stays there.
    expect(await review.until('of 3 to judge')).toContain('shown 4');
  });

  it.each([
    [['traffic.jsonl'], /not from files/],
    [['--limit', '5'], /--limit is for a run that ends/],
    [['--budget', '5'], /--budget-per-day USD/],
  ])('refuses %j', async (argv, reason) => {
    await writeFile(scene.path('traffic.jsonl'), '');
    const models = ['--baseline', 'recorded', '--candidate', 'http://127.0.0.1:9/v1#m'];
    const { code, stderr } = await scene.run(['replay', '--follow', ...models, ...argv]);
    expect([code, reason.test(stderr)]).toEqual([2, true]);
  });

  it('is the only one that spends the daily budget of its comparison, also after kill -9', async () => {
    const { url, close } = await modelServer((_, response) => {
      response.writeHead(200, json).end(JSON.stringify(completion('Yes.')));
    });
    onTestFinished(close);
    const shop = { baseUrl: url, prices: { m: { input: 1, output: 1 } } };
    const configuration = { providers: { shop } };
    await writeFile(scene.path('understudy.config.json'), JSON.stringify(configuration));
    await writeFile(
      scene.path('one.jsonl'),
      '{"request":{"messages":[{"role":"user","content":"a"}]}}',
    );
    expect((await scene.run(['import', 'one.jsonl'])).code).toBe(0);
    const argv = ['--baseline', 'recorded', '--candidate', 'shop/m', '--budget-per-day', '5'];
    const first = await startFollowing(argv);
    const second = await scene.run(['replay', '--follow', ...argv]);
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(`Process ${first.child.pid} on `);
    expect(second.stderr).toContain('two would each spend the budget of the day');
    const other = await startFollowing([...argv, '--name', 'other']);
    expect(other.said()).toContain('Following. ');
    first.child.kill('SIGKILL');
    await first.ended;
    const third = await startFollowing(argv);
    expect(third.said()).toContain('Following. ');
    third.child.kill('SIGTERM');
    expect((await third.ended).code).toBe(0);
  });

  it('does not start without a daily budget where calls cost money', async () => {
    const configuration = {
      providers: {
        shop: { baseUrl: 'http://127.0.0.1:9/v1', prices: { m: { input: 1, output: 1 } } },
      },
    };
    await writeFile(scene.path('understudy.config.json'), JSON.stringify(configuration));
    const models = ['--baseline', 'recorded', '--candidate', 'shop/m'];
    const { code, stderr } = await scene.run(['replay', '--follow', ...models]);
    expect([code, stderr.includes('Pass --budget-per-day USD')]).toEqual([2, true]);
  });
});
