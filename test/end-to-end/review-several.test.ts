import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../source/store/open.ts';
import { appendEvent } from '../../source/store/verdicts.ts';
import { summarySchema } from '../../source/summary/summary-json.ts';
import { runProgram } from '../commands/program.ts';
import { fillStore } from '../helpers/filled-store.ts';
import { judgedOn, mark, reopenReview, temporaryFolder, type Review } from '../helpers/review.ts';

const pairs = Array.from({ length: 8 }, (_, index) => ({
  id: `req_${index}`,
  baseline: `The answer to question ${index}.`,
  candidate: `An answer to question ${index}.`,
}));

/** The pair that can be judged on the screen. */
const pairOn = (text: string): string =>
  text.includes('every pair that') ? 'none' : (/· (req_\d) ·/.exec(text)?.[1] ?? 'none');

const review = async (
  db: string,
  comparisonId: string,
  by: string,
  ...flags: readonly string[]
): Promise<Review> => {
  const opened = await reopenReview(db, comparisonId, { by, flags, columns: 160 });
  onTestFinished(() => opened.kill());
  return opened;
};

const summaryOf = async (folder: string) => {
  const { stdout } = await runProgram(folder, ['summary', '--json', '--db', 'review.db']);
  return summarySchema.strict().parse(JSON.parse(stdout));
};

describe('several reviewers at one store', () => {
  it('never have the same pair on the screen, and each pair is judged once', async () => {
    const folder = temporaryFolder(onTestFinished);
    const db = join(folder, 'review.db');
    const comparisonId = await fillStore(db, pairs);
    // So small a share that no pair is in it.
    const ada = await review(db, comparisonId, 'ada', '--overlap', '0.0001%');
    const bo = await review(db, comparisonId, 'bo');
    for (let round = 0; round < 4; round++) {
      for (const one of [ada, bo]) {
        // A pair that the other one has may appear for the moment that its reservation takes.
        const other = one === ada ? bo : ada;
        await one.until((text) => pairOn(text) !== pairOn(other.text()));
        const here = pairOn(one.text());
        await mark(
          one,
          'a',
          (text) => text.includes(`${here}: agree`) || text.includes('every pair'),
        );
        expect((await one.events()).at(-1)?.captureId).toBe(here);
      }
    }
    await ada.until('every pair that is left for you has a verdict');
    const judged = [...(await ada.events()), ...(await bo.events())];
    expect(new Set(judged.map(({ captureId }) => captureId)).size).toBe(8);
    expect(judged).toHaveLength(8);
    ada.type('q');
    bo.type('q');
    expect((await summaryOf(folder)).counts).toMatchObject({ judged: 8, judgedBySeveral: 0 });
  });

  it('resolve a conflict with both verdicts, reasons and comments in view', async () => {
    const folder = temporaryFolder(onTestFinished);
    const db = join(folder, 'review.db');
    const comparisonId = await fillStore(db, pairs);
    const nothing = await runProgram(folder, ['review', '--conflicts', '--db', 'review.db']);
    expect(nothing.stderr).toContain('The review needs a terminal');
    const store = await openStore(db);
    const at = '2026-11-24T00:00:00.000Z';
    const say = (reviewer: string, captureId: string, verdict: 'agree' | 'worse') => {
      const id = `${reviewer}-${captureId}`;
      return appendEvent(store, {
        id,
        comparisonId,
        captureId,
        reviewer,
        at,
        kind: 'verdict',
        verdict,
      });
    };
    await say('anna', 'req_1', 'worse');
    await say('ada', 'req_1', 'agree');
    await say('anna', 'req_2', 'agree');
    await say('ada', 'req_2', 'agree');
    const anna = { comparisonId, captureId: 'req_1', reviewer: 'anna', at };
    await appendEvent(store, { ...anna, id: 'anna-tag', kind: 'tag', tag: 'invented' });
    await appendEvent(store, { ...anna, id: 'anna-x', kind: 'comment', comment: 'no such parcel' });
    await store.close();
    const walk = await review(db, comparisonId, 'ada', '--conflicts');
    expect(walk.text()).toContain('0 of 1 conflict resolved');
    expect(walk.text()).toContain('ada: ✓ agree · anna: ✗ worse (invented) “no such parcel”');
    await mark(walk, 'x', 'every conflict is resolved');
    expect(await walk.quit()).toBe(0);
    const { counts, reviewers, verdicts } = await summaryOf(folder);
    expect(verdicts).toMatchObject({ agree: 1, worse: 1, conflict: 0 });
    expect(counts).toMatchObject({ judged: 2, disagreeing: 1, resolved: 1 });
    expect(reviewers).toMatchObject([
      { reviewer: 'ada', verdicts: { agree: 2, worse: 0 } },
      { reviewer: 'anna', verdicts: { agree: 1, worse: 1 } },
    ]);
    // The resolution is no verdict of the reviewer's own, and no undo of theirs takes it back.
    const again = await review(db, comparisonId, 'ada');
    expect(judgedOn(again.text())).toBe(2);
    again.type('u');
    await again.until('on req_2');
    expect((await summaryOf(folder)).verdicts).toMatchObject({ worse: 1 });
  });

  it('judge blind, and the summary measures whether the place decided', async () => {
    const folder = temporaryFolder(onTestFinished);
    const db = join(folder, 'review.db');
    const comparisonId = await fillStore(db, pairs);
    const blind = await review(db, comparisonId, 'ada', '--blind');
    for (let round = 0; round < 8; round++) {
      expect(blind.text()).not.toMatch(/recorded:|240 ms|812 ms/);
      const here = pairOn(blind.text());
      await mark(
        blind,
        round % 2 === 0 ? ',' : '.',
        (text) =>
          new RegExp(`${here}: (?:better|worse), left was the`).test(text) ||
          text.includes('every pair that'),
      );
    }
    await blind.until('Judged blind: 8 verdicts; of 8 verdicts for a side, 50.0 %');
    expect(await blind.quit()).toBe(0);
    const { blind: found, verdicts } = await summaryOf(folder);
    expect(found).toMatchObject({ verdicts: 8, left: { rate: 0.5, n: 8 } });
    expect(verdicts.better + verdicts.worse).toBe(8);
    const events = await blind.events();
    expect(verdicts.better).toBe(
      events.filter(
        (event, index) =>
          event.kind === 'verdict' && (index % 2 === 0) === (event.left === 'candidate'),
      ).length,
    );
  });

  it('refuse a share that is none', async () => {
    const folder = temporaryFolder(onTestFinished);
    await fillStore(join(folder, 'review.db'), pairs);
    const { code, stderr } = await runProgram(folder, [
      'compare',
      '--baseline',
      'recorded',
      '--candidate',
      'recorded:x',
      '--overlap',
      '120%',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('--overlap takes a share above 0 and at most 1');
  });
});
