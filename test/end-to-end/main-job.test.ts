import { afterAll, describe, expect, it } from 'vitest';
import { summarySchema } from '../../source/summary/summary-json.ts';
import { node, program } from '../helpers/program.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { mark } from '../helpers/review.ts';
import { startInTerminal, type TerminalProgram } from '../helpers/terminal.ts';

const scenes: Scene[] = [];

afterAll(() => Promise.all(scenes.map((scene) => scene.close())));

const scene = async (): Promise<Scene> => {
  const opened = await openScene();
  scenes.push(opened);
  return opened;
};

/** A pair that a person must judge, with both answers compared. */
const isToJudge = (text: string): boolean =>
  /· not judged\b/.test(text) && /^ DIFFERS /m.test(text);

const judge = async (terminal: TerminalProgram, key: string, judged: number): Promise<void> => {
  await terminal.until(isToJudge);
  await mark(terminal, key, new RegExp(`agree .* of ${judged}\\b`));
};

const progress = (text: string): number => Number(/replaying (\d+) of 172/.exec(text)?.[1] ?? -1);

/** The terminal modes that are switched on, and off again before the program ends. */
const modes = ['1049', '2004'];

describe.concurrent('the demo, from start to summary', () => {
  it.each([
    { columns: 120, rows: 40 },
    { columns: 80, rows: 24 },
  ])('in a terminal of $columns×$rows', async ({ columns, rows }) => {
    const { directory, rows: query, run } = await scene();
    const terminal = startInTerminal(
      node,
      [program, 'demo', '--db', 'demo.db', '--reviewer', 'ann'],
      {
        columns,
        rows,
        cwd: directory,
      },
    );
    const start = progress(await terminal.until(/replaying [1-9]\d* of 172/));
    expect(terminal.buffer()).toBe('alternate');
    const first = await terminal.until(isToJudge);
    // Not on every screen: in a narrow terminal a pair with many badges leaves no room for it.
    expect(terminal.raw()).toContain('simulated timings and prices');
    expect(first).toMatch(/^(?:understudy )? *(?:demo\/)?incumbent → (?:demo\/)?newcomer /);
    expect(first).toContain('baseline');
    expect(first).toContain('candidate');
    await judge(terminal, 'a', 1);
    await judge(terminal, 'x', 2);
    await judge(terminal, 'b', 3);
    await judge(terminal, 'w', 4);
    const shown = await judge(terminal, 'a', 5).then(() => terminal.text());
    expect(shown).toMatch(/agree 40\.0 % \(11\.8–76\.9\)/);
    await terminal.until((text) => progress(text) > start);

    terminal.type('S');
    const soFar = await terminal.until('Verdicts');
    expect(soFar).toContain('agree 2 · worse 1 · better 1 · both bad 1');
    terminal.type('\u001b');
    await terminal.until((text) => !text.includes('Verdicts'));
    expect(progress(terminal.text())).toBeLessThan(172);
    terminal.type('q');
    await terminal.until('still running');
    terminal.type('q');
    expect(await terminal.exit).toEqual({ code: 0, signal: 0 });

    const comeBack = 'understudy demo --db demo.db';
    await terminal.until((text) => text.replaceAll('\n', '').includes(comeBack));
    expect([terminal.buffer(), terminal.cursorHidden()]).toEqual(['normal', false]);
    for (const mode of modes) {
      const raw = terminal.raw();
      expect(raw.lastIndexOf(`\u001b[?${mode}l`)).toBeGreaterThanOrEqual(
        raw.lastIndexOf(`\u001b[?${mode}h`),
      );
    }
    expect(terminal.raw()).toContain('its timings, token counts and prices are simulated.');
    expect(terminal.raw()).toContain('agree 2 · worse 1 · better 1 · both bad 1');

    expect(
      query('select verdict, reviewer from current_verdict order by event_id', 'demo.db'),
    ).toEqual(
      ['agree', 'worse', 'better', 'both_bad', 'agree'].map((verdict) => ({
        verdict,
        reviewer: 'ann',
      })),
    );
    const { stdout } = await run(['summary', '--format', 'json', '--db', 'demo.db']);
    const summary = summarySchema.strict().parse(JSON.parse(stdout));
    expect(summary.verdicts).toEqual({ agree: 2, worse: 1, better: 1, bothBad: 1, conflict: 0 });
    expect(summary.judgedRates.agreement).toMatchObject({ rate: 0.4, n: 5 });
    expect(summary.counts).toMatchObject({ imported: 172, replayable: 172, failed: 0, judged: 5 });
    const { answered, judged, notCompared, notSent, settledByMachine, unjudged } = summary.counts;
    const parts = settledByMachine + judged + unjudged + notCompared;
    expect([answered + notSent, parts]).toEqual([172, answered]);
  });

  it('without a terminal: replays all, prints the summary and says how to review', async () => {
    const { run, summary } = await scene();
    const { code, stdout, stderr } = await run(['demo', '--db', 'demo.db']);
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain('\u001b');
    expect(stderr).toContain('timings, token counts and prices are simulated');
    expect(stderr).toContain('replayed 172 of 172 pairs');
    expect(stdout).toContain('172 pairs = 172 answered + 0 failed + 0 not sent');
    expect(stdout).toMatch(/^ {2}replayable {8}172 = 172 answered \+ 0 failed \+ 0 not sent$/m);
    expect(stdout).toMatch(/Next: understudy review [a-z0-9]{8} --db demo\.db/);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      'To review it, run understudy demo --db demo.db in a terminal.',
    );
    const { counts, evidence } = await summary('demo.db');
    expect(counts).toMatchObject({ answered: 172, judged: 0, identical: 79, different: 81 });
    expect(evidence.notes).toEqual([]);
  });
});
