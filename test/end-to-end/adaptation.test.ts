import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ChooseFault, Fault } from '../../source/demo/faults.ts';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal, type TerminalProgram } from '../helpers/terminal.ts';
import { writeTickets } from '../helpers/tickets.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

/** What OpenAI answers to a temperature where the model thinks. */
const refusal: Fault = {
  kind: 'reply',
  status: 400,
  body: {
    error: {
      message:
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
      type: 'invalid_request_error',
      param: 'temperature',
      code: 'unsupported_value',
    },
  },
};

const picky: ChooseFault = ({ body, model }) =>
  model === 'newcomer' && Object.hasOwn(body, 'temperature') ? refusal : null;

/** Tickets, which all have a temperature, before a candidate that takes none. */
const serve = async (tickets: number) => {
  await writeTickets(scene.path('tickets.jsonl'), tickets);
  const { endpoint, models } = await scene.serve(picky);
  return {
    argv: (command: string, ...flags: readonly string[]): readonly string[] => [
      command,
      'tickets.jsonl',
      ...models,
      ...flags,
    ],
    /** Calls to the candidate: all, and those that were refused. */
    calls: () => {
      const all = endpoint.calls().filter(({ model }) => model === 'newcomer');
      return { all: all.length, refused: all.filter(({ status }) => status === 400).length };
    },
    baselineCalls: () => endpoint.calls().filter(({ model }) => model === 'incumbent').length,
  };
};

const inTerminal = (argv: readonly string[]): TerminalProgram => {
  const terminal = startInTerminal(node, [program, ...argv], { cwd: scene.directory });
  onTestFinished(() => terminal.kill());
  return terminal;
};

const candidateAdaptations = (): readonly string[] =>
  scene
    .rows("select adaptations from response where side = 'candidate'")
    .map(({ adaptations }) => String(adaptations));

const reason = 'after a 400: Unsupported value';

describe('a candidate that refuses the temperature', () => {
  it.each([[[]], [['--adapt', 'never']]])(
    'fails where nobody can be asked or nothing may be changed (%j), and says what would help',
    async (flags: readonly string[]) => {
      const { argv, baselineCalls, calls } = await serve(4);
      const { code, stderr, stdout } = await scene.run(argv('replay', ...flags));
      expect(code).toBe(0);
      expect(stdout).toContain('4 pairs = 0 answered + 4 failed + 0 not sent');
      expect(stderr.split('\n').filter((line) => line.startsWith('failed '))).toHaveLength(4);
      expect(stderr).toContain(' · --adapt auto sends it without temperature');
      expect([calls(), baselineCalls()]).toEqual([{ all: 4, refused: 4 }, 4]);
    },
  );

  it('is sent it without, once that has been learnt, and keeps the change and its reason', async () => {
    const { argv, baselineCalls, calls } = await serve(5);
    const flags = ['--adapt', 'auto', '--concurrency', '1'];
    const { code, stdout } = await scene.run(argv('replay', ...flags));
    expect(code).toBe(0);
    expect(stdout).toContain('5 pairs = 5 answered + 0 failed + 0 not sent');
    expect([calls(), baselineCalls()]).toEqual([{ all: 6, refused: 1 }, 5]);
    expect(candidateAdaptations()).toHaveLength(5);
    for (const text of candidateAdaptations()) expect(text).toContain(reason);
    // Remembered: a later run with more captures, which may learn nothing, is not refused.
    await writeTickets(scene.path('tickets.jsonl'), 8);
    const later = await scene.run(argv('replay', '--adapt', 'never'));
    expect(later.stdout).toContain('8 pairs = 8 answered + 0 failed + 0 not sent');
    expect(later.stderr).toContain('temperature removed in 3 of 3 requests');
    expect([calls(), baselineCalls()]).toEqual([{ all: 9, refused: 1 }, 8]);
  });

  it('is changed after a yes on the terminal', async () => {
    const { argv, calls } = await serve(6);
    const terminal = inTerminal(argv('replay', '--concurrency', '2'));
    const shown = await terminal.until('[y/N]');
    expect(shown).toContain('Unsupported value');
    expect(shown).toContain('without temperature, now and later in this comparison? [y/N]');
    expect(shown).not.toContain(' left');
    terminal.type('y\r');
    expect((await terminal.exit).code).toBe(0);
    expect(terminal.text()).toContain('6 pairs = 6 answered + 0 failed + 0 not sent');
    expect(terminal.raw().split('[y/N]')).toHaveLength(2);
    expect(calls().all - calls().refused).toBe(6);
    expect(calls().refused).toBeLessThan(6);
  });

  it('fails after a no on the terminal, which is asked once', async () => {
    const { argv, calls } = await serve(6);
    const terminal = inTerminal(argv('replay', '--concurrency', '2'));
    await terminal.until('[y/N]');
    terminal.type('n\r');
    expect((await terminal.exit).code).toBe(0);
    expect(terminal.text()).toContain('6 pairs = 0 answered + 6 failed + 0 not sent');
    expect(terminal.raw().split('[y/N]')).toHaveLength(2);
    expect(calls()).toEqual({ all: 6, refused: 6 });
  });

  it('can be interrupted while it asks', async () => {
    const { argv } = await serve(2);
    const terminal = inTerminal(argv('replay', '--concurrency', '1'));
    await terminal.until('[y/N]');
    terminal.type('\u0003');
    expect((await terminal.exit).code).toBe(130);
    // Nobody refused the change, so nothing has failed.
    expect((await scene.summary()).counts.failed).toBe(0);
    const next = await scene.run(argv('replay', '--adapt', 'auto'));
    expect(next.stdout).toContain('2 pairs = 2 answered + 0 failed + 0 not sent');
  });

  it('says in the review what r changes, and r changes it for the later ones, too', async () => {
    const { argv, calls } = await serve(1);
    const terminal = inTerminal(argv('compare', '--reviewer', 'ada'));
    await terminal.until('r: retry without temperature');
    expect(calls()).toEqual({ all: 1, refused: 1 });
    terminal.type('r');
    await terminal.until('temperature removed (i)');
    expect(calls()).toEqual({ all: 2, refused: 1 });
    terminal.type('i');
    const details = await terminal.until('after a 400');
    expect(details).toMatch(/removed +temperature 0/);
    terminal.type('\u001b');
    await terminal.until((text) => !text.includes('after a 400'));
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
    await writeTickets(scene.path('tickets.jsonl'), 3);
    const later = await scene.run(argv('replay'));
    expect(later.stdout).toContain('3 pairs = 3 answered');
    expect(calls()).toEqual({ all: 4, refused: 1 });
  });

  it('does so in a review that is continued later', async () => {
    const { argv, calls } = await serve(1);
    await scene.run(argv('replay'));
    const terminal = inTerminal(['review', '--reviewer', 'ada']);
    await terminal.until('r: retry without temperature');
    terminal.type('r');
    await terminal.until('temperature removed (i)');
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
    expect(calls()).toEqual({ all: 2, refused: 1 });
    for (const text of candidateAdaptations()) expect(text).toContain(reason);
  });
});

describe('the notices before the first call', () => {
  it('are also shown in the review, and printed before it', async () => {
    const { models } = await scene.serve();
    const request = { messages: [{ role: 'user', content: 'Hi' }], store: true };
    await writeFile(scene.path('stored.jsonl'), `${JSON.stringify({ id: 'a', request })}\n`);
    const terminal = inTerminal(['compare', 'stored.jsonl', ...models]);
    await terminal.until('2 notes (printed before this screen): changed: ');
    await terminal.until((text) => text.includes('· 0 judged') && !text.includes('replaying'));
    terminal.type('q');
    await terminal.exit;
    expect(
      terminal.raw().match(/changed: .*store removed in 1 of 1 requests?/g)?.length,
    ).toBeGreaterThan(1);
  });
});

describe('the flags', () => {
  it('keep parameters that affect production only on request', async () => {
    const bodies: (readonly string[])[] = [];
    const { models } = await scene.serve(({ body }) => {
      bodies.push(Object.keys(body));
      return null;
    });
    const request = { messages: [{ role: 'user', content: 'Hi' }], store: true, user: 'u1' };
    await writeFile(scene.path('stored.jsonl'), `${JSON.stringify({ id: 'a', request })}\n`);
    await scene.run(['replay', 'stored.jsonl', ...models, '--db', 'one.db']);
    expect(bodies.flat().filter((key) => key === 'store' || key === 'user')).toEqual([]);
    bodies.length = 0;
    await scene.run(['replay', 'stored.jsonl', ...models, '--db', 'two.db', '--keep', 'store']);
    expect(bodies.map((keys) => keys.includes('store'))).toEqual([true, true]);
    expect(bodies.flat()).not.toContain('user');
  });

  it.each([
    [['--adapt', 'maybe'], '--adapt must be ask, auto or never, not "maybe".'],
    [['--keep', 'model'], '--keep cannot name model: a replay sets its own.'],
    [['--keep', 'store,,user'], 'not "".'],
  ])('are refused with a sentence where they are wrong (%j)', async (flags, sentence) => {
    const { argv, calls } = await serve(1);
    const { code, stderr } = await scene.run(argv('replay', ...flags));
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(calls().all).toBe(0);
  });
});
