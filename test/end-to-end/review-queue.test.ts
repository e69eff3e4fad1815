import { describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../commands/program.ts';
import { mark, openReview, temporaryFolder, type Review } from '../helpers/review.ts';

const priority = (number: number): { id: string; baseline: string; candidate: string } => ({
  id: `req_${number}`,
  baseline: JSON.stringify({ priority: 'high', number }),
  candidate: JSON.stringify({ priority: 'urgent', number }),
});

const pairs = [
  ...[1, 2, 3, 4, 5, 6, 7].map(priority),
  { id: 'req_8', baseline: 'Your refund is on its way.', candidate: '退款申请已提交。' },
  { id: 'req_9', baseline: 'Hello there.', candidate: 'Good morning.' },
];

const open = async (): Promise<Review> => {
  const review = await openReview(temporaryFolder(onTestFinished), pairs, {
    columns: 130,
    rows: 30,
  });
  onTestFinished(() => review.kill());
  return review;
};

const pairOn = (text: string): string => /· (req_\d) ·/.exec(text)?.[1] ?? 'none';

describe('the queue of a review', () => {
  it('is walked by a filter, whose mistakes are marked, and the summary counts the verdicts apart', async () => {
    const review = await open();
    review.type('f');
    await review.until('tab completes');
    // Keys of the review are characters here.
    review.type('endpoint:/v1/x?:q');
    await review.until(/^filter: endpoint:\/v1\/x\?:q$/m);
    review.type('\u0015');
    review.type('outcome:diff');
    review.type('\r');
    await review.until(/\^ expected identical/);
    review.type('erent !fiel\t');
    await review.until('outcome:different !field:');
    review.type('priority\r');
    await review.until('2 pairs · F: every pair');
    const first = pairOn(review.text());
    expect(['req_8', 'req_9']).toContain(first);
    await mark(review, 'a', (text) => pairOn(text) !== first);
    await mark(review, 'x', 'no other pair here waits for a verdict');
    const chosen = { kind: 'filter', text: 'outcome:different !field:priority' };
    expect(await review.events()).toMatchObject([
      { verdict: 'agree', chosen },
      { verdict: 'worse', chosen },
    ]);
    review.type('F');
    await review.until('every pair again');
    expect(await review.quit()).toBe(0);
    const summary = async (...flags: readonly string[]) =>
      runProgram(temporaryFolder(onTestFinished), ['summary', '--db', review.db, ...flags]);
    expect((await summary()).stdout).toContain('2 of the judged pairs were chosen by a filter');
    const filtered = await summary('--filter', 'field:priority', '--format', 'json');
    expect(JSON.parse(filtered.stdout)).toMatchObject({
      filter: 'field:priority',
      counts: { imported: 7, replayable: 7, different: 7, judged: 0 },
    });
    const wrong = await summary('--filter', 'tag>1');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('  tag>1\n     ^');
  });

  it('is searched in English and Chinese, also for two characters', async () => {
    const review = await open();
    for (const term of ['REFUND', '退款申请', '退款']) {
      review.type('/');
      await review.until((text) => /^\/[^\n]*$/m.test(text));
      review.type(`${'\u007f'.repeat(12)}${term}\r`);
      await review.until('1 pair has this text');
      expect(pairOn(review.text())).toBe('req_8');
      review.type('K');
      await review.until((text) => pairOn(text) !== 'req_8' || text.includes('the first pair'));
      review.type('n');
      await review.until((text) => pairOn(text) === 'req_8');
    }
    expect(await review.events()).toEqual([]);
  });

  it('is listed and sorted, and a row or an id opens a pair', async () => {
    const review = await open();
    review.type('L');
    await review.until('9 pairs, by number');
    review.type('s');
    await review.until('9 pairs, by endpoint');
    // Six columns on: by the likeness of the answers, the least alike first.
    for (let column = 0; column < 6; column++) review.type('s');
    const alike = await review.until(/9 pairs, by likeness[^]*req_\d[^]*L list/);
    const shares = [...alike.matchAll(/ (\d+) % /g)].map(([, share]) => Number(share));
    expect(shares).toHaveLength(9);
    expect(shares).toEqual(shares.toSorted((one, other) => one - other));
    expect(shares[0]).toBeLessThan(shares[8] ?? 0);
    review.type('G');
    await review.until(/▌ +\d+ .*req_\d/);
    review.type('\r');
    await review.until((text) => !text.includes('9 pairs'));
    review.type(':req_4\r');
    await review.until((text) => pairOn(text) === 'req_4');
    review.type(':');
    await review.until('commands; enter runs');
    review.type('summary so far\r');
    await review.until('Nothing is judged yet');
    review.type('\u001B');
    await review.until((text) => !text.includes('Nothing is judged yet'));
    review.type('C');
    await review.until('1 comparison of this store');
    review.type('\r');
    await review.until((text) => !text.includes('of this store'));
    expect(await review.events()).toEqual([]);
  });

  it('gives a pattern the verdict of its sample, and takes it back as one', async () => {
    const review = await open();
    review.type('P');
    await review.until('1 pattern of differences');
    expect(review.text()).toMatch(/7 +0 .*priority: high → urgent/);
    review.type('\r');
    await review.until('7 pairs · judge 5 alike, then = for the rest');
    for (let judged = 1; judged <= 5; judged++) {
      const pair = pairOn(review.text());
      await mark(review, 'x', (text) => pairOn(text) !== pair);
    }
    await review.until('= gives the other 2 this verdict (u: undo)');
    review.type('=');
    await review.until('worse for the other 2 pairs? 5 seen');
    review.type('y');
    await review.until('2 verdicts given by the pattern');
    expect((await review.events()).filter((event) => 'group' in event)).toHaveLength(2);
    review.type('u');
    await review.until('2 verdicts undone');
    expect(await review.events()).toHaveLength(9);
  });
});
