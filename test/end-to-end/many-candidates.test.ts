import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { statusFault } from '../../source/demo/faults.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { writeTickets } from '../helpers/tickets.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

describe('several candidates', () => {
  it('are replayed in one run, each a comparison of its own on one answer of the baseline', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 6);
    const { endpoint, models } = await scene.serve();
    const { endpoint: other } = await scene.serve((request) =>
      request.prompt.includes('t003') ? statusFault(400, 'No.') : null,
    );
    const argv = ['replay', 'tickets.jsonl', ...models, `--candidate=${other.url}#newcomer`];
    const first = await scene.run(argv);
    expect(first.code).toBe(0);
    expect([endpoint.calls().length, other.calls().length]).toEqual([12, 6]);
    const blocks = first.stdout.split('\n\n');
    expect(blocks).toHaveLength(3);
    expect(blocks[0]).toContain(`${endpoint.url}#incumbent → ${endpoint.url}#newcomer`);
    expect(blocks[0]).toMatch(/^6 pairs = 6 answered \+ 0 failed \+ 0 not sent$/m);
    expect(blocks[1]).toContain(`${endpoint.url}#incumbent → ${other.url}#newcomer`);
    expect(blocks[1]).toMatch(/^6 pairs = 5 answered \+ 1 failed \+ 0 not sent$/m);
    expect(blocks[1]).toContain('failed: candidate rejected 1');
    expect(blocks[2]).toBe('All 2 together: this run cost $0\n');
    const ids = [...first.stdout.matchAll(/understudy review (\w+)/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(2);

    // The same again asks only for what failed; a third candidate asks the baseline for nothing.
    expect((await scene.run(argv)).code).toBe(0);
    expect([endpoint.calls().length, other.calls().length]).toEqual([12, 7]);
    const { endpoint: third } = await scene.serve();
    const again = await scene.run([...argv, `--candidate=${third.url}#newcomer`]);
    expect(again.code).toBe(0);
    expect([endpoint.calls().length, third.calls().length]).toEqual([12, 6]);
    expect(
      scene.rows('select reused, count(*) as n from response group by reused order by reused'),
    ).toEqual([
      { reused: 0, n: 6 + 6 + 5 + 6 },
      { reused: 1, n: 12 },
    ]);
  });

  it('share a name, and are distinguished by their models', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 2);
    const { models } = await scene.serve();
    const { endpoint: other } = await scene.serve();
    const argv = [...models, `--candidate=${other.url}#newcomer`, '--name', 'spring'];
    expect((await scene.run(['replay', 'tickets.jsonl', ...argv])).code).toBe(0);
    const { code, stderr } = await scene.run(['summary', 'spring']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/More than one comparison is named "spring"/);
  });

  it('are refused when one is named twice, or is the baseline', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 1);
    const { endpoint, models } = await scene.serve();
    const twice = await scene.run(['replay', 'tickets.jsonl', ...models, `${models[1]}`]);
    expect([twice.code, twice.stdout]).toEqual([2, '']);
    expect(twice.stderr).toMatch(/names the same model twice/);
    const same = [...models, `--candidate=${endpoint.url}#incumbent`];
    const own = await scene.run(['replay', 'tickets.jsonl', ...same]);
    expect([own.code, own.stderr]).toEqual([2, expect.stringMatching(/are the same model/)]);
  });
});

describe('how a run goes about it', () => {
  it('stops an unreachable provider when its patience is used up, and continues later', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 20);
    const { endpoint, models } = await scene.serve();
    const gone = await scene.serve();
    await gone.endpoint.close();
    const dead = `--candidate=${gone.endpoint.url}#newcomer`;
    const argv = ['replay', 'tickets.jsonl', `${models[0]}`, dead];
    const { code, stdout, stderr } = await scene.run([...argv, '--patience', '0']);
    expect(code).toBe(2);
    expect(stdout).toMatch(/The candidate, \S+, was stopped: it kept failing \(connection\)/);
    expect(stderr).toMatch(/^no more calls are sent to the candidate \S+: connection$/m);
    const { counts, notSentReasons } = await scene.summary();
    expect(counts.failed + counts.notSent).toBe(20);
    expect(notSentReasons).toEqual([
      { baseline: null, candidate: 'connection', pairs: counts.notSent },
    ]);
    expect(endpoint.calls()).toHaveLength(20);
  });

  it('reports when a model is paused, probed and resumed', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 12);
    let refusals = 0;
    // Every first try fails, and all of them have come back when the pause is over: an answer to one that
    // was under way would end it without a probe.
    const { models } = await scene.serve((request) =>
      request.model === 'newcomer' && refusals++ < 12
        ? statusFault(500, 'Down.', { 'retry-after-ms': '500' })
        : null,
    );
    const { code, stdout, stderr } = await scene.run(['replay', 'tickets.jsonl', ...models]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^the candidate \S+ is paused \(server_error\)/m);
    expect(stderr).toMatch(/^the candidate \S+ is probed with one call$/m);
    expect(stderr).toMatch(/^the candidate \S+ answers again$/m);
    expect(stdout).toMatch(/^12 pairs = 1[0-2] answered \+ [0-2] failed \+ 0 not sent/m);
  });

  it('refuses flags that say nothing, in one sentence', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 1);
    const { models } = await scene.serve();
    const wrong: readonly (readonly [string, string, RegExp])[] = [
      ['--samples', '0', /--samples must be a whole number/],
      ['--samples', '1.5', /--samples must be a whole number/],
      ['--speed', 'fast', /--speed must be max, or a multiple/],
      ['--speed', '0x', /--speed must be max, or a multiple/],
      ['--patience', 'long', /--patience must be a time such as 30s/],
    ];
    for (const [flag, value, message] of wrong) {
      const { code, stderr } = await scene.run(['replay', 'tickets.jsonl', ...models, flag, value]);
      expect([flag, value, code]).toEqual([flag, value, 2]);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^understudy: [^\n]+\n$/);
    }
  });

  it('asks for repeated answers, and for the missing ones only', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 3);
    const { endpoint, models } = await scene.serve();
    const argv = ['replay', 'tickets.jsonl', ...models];
    await scene.run(argv);
    const { code, stdout } = await scene.run([...argv, '--samples', '3']);
    expect([code, stdout.split(';')[0]]).toEqual([
      0,
      '3 pairs = 3 answered + 0 failed + 0 not sent',
    ]);
    expect(endpoint.calls()).toHaveLength(18);
    expect(
      scene.rows('select sample, count(*) as n from response group by sample order by sample'),
    ).toEqual([
      { sample: 0, n: 6 },
      { sample: 1, n: 6 },
      { sample: 2, n: 6 },
    ]);
  });
});
