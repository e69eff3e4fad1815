import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compareAnswers, comparisonRules } from '../../source/comparison/compare-answers.ts';
import { blindLeft } from '../../source/review/session/blind.ts';
import { addRecords } from '../../source/store/captures/add-records.ts';
import { loadCapture } from '../../source/store/captures/captures.ts';
import { openComparison } from '../../source/store/comparisons/comparisons.ts';
import { saveOutcome } from '../../source/store/comparisons/outcomes.ts';
import { listPairs } from '../../source/store/comparisons/pairs.ts';
import { openStore } from '../../source/store/open.ts';
import { saveResponse } from '../../source/store/responses.ts';
import { appendEvents, type VerdictEvent } from '../../source/store/verdicts.ts';
import { summarySchema } from '../../source/summary/summary-json.ts';
import { runProgram } from '../commands/program.ts';
import { answerOf, fillStore } from '../helpers/filled-store.ts';
import { node, program } from '../helpers/program.ts';
import {
  isPairShown,
  judgedOn,
  mark,
  reopenReview,
  reviewer,
  temporaryFolder,
  type Review,
} from '../helpers/review.ts';
import { openScene } from '../helpers/scene.ts';
import { startInTerminal } from '../helpers/terminal.ts';
import { writeTickets } from '../helpers/tickets.ts';

const at = '2026-11-24T00:00:00.000Z';
const judgedBefore = 38;

const pairs = Array.from({ length: 46 }, (_, index) => ({
  id: `req_${index}`,
  baseline: `The first answer to question ${index}.`,
  candidate: `The other answer to question ${index}.`,
}));

/** A store whose baseline answered everything twice, in which most pairs are judged, all as agreed. */
const fill = async (db: string): Promise<string> => {
  const comparisonId = await fillStore(db, pairs);
  const store = await openStore(db);
  const model = 'recorded:first';
  const noise = await openComparison(store, { name: null, baseline: model, candidate: model, at });
  for (const { baseline, id } of pairs) {
    const capture = await loadCapture(store, id);
    if (capture === null) throw new Error('no capture');
    const records = [{ kind: 'capture', capture }] as const;
    await addRecords(store, records, { source: 'test', comparisonId: noise.id, at });
    const answers = {
      baseline: answerOf(baseline),
      candidate: answerOf(`The second answer of the first model to ${id}.`),
    };
    for (const side of ['baseline', 'candidate'] as const) {
      await saveResponse(store, {
        comparisonId: noise.id,
        captureId: id,
        side,
        answer: answers[side],
        timings: { queueMs: 0, connectMs: null, timeToFirstTokenMs: 240, totalMs: 812 },
        adaptations: [],
        recorded: true,
        providerRequestId: null,
        at,
      });
    }
    await saveOutcome(store, {
      comparisonId: noise.id,
      captureId: id,
      rules: comparisonRules,
      comparison: compareAnswers(capture.request, answers.baseline, answers.candidate),
    });
  }
  const queue = await listPairs(store, comparisonId);
  await appendEvents(
    store,
    queue.slice(0, judgedBefore).map(({ captureId }, index): VerdictEvent => ({
      id: `0${String(index).padStart(4, '0')}`,
      comparisonId,
      captureId,
      reviewer,
      at,
      kind: 'verdict',
      verdict: 'agree',
      ahead: false,
      left: blindLeft({ reviewer }, { comparisonId, captureId }),
    })),
  );
  await store.close();
  return comparisonId;
};

const openBlind = async (db: string, comparisonId: string): Promise<Review> => {
  const flags = ['--blind', '--repeats', '100%'];
  const opened = await reopenReview(db, comparisonId, { flags, columns: 160 });
  onTestFinished(() => opened.kill());
  return opened;
};

const pairOn = (text: string): string => /· (req_\d+) ·/.exec(text)?.[1] ?? 'none';

/** What of a whole screen may not depend on which pair it shows. */
const looksLikeAnyPair = (text: string, judged: number): void => {
  const [head = '', pair = ''] = text.split('\n');
  expect(head).toMatch(
    new RegExp(`^understudy  left → right +(?:few|about 10) left · ${judged} judged$`),
  );
  expect(pair).toMatch(/^answer_question · req_\d+ · not judged +\S.* · blind$/);
  expect(text).not.toMatch(/recorded:|baseline|candidate|240 ms/);
};

const whole = (judged: number) => (text: string) =>
  judgedOn(text) === judged && isPairShown.test(text) && / q quit/.test(text);

describe('a blind review with control pairs', () => {
  it('shows them as any other pair, also after a kill, and counts them apart', async () => {
    const folder = temporaryFolder(onTestFinished);
    const db = join(folder, 'review.db');
    const comparisonId = await fill(db);
    let review = await openBlind(db, comparisonId);
    let judged = judgedBefore;
    let kills = 0;
    const seen: string[] = [];
    await review.until(whole(judged));
    while (!review.text().includes('every pair that can be judged')) {
      const text = review.text();
      looksLikeAnyPair(text, judged);
      const isControl = seen.includes(pairOn(text)) || !/The other answer/.test(text);
      if (isControl && kills === 0) {
        kills++;
        review.kill('SIGKILL');
        await review.exit;
        review = await openBlind(db, comparisonId);
        await review.until(whole(judged));
        expect(pairOn(review.text())).toBe(pairOn(text));
        looksLikeAnyPair(review.text(), judged);
        continue;
      }
      seen.push(pairOn(text));
      judged++;
      const next = judged;
      await mark(
        review,
        'a',
        (shown) => whole(next)(shown) || shown.includes('every pair that can be judged'),
      );
    }
    expect(kills).toBe(1);
    // The last verdict is taken back and given again.
    review.type('u');
    await review.until(/undone: agree on req_\d+/);
    await mark(review, 'w', 'every pair that can be judged');
    const events = await review.events();
    const controls = events.filter(
      ({ control, kind }) => control !== undefined && kind === 'verdict',
    );
    const repeats = controls.filter(({ control }) => control?.kind === 'repeat');
    expect(repeats.length).toBeGreaterThan(2);
    expect(controls.length - repeats.length).toBeGreaterThan(2);
    expect(await review.quit()).toBe(0);
    expect(review.text().replaceAll(/\s+/g, ' ')).toMatch(
      /\d pairs came back: the same verdict on \d\. \d pairs were two answers of the baseline: you agreed on \d\./,
    );
    const { stdout } = await runProgram(folder, ['summary', '--json', '--db', 'review.db']);
    const summary = summarySchema.strict().parse(JSON.parse(stdout));
    expect(summary.counts).toMatchObject({ judged: 46, unjudged: 0 });
    expect(summary.selfAgreement.n).toBeGreaterThan(2);
    expect(summary.noise?.judged.differing.n).toBeGreaterThan(2);
    expect(summary.noise?.baseline).toMatchObject({ rate: 0, n: 46 });
    const disagreed = summary.verdicts.bothBad;
    expect(summary.verdicts).toMatchObject({ agree: 46 - disagreed, worse: 0, better: 0 });
  });

  it('has pairs of the baseline with itself as soon as a replay with --noise has ended', async () => {
    const scene = await openScene();
    onTestFinished(() => scene.close());
    await writeTickets(scene.path('tickets.jsonl'), 30);
    const { models } = await scene.serve(({ attempt, model, prompt }) => ({
      kind: 'text',
      text: `${model === 'incumbent' ? 'An' : 'Another'} answer, try ${attempt}, to: ${prompt}`,
    }));
    const flags = ['--noise', '100%', '--blind', '--repeats', '100%', '--reviewer', 'ada'];
    const terminal = startInTerminal(
      node,
      [program, 'compare', 'tickets.jsonl', ...models, ...flags],
      { cwd: scene.directory, columns: 160 },
    );
    onTestFinished(() => terminal.kill());
    await terminal.until(
      (text) => whole(0)(text) && text.includes('about 30 left') && !text.includes('replaying'),
    );
    await mark(terminal, 'a', whole(1));
    expect(terminal.text()).toMatch(/answer, try 2, to:/);
    expect(terminal.text()).not.toContain('Another answer');
    await mark(terminal, ',', whole(2));
    const [said] = scene.rows('select control, verdict, left_side from control_event');
    expect(said).toEqual({
      control: 'noise',
      verdict: said?.['left_side'] === 'candidate' ? 'better' : 'worse',
      left_side: said?.['left_side'],
    });
    terminal.type('q');
    expect((await terminal.exit).code).toBe(0);
    const { counts, noise } = await scene.summary();
    expect(counts).toMatchObject({ judged: 1, replayable: 30 });
    expect(noise?.judged).toMatchObject({ differing: { rate: 0, n: 1 }, overall: { rate: 0 } });
  });

  it('is refused where control pairs could be told apart, and for no share', async () => {
    const folder = temporaryFolder(onTestFinished);
    await fillStore(join(folder, 'understudy.db'), pairs.slice(0, 1));
    const models = ['--baseline', 'recorded:first', '--candidate', 'recorded:second'];
    for (const [flags, reason] of [
      [['--repeats', '5%'], '--repeats needs --blind'],
      [['--blind', '--repeats', '0'], '--repeats takes a share above 0 and at most 1'],
    ] as const) {
      const { code, stderr } = await runProgram(folder, ['compare', ...models, ...flags]);
      expect(code).toBe(2);
      expect(stderr).toContain(reason);
    }
  });
});
