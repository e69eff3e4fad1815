import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seeded } from '../benchmark/texts.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { readDiskLog, straceFlags, type DiskLog, type Unsynced } from '../helpers/power-cuts.ts';
import { node, program } from '../helpers/program.ts';
import { isPairShown, mark } from '../helpers/review.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { startInTerminal, type TerminalProgram } from '../helpers/terminal.ts';
import { writeTickets } from '../helpers/tickets.ts';

// .ci/run installs strace and sets UNDERSTUDY_STRACE, so that these tests are not skipped there.
const strace = process.env['UNDERSTUDY_STRACE'] ?? 'strace';
const isMissing =
  spawnSync(strace, ['-f', '-o', '/dev/null', 'true']).status !== 0 &&
  process.env['UNDERSTUDY_STRACE'] === undefined;

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

/** Keeps the store as it is before the program starts, in a folder beside it. */
const keepStore = (): void => {
  mkdirSync(scene.path('before'));
  cpSync(scene.path('understudy.db'), scene.path('before/understudy.db'));
};

const diskLog = (): DiskLog =>
  readDiskLog(scene.path('log'), scene.path('understudy.db'), scene.path('before'));

/** Runs work on the store as a power failure may leave it; checks that it is whole. */
const afterPowerFailure = <T>(
  log: DiskLog,
  cut: number,
  rest: Unsynced,
  work: (database: Database.Database) => T,
): T => {
  const folder = mkdtempSync(scene.path('state-'));
  try {
    log.writeState(cut, rest, folder);
    const database = new Database(join(folder, 'understudy.db'));
    try {
      database.pragma('synchronous = off');
      expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      expect(database.pragma('foreign_key_check')).toEqual([]);
      return work(database);
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** The program itself opens such a store. */
const expectSummary = async (log: DiskLog, cut: number, rest: Unsynced): Promise<void> => {
  const folder = mkdtempSync(scene.path('state-'));
  log.writeState(cut, rest, folder);
  const { code, stderr } = await scene.run(['summary', '--db', join(folder, 'understudy.db')]);
  expect([code, stderr]).toEqual([0, '']);
};

const ids = Array.from({ length: 24 }, (_, index) => `pair-${String.fromCharCode(97 + index)}x`);

const shownPair = (text: string): string => ids.find((id) => text.includes(`· ${id} ·`)) ?? '';

/** Judges pairs until `isEnough`; resolves to those whose successor was on the screen, each with that. */
const judge = async (
  terminal: TerminalProgram,
  isEnough: (judged: number) => boolean,
): Promise<readonly (readonly [judged: string, next: string])[]> => {
  const judged: (readonly [string, string])[] = [];
  let current = shownPair(await terminal.until(isPairShown));
  while (judged.length < ids.length - 2 && !isEnough(judged.length)) {
    const next = shownPair(
      await mark(terminal, 'x', (text) => !['', current].includes(shownPair(text))),
    );
    judged.push([current, next]);
    current = next;
  }
  return judged;
};

/** The program promises a second. A busy machine may let it wait. */
const safeAfterMs = 3000;

/** Cuts the power so often right after a verdict was shown as saved, and so often at any time. */
const cuts = { confirmed: 8, anywhere: 60 } as const;

const expectVerdicts = async (
  log: DiskLog,
  judged: readonly (readonly [judged: string, next: string])[],
): Promise<number> => {
  const random = seeded(18);
  let from = 0;
  const confirmed = judged.map(([id, next]) => {
    from = log.shown(next, from) + 1;
    return { id, call: from - 1 };
  });
  const first = confirmed[0]?.call ?? 0;
  const moments: { readonly cut: number; readonly rest: Unsynced }[] = [
    ...confirmed.flatMap(({ call: cut }) => [
      { cut, rest: 'none' as const },
      ...Array.from({ length: cuts.confirmed }, () => ({ cut, rest: { random } })),
    ]),
    ...Array.from({ length: cuts.anywhere }, () => ({
      cut: first + Math.floor(random() * (log.length - first)),
      rest: { random },
    })),
  ].sort((a, b) => a.cut - b.cut);
  for (const { cut, rest } of moments) {
    const stored = afterPowerFailure(log, cut, rest, (database) =>
      database.prepare('select capture_id from current_verdict').pluck().all(),
    );
    const lost = confirmed.filter(({ id, call }) => call <= cut && !stored.includes(id));
    expect([cut, lost]).toEqual([cut, []]);
  }
  for (const { call } of confirmed.slice(0, 3)) await expectSummary(log, call, { random });
  return moments.length;
};

const pairs = ids.map((id) => ({ id, baseline: `one ${id}`, candidate: `two of ${id}` }));

describe.skipIf(isMissing)('a power failure (skipped without strace)', () => {
  it('takes no verdict of which the screen went on', async () => {
    await fillStore(scene.path('understudy.db'), pairs);
    keepStore();
    const review = [node, program, 'review', '--reviewer', 'ann'];
    const terminal = startInTerminal(strace, [...straceFlags(scene.path('log')), ...review], {
      cwd: scene.directory,
    });
    const judged = await judge(terminal, (count) => count === 8);
    terminal.type('q');
    await terminal.exit;
    expect(await expectVerdicts(diskLog(), judged)).toBeGreaterThan(100);
  });

  it('takes none while an import writes the same store, and damages nothing', async () => {
    await fillStore(scene.path('understudy.db'), pairs);
    keepStore();
    // Enough that a thread of its own writes them.
    const lines = Array.from({ length: 1800 }, (_, index) => {
      const content = `question ${index} `.repeat(160);
      return JSON.stringify({
        id: `c${index}`,
        request: { messages: [{ role: 'user', content }] },
      });
    });
    writeFileSync(scene.path('traffic.jsonl'), lines.join('\n'));
    const script =
      '(while [ ! -e go ]; do sleep 0.05; done; "$0" "$1" import traffic.jsonl >out 2>&1; : >ended) & exec "$0" "$1" review --reviewer ann';
    const terminal = startInTerminal(
      strace,
      [...straceFlags(scene.path('log')), 'sh', '-c', script, node, program],
      { cwd: scene.directory },
    );
    const hasEnded = async (): Promise<boolean> =>
      (await scene.snapshot()).some((file) => file.startsWith(scene.path('ended ')));
    await terminal.until(isPairShown);
    writeFileSync(scene.path('go'), '');
    const judged = await judge(terminal, (count) => count === 12);
    while (!(await hasEnded())) await new Promise((resolve) => setTimeout(resolve, 50));
    terminal.type('q');
    await terminal.exit;
    expect(await expectVerdicts(diskLog(), judged)).toBeGreaterThan(100);
  });

  it('takes of a live replay no more than its last answers', async () => {
    await writeTickets(scene.path('tickets.jsonl'), 24);
    const { models } = await scene.serve(() => ({ kind: 'slow', delayMs: 150 }));
    const replay = ['replay', 'tickets.jsonl', ...models, '--concurrency', '1'];
    await scene.run(['import', 'tickets.jsonl']);
    keepStore();
    const terminal = startInTerminal(
      strace,
      [...straceFlags(scene.path('log')), node, program, ...replay],
      { cwd: scene.directory },
    );
    expect((await terminal.exit).code).toBe(0);
    const log = diskLog();
    const answers = (cut: number, rest: Unsynced): number =>
      afterPowerFailure(log, cut, rest, (database) =>
        Number(database.prepare('select count(*) from response').pluck().get()),
      );
    const random = seeded(25);
    const callAfter = (ms: number): number => {
      let call = 0;
      while (call < log.length && log.at(call) - log.at(0) < ms) call++;
      return call;
    };
    const took = log.at(log.length - 1) - log.at(0);
    const moments = Array.from({ length: 30 }, () => safeAfterMs + random() * (took - safeAfterMs));
    moments.sort((one, other) => one - other);
    const safe = moments.map((ms) => answers(callAfter(ms - safeAfterMs), 'all'));
    for (const [index, ms] of moments.entries()) {
      const stored = answers(callAfter(ms), { random });
      expect([ms, stored, stored >= (safe[index] ?? 0)]).toEqual([ms, stored, true]);
    }
    expect(answers(log.length, 'none')).toBe(48);
  });
});
