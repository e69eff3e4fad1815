import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../source/store/open.ts';
import { appendEvent } from '../../source/store/verdicts.ts';
import { timeOrderedId } from '../../source/text/time-ordered-id.ts';
import { summarySchema } from '../../source/summary/summary-json.ts';
import { runProgram } from '../commands/program.ts';
import { fillStore } from '../helpers/filled-store.ts';
import {
  judgedOn,
  look,
  openReview,
  reopenReview,
  temporaryFolder,
  type Review,
  mark,
} from '../helpers/review.ts';

const pairs = ['req_1', 'req_2', 'req_3'].map((id) => ({
  id,
  baseline: `The answer to ${id}.`,
  candidate: `An answer to ${id}.`,
}));

const open = async (folder = temporaryFolder(onTestFinished)): Promise<Review> => {
  const review = await openReview(folder, pairs);
  onTestFinished(() => review.kill());
  return review;
};

const at = '2026-11-24T00:00:00.000Z';

const summary = async (folder: string, ...flags: readonly string[]) => {
  const { stdout } = await runProgram(folder, ['summary', '--json', '--db', 'review.db', ...flags]);
  return summarySchema.strict().parse(JSON.parse(stdout));
};

describe('a review next to other processes', () => {
  it('shows the pairs that another process adds and stays on its pair', async () => {
    const review = await open();
    const here = /· (req_\d) ·/.exec(review.text())?.[1] ?? 'none';
    await fillStore(review.db, [{ id: 'req_9', baseline: 'one', candidate: 'two' }]);
    const text = await review.until(/pair \d of 4 to judge · 4 left · 0 judged/);
    expect(text).toContain(`· ${here} ·`);
  });

  it('shows verdicts and undos that the same reviewer makes in another review', async () => {
    const review = await open();
    const other = await reopenReview(review.db, review.comparisonId);
    onTestFinished(() => other.kill());
    await mark(review, 'x', (text) => judgedOn(text) === 1);
    await other.until((text) => judgedOn(text) === 1);
    other.type('u');
    await other.until((text) => text.includes('undone') && judgedOn(text) === 0);
    await review.until((text) => judgedOn(text) === 0);
    review.type('u');
    await review.until('nothing to undo');
    expect((await review.events()).map(({ kind }) => kind)).toEqual(['verdict', 'undo']);
  });

  it('takes a verdict after one of a clock that was ahead, and takes it back', async () => {
    const folder = temporaryFolder(onTestFinished);
    const db = join(folder, 'review.db');
    const [pair] = pairs;
    if (pair === undefined) throw new Error('There is a pair.');
    const comparisonId = await fillStore(db, [pair]);
    const store = await openStore(db);
    const tomorrow = new Date(Date.now() + 86_400_000);
    const event = { comparisonId, captureId: pair.id, reviewer: 'ada', at: tomorrow.toISOString() };
    const id = timeOrderedId(null, tomorrow.getTime(), new Uint8Array(10));
    await appendEvent(store, { ...event, id, kind: 'verdict', verdict: 'agree' });
    await store.close();
    const current = (): unknown => {
      const database = new Database(db, { readonly: true });
      try {
        return database.prepare('select verdict from current_verdict').pluck().all();
      } finally {
        database.close();
      }
    };
    const review = await reopenReview(db, comparisonId);
    onTestFinished(() => review.kill());
    review.type('K');
    await review.until('✓ agree');
    await mark(review, 'x', '✗ worse');
    expect(current()).toEqual(['worse']);
    await mark(review, 'u', '✓ agree');
    expect(current()).toEqual(['agree']);
    expect(await review.quit()).toBe(0);
  });

  it('shows nobody the verdicts of another reviewer as theirs, and keeps both', async () => {
    const folder = temporaryFolder(onTestFinished);
    const db = join(folder, 'review.db');
    const comparisonId = await fillStore(db, pairs);
    const store = await openStore(db);
    for (const [index, { id: captureId }] of pairs.entries()) {
      const event = { id: `0${index}`, comparisonId, captureId, reviewer: 'bo', at };
      await appendEvent(store, { ...event, kind: 'verdict', verdict: 'agree' });
    }
    await store.close();
    const review = await reopenReview(db, comparisonId);
    onTestFinished(() => review.kill());
    expect(judgedOn(review.text())).toBe(0);
    expect(review.text()).not.toContain('✓');
    for (const [before, key] of ['x', 'w', 'x'].entries()) {
      await mark(review, key, (text) => judgedOn(text) === before + 1);
    }
    expect(await review.quit()).toBe(0);
    const { counts, reviewers, verdicts } = await summary(folder);
    expect(counts).toMatchObject({ judged: 3, disagreeing: 3 });
    expect(verdicts).toMatchObject({ agree: 0, worse: 0, conflict: 3 });
    expect(reviewers).toMatchObject([
      { reviewer: 'ada', verdicts: { agree: 0, worse: 2, bothBad: 1 } },
      { reviewer: 'bo', verdicts: { agree: 3, worse: 0 } },
    ]);
    expect((await summary(folder, '--reviewer', 'bo')).judgedRates.agreement).toMatchObject({
      rate: 1,
      n: 3,
    });
    const wrong = await runProgram(folder, ['summary', '--db', 'review.db', '--reviewer', 'bob']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('There are verdicts of: ada, bo.');
  });

  it('stays on the pair and says so while another process holds the lock', async () => {
    const review = await open();
    const here = /· (req_\d) ·/.exec(review.text())?.[1] ?? 'none';
    const other = new Database(review.db);
    onTestFinished(() => void other.close());
    await look();
    other.exec('begin immediate');
    review.type('a');
    await mark(review, 'x', 'the last change is still being saved');
    expect(judgedOn(review.text())).toBe(0);
    const text = await review.until(/not saved: .*locked by another program/);
    expect(text).toContain(`· ${here} ·`);
    expect(judgedOn(text)).toBe(0);
    other.exec('rollback');
    await mark(review, 'b', (shown) => judgedOn(shown) === 1);
    expect(await review.events()).toMatchObject([{ captureId: here, verdict: 'better' }]);
  });

  it('saves a verdict that had to wait for the lock', async () => {
    const review = await open();
    const other = new Database(review.db);
    onTestFinished(() => void other.close());
    await look();
    other.exec('begin immediate');
    review.type('ax');
    await review.until('the last change is still being saved');
    other.exec('commit');
    await review.until((shown) => judgedOn(shown) === 1);
    expect(await review.events()).toMatchObject([{ verdict: 'agree' }]);
  });

  it.skipIf(!canMount())('stays on the pair and says so if the disk is full', async () => {
    const folder = temporaryFolder(onTestFinished);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
    const review = await openReview(folder, pairs);
    onTestFinished(() => review.kill());
    const here = /· (req_\d) ·/.exec(review.text())?.[1] ?? 'none';
    const junk = join(folder, 'junk');
    expect(() => writeFileSync(junk, Buffer.alloc(12_000_000))).toThrow(/ENOSPC/);
    const text = await mark(review, 'a', /not saved: The disk that holds .* is full/);
    expect(text).toContain(`· ${here} ·`);
    expect(judgedOn(text)).toBe(0);
    rmSync(junk);
    await mark(review, 'x', (shown) => judgedOn(shown) === 1);
    expect(await review.events()).toMatchObject([{ captureId: here, verdict: 'worse' }]);
    expect(await review.quit()).toBe(0);
  });
});

/** Whether a small disk can be mounted, which takes root. */
function canMount(): boolean {
  const folder = '/mnt';
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  }
}
