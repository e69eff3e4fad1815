import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FaultRequest } from '../../source/demo/faults.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { mark } from '../helpers/review.ts';
import { startInTerminal } from '../helpers/terminal.ts';
import { ticketText, writeTickets } from '../helpers/tickets.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const concurrency = 4;

/** A server that counts the calls of each side of each capture, and tells when so many have come. */
const countingServer = async (ids: readonly string[]) => {
  const calls = new Map<string, number>();
  let total = 0;
  let waiting: { readonly from: number; readonly resolve: () => void } | null = null;
  const { endpoint, models } = await scene.serve((request: FaultRequest) => {
    const id = ids.find((one) => request.prompt === ticketText(one)) ?? '?';
    const side = request.model === 'incumbent' ? 'baseline' : 'candidate';
    const key = `${id} ${side}`;
    calls.set(key, (calls.get(key) ?? 0) + 1);
    total += 1;
    if (waiting !== null && total >= waiting.from) waiting.resolve();
    // Slow enough that some are in flight and some are not when the program is killed.
    return { kind: 'slow', delayMs: total % 7 };
  });
  return {
    endpoint,
    argv: ['tickets.jsonl', ...models, '--concurrency', String(concurrency)],
    calls: () => new Map(calls),
    total: () => total,
    reached: (from: number): Promise<void> =>
      new Promise((resolve) => {
        waiting = { from, resolve };
        if (total >= from) resolve();
      }),
  };
};

const storedSides = (): readonly string[] =>
  scene
    .rows('select capture_id, side from response')
    .map(({ capture_id: id, side }) => `${String(id)} ${String(side)}`);

describe('a replay that is killed', () => {
  it('continues without losing or repeating anything, at any time of the kills', async () => {
    const ids = await writeTickets(scene.path('tickets.jsonl'), 60);
    const server = await countingServer(ids);
    const kills = 4;
    const moments: string[] = [];
    /** Calls by side at the first kill after which its answer was stored. */
    const settled = new Map<string, number>();
    for (let kill = 0; kill < kills; kill += 1) {
      const { child, ended } = scene.start(['replay', ...server.argv]);
      const from = server.total() + 1 + Math.floor(Math.random() * 16);
      await Promise.race([server.reached(from), ended]);
      child.kill('SIGKILL');
      const { code } = await ended;
      const stored = storedSides();
      moments.push(`call ${from}, ${stored.length} stored`);
      // It was killed, and did not end by itself.
      expect(code).toBeNull();
      const calls = server.calls();
      for (const side of stored) {
        if (!settled.has(side)) settled.set(side, calls.get(side) ?? 0);
      }
    }
    const { code, stdout } = await scene.run(['replay', ...server.argv]);
    const where = `killed at ${moments.join('; ')}`;
    expect([where, code]).toEqual([where, 0]);
    expect(stdout).toContain('60 pairs = 60 answered + 0 failed + 0 not sent');

    const calls = server.calls();
    const everySide = ids.flatMap((id) => [`${id} baseline`, `${id} candidate`]).sort();
    expect([where, ...[...storedSides()].sort()]).toEqual([where, ...everySide]);
    expect([where, ...[...calls.keys()].sort()]).toEqual([where, ...everySide]);
    expect({ where, stored: settled.size > 0 }).toEqual({ where, stored: true });
    for (const [side, before] of settled) expect([side, calls.get(side)]).toEqual([side, before]);
    // What was in flight at a kill had to be asked for again, and nothing else.
    const again = server.total() - everySide.length;
    expect({ where, again, few: again <= kills * concurrency }).toEqual({
      where,
      again,
      few: true,
    });

    expect(scene.rows('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const { counts, failures, notSentReasons } = await scene.summary();
    expect(counts).toMatchObject({
      imported: 60,
      replayable: 60,
      notReplayable: 0,
      answered: 60,
      failed: 0,
      notSent: 0,
      judged: 0,
    });
    expect(counts.identical + counts.equivalent + counts.different).toBe(60);
    expect([failures, notSentReasons]).toEqual([[], []]);
    expect(scene.rows('select count(*) as n from outcome')).toEqual([{ n: 60 }]);
  });

  it('asks for nothing again when it was through', async () => {
    const ids = await writeTickets(scene.path('tickets.jsonl'), 5);
    const server = await countingServer(ids);
    const first = await scene.run(['replay', ...server.argv]);
    const again = await scene.run(['replay', ...server.argv]);
    expect([first.code, again.code, server.total()]).toEqual([0, 0, 10]);
    expect(again.stdout.split('\n')[0]).toBe(first.stdout.split('\n')[0]);
  });
});

describe('a replay that is interrupted', () => {
  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'by %s ends with 130, says how to continue, and continues without a gap',
    async (signal) => {
      const ids = await writeTickets(scene.path('tickets.jsonl'), 20);
      const server = await countingServer(ids);
      const { child, ended } = scene.start(['replay', ...server.argv]);
      await server.reached(10);
      child.kill(signal);
      const stopped = await ended;
      expect(stopped.code).toBe(130);
      expect(stopped.stdout).toMatch(
        /Interrupted; everything is kept\. Run the same command again to continue with the \d+ remaining pairs\./,
      );
      const before = await scene.summary();
      expect(before.counts.answered).toBeLessThan(20);
      expect(before.counts.failed).toBe(0);
      const stored = storedSides();
      const calls = server.calls();

      const on = await scene.run(['replay', ...server.argv]);
      expect(on.code).toBe(0);
      expect((await scene.summary()).counts).toMatchObject({ answered: 20, failed: 0, notSent: 0 });
      for (const side of stored) expect(server.calls().get(side)).toBe(calls.get(side));
      // The calls in flight had their time to end: none is asked for, and paid for, twice.
      expect(server.total()).toBe(40);
    },
  );

  it('waits for the calls in flight, says so, and aborts them at the second signal', async () => {
    const ids = await writeTickets(scene.path('tickets.jsonl'), 20);
    let calls = 0;
    const { models } = await scene.serve(() => {
      calls += 1;
      return calls > 6 ? { kind: 'silence' } : null;
    });
    const argv = ['replay', 'tickets.jsonl', ...models, '--concurrency', String(concurrency)];
    const terminal = startInTerminal(node, [program, ...argv], { cwd: scene.directory });
    await vi.waitUntil(() => calls === 6 + concurrency, { timeout: 60_000 });
    terminal.type('\u0003');
    await terminal.until(
      /Nothing more is sent\. Waiting for 4 calls in flight, whose answers are paid for; Ctrl-C\s+again aborts them\./,
    );
    terminal.type('\u0003');
    const { code } = await terminal.exit;
    expect(code).toBe(130);
    await terminal.until('Interrupted; everything is kept.');
    expect([calls, storedSides().length]).toEqual([6 + concurrency, 6]);
    const { counts } = await scene.summary();
    expect([counts.replayable, counts.failed]).toEqual([ids.length, 0]);
  });

  it('by Ctrl-C in a terminal shows its progress to the end and restores the terminal', async () => {
    const ids = await writeTickets(scene.path('tickets.jsonl'), 20);
    const server = await countingServer(ids);
    const terminal = startInTerminal(node, [program, 'replay', ...server.argv], {
      cwd: scene.directory,
    });
    await server.reached(10);
    await terminal.until(/of 20/);
    terminal.type('\u0003');
    const { code } = await terminal.exit;
    const shown = await terminal.until('Interrupted; everything is kept.');
    expect([code, terminal.buffer(), terminal.cursorHidden()]).toEqual([130, 'normal', false]);
    expect(shown).toMatch(/\d+ of 20/);
    const on = await scene.run(['replay', ...server.argv]);
    expect(on.stdout).toContain('20 pairs = 20 answered + 0 failed + 0 not sent');
    expect(server.total()).toBe(40);
  });
});

describe('a review that is killed', () => {
  const open = () =>
    startInTerminal(node, [program, 'review', '--reviewer', 'ann'], { cwd: scene.directory });

  const current = () =>
    scene.rows('select capture_id, verdict, reviewer from current_verdict order by event_id');

  it('right after a verdict has kept it, and undo takes it back after the restart', async () => {
    const ids = ['first', 'second', 'third', 'fourth'];
    const pairs = ids.map((id) => ({ id, baseline: `one ${id}`, candidate: `two of ${id}` }));
    await fillStore(scene.path('understudy.db'), pairs);

    const killed = open();
    const shown = (text: string): string => ids.find((id) => text.includes(`· ${id} ·`)) ?? '';
    const first = shown(
      await killed.until((text) => shown(text) !== '' && text.includes('· 0 judged')),
    );
    const next = shown(await mark(killed, 'x', (text) => ![first, ''].includes(shown(text))));
    killed.kill('SIGKILL');
    await killed.exit;
    expect(current()).toEqual([{ capture_id: first, verdict: 'worse', reviewer: 'ann' }]);

    const again = open();
    expect(shown(await again.until(/ of 1$/m))).toBe(next);
    again.type('u');
    expect(shown(await again.until('· 0 judged'))).toBe(first);
    await mark(again, 'b', / of 1$/m);
    again.kill('SIGKILL');
    await again.exit;
    expect(current()).toEqual([{ capture_id: first, verdict: 'better', reviewer: 'ann' }]);
    expect(scene.rows('select kind from verdict_event order by id')).toEqual([
      { kind: 'verdict' },
      { kind: 'undo' },
      { kind: 'verdict' },
    ]);
    expect((await scene.summary()).verdicts).toEqual({
      agree: 0,
      worse: 0,
      better: 1,
      bothBad: 0,
      conflict: 0,
    });
  });
});
