import { describe, expect, it, onTestFinished } from 'vitest';
import { keyCommands } from '../../source/review/session/keymap.ts';
import {
  judgedOn,
  look,
  openReview,
  reopenReview,
  temporaryFolder,
  type Review,
  mark,
} from '../helpers/review.ts';

const lines = (word: string): string =>
  Array.from(
    { length: 120 },
    (_, index) => `line ${index} of the answer${index % 40 === 30 ? ` is ${word}` : ''}`,
  ).join('\n');

const pairs = [1, 2, 3, 4, 5, 6].map((number) => ({
  id: `req_${number}`,
  baseline: lines('here'),
  candidate: lines('there'),
}));

const open = async (options = {}): Promise<Review> => {
  const review = await openReview(temporaryFolder(onTestFinished), pairs, options);
  onTestFinished(() => review.kill());
  return review;
};

const pairOn = (text: string): string => /· (req_\d) ·/.exec(text)?.[1] ?? 'none';
const firstRow = (text: string): number => Number(/rows (\d+)–/.exec(text)?.[1]);

describe('the review keys', () => {
  it('judge, skip and undo: on the screen, on disk and across a restart', async () => {
    const review = await open();
    const seen: string[] = [];
    for (const [key, notice] of [
      ['a', 'agree (u: undo'],
      ['x', 'worse (u: undo'],
      ['b', 'better (u: undo'],
      ['w', 'both bad (u: undo'],
      [' ', 'skipped (u: undo'],
    ] as const) {
      const pair = pairOn(review.text());
      seen.push(pair);
      await mark(
        review,
        key,
        (text) => text.includes(`${pair}: ${notice}`) && pairOn(text) !== pair,
      );
      const events = await review.events();
      expect(events.at(-1)?.captureId).toBe(pair);
    }
    expect(new Set(seen).size).toBe(5);
    await review.until(/agree 25\.0 % \(4\.6–69\.9\) of 4$/m);
    review.type('u');
    await review.until(`undone: the skip of ${seen[4]}`);
    expect(pairOn(review.text())).toBe(seen[4]);
    expect(await review.quit()).toBe(0);

    const again = await reopenReview(review.db, review.comparisonId);
    onTestFinished(() => again.kill());
    expect(judgedOn(again.text())).toBe(4);
    for (const [undone, what] of ['both bad', 'better', 'worse', 'agree'].entries()) {
      again.type(undone % 2 === 0 ? '\u007f' : 'u');
      const notice = `undone: ${what} on ${seen[3 - undone]}`;
      await again.until((text) => text.includes(notice) && judgedOn(text) === 3 - undone);
    }
    again.type('u');
    await again.until('nothing to undo');
    // The history keeps every event.
    expect((await again.events()).map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 4 }, () => 'verdict'),
      'skip',
      ...Array.from({ length: 5 }, () => 'undo'),
    ]);
  });

  it('tag the pair on the screen, each digit with its own tag, and remove a tag again', async () => {
    const review = await open();
    const pair = pairOn(review.text());
    await mark(review, '1', `${pair}: wrong value`);
    await mark(review, 'x', `${pair}: worse`);
    // The next pair is on the screen now, so the tags are its tags.
    const next = pairOn(review.text());
    expect(next).not.toBe(pair);
    const tags = keyCommands
      .filter(({ id }) => id.startsWith('tag.'))
      .flatMap(({ help, keys }) => keys.map((key) => ({ key, tag: help.replace('tag: ', '') })));
    expect(tags).toHaveLength(9);
    for (const { key, tag } of tags) await mark(review, key, `${next}: ${tag}`);
    await mark(review, '4', `${next}: removed format`);
    const text = await review.until('wrong value, missing');
    expect(text).not.toMatch(/invented, format/);
    expect(text).toContain('1 wrong value  2 missing');
    const tagged = (await review.events()).filter(({ kind }) => kind === 'tag');
    expect(tagged.map(({ captureId }) => captureId)).toEqual([
      pair,
      ...Array.from({ length: 10 }, () => next),
    ]);
  });

  it('walk back through the judged pairs, and forward to the next one', async () => {
    const review = await open();
    const seen: string[] = [];
    for (const key of ['a', 'x', 'b']) {
      seen.push(pairOn(review.text()));
      await mark(review, key, (text) => judgedOn(text) === seen.length);
    }
    const next = pairOn(review.text());
    await review.until('✓ ✗ ▲');
    for (const [key, pair, strip] of [
      ['h', seen[2], '✓ ✗ [▲]'],
      ['h', seen[1], '✓ [✗] ▲'],
      ['h', seen[0], '[✓] ✗ ▲'],
      ['l', seen[1], '✓ [✗] ▲'],
    ] as const) {
      review.type(key);
      await review.until((text) => pairOn(text) === pair && text.includes(strip));
    }
    // A verdict replaces the one before, and goes on to the next pair.
    await mark(review, 'w', (text) => pairOn(text) === next && text.includes('✓ ▲ ○'));
    expect(judgedOn(review.text())).toBe(3);
    await review.until(`${seen[1]}: both bad (u: undo)`);
    review.type('u');
    await review.until(`undone: both bad on ${seen[1]}, which is worse again`);
  });

  it('comment: typing, wide characters, pasting, erasing, cancelling; no key judges meanwhile', async () => {
    const review = await open();
    const pair = pairOn(review.text());
    review.type('c');
    await review.until('comment: ');
    expect(review.text()).toContain('enter save  esc back');
    expect(review.cursorHidden()).toBe(false);
    review.type('axbw 12 价格不对 👨‍👩‍👧‍👦q');
    // The emulator draws the family wider than it was counted; the next character keeps its column.
    await review.until(/comment: axbw 12 价格不对 👨‍q/u);
    review.type('\u007f\u007f');
    await review.until((text) => /comment: axbw 12 价格不对\s*$/m.test(text));
    review.type('\u001B[200~ aa\nxx\u001B[201~');
    await review.until('价格不对  aa xx');
    review.type('\u001B');
    await review.until((text) => !text.includes('comment:'));
    expect(await review.events()).toEqual([]);

    review.type('cthe end');
    // The cursor goes to the start, over a word, and the rest is erased.
    review.type('\u0001');
    review.type('\u001Bf');
    review.type('\u000B');
    review.type('\u001B[D\u001B[D');
    review.type('x');
    await review.until(/comment: txhe\s*$/m);
    review.type('\u0015\u001B[3~\u001B[3~不\u007f好\r');
    await review.until(`${pair}: comment saved`);
    expect(review.text()).toContain('“好”');
    expect(await review.events()).toMatchObject([{ kind: 'comment', comment: '好' }]);
    expect(judgedOn(review.text())).toBe(0);
    review.type('u');
    await review.until((text) => text.includes('undone') && !text.includes('“好”'));
  });

  it('scroll by row, half screen and screen, to both ends, and from difference to difference', async () => {
    const review = await open({ columns: 120, rows: 40 });
    await review.until('difference 1 of 3 · all shown');
    review.type('z');
    await review.until((text) => firstRow(text) === 29);
    review.type('g');
    const steps: readonly (readonly [string, number])[] = [
      ['j', 2],
      ['\u001B[B', 3],
      ['jjj', 6],
      ['k', 5],
      ['\u001B[A', 4],
      ['\u0004', 16],
      ['\u0015', 4],
      ['\u001B[6~', 26],
      ['\u0006', 48],
      ['\u001B[5~', 26],
      ['\u0002', 4],
      ['G', 97],
      ['g', 1],
      ['\u001B[F', 97],
      ['\u001B[H', 1],
      [']', 29],
      [']', 69],
      ['[', 29],
    ];
    for (const [keys, row] of steps) {
      review.type(keys);
      await review.until((text) => firstRow(text) === row);
    }
    expect(review.text()).toContain('line 30 of the answer is there');
    expect(review.text()).toContain('difference 1 of 3');
    // Back on a pair, it is where it was left.
    review.type('J');
    await review.until('difference 1 of 3 · rows 29–');
    review.type('G');
    await review.until((text) => firstRow(text) === 97);
    review.type('K');
    await review.until((text) => firstRow(text) === 29);
    review.type('J');
    await review.until((text) => firstRow(text) === 97);
  });

  it('move from pair to pair in any state, and stop at both ends', async () => {
    const review = await open();
    const first = pairOn(review.text());
    const order = [first];
    for (let at = 1; at < 6; at++) {
      review.type(at % 2 === 0 ? 'J' : '\u001B[C');
      await review.until((text) => pairOn(text) !== order.at(-1));
      order.push(pairOn(review.text()));
    }
    expect(new Set(order).size).toBe(6);
    review.type('J');
    await review.until('this is the last pair');
    review.type('K');
    await review.until((text) => pairOn(text) === order[4]);
    review.type('\u001B[D');
    await review.until((text) => pairOn(text) === order[3]);
  });

  it('change the view, fold equal lines and change the layout', async () => {
    const review = await open();
    await review.until('28 equal lines');
    review.type('z');
    await review.until((text) => !text.includes('equal lines'));
    review.type('z');
    await review.until('28 equal lines');
    for (const remark of ['unified', 'raw: as received']) {
      review.type('v');
      await review.until(remark);
    }
    review.type('v');
    await review.until((text) => !text.includes('raw: as received'));
    review.type('s');
    await review.until((text) => /^─ baseline[^]*^─ candidate/m.test(text));
    review.type('s');
    await review.until(/─ baseline.*─ candidate/);
    expect(await review.events()).toEqual([]);
  });

  it('show the other side if there is room for only one', async () => {
    const review = await open({ columns: 60, rows: 20 });
    expect(review.text()).toContain('─ - baseline · + candidate');
    review.type('v');
    await review.until(/─ baseline.*tab: the other side/);
    review.type('\t');
    await review.until(/─ candidate.*tab: the other side/);
    review.type(']');
    await review.until('line 70 of the answer is there');
    review.type('\t');
    await review.until('line 70 of the answer is here');
  });

  it('open request, details, summary and help, and close them with esc or the same key', async () => {
    const review = await open();
    const pair = pairOn(review.text());
    for (const [key, content] of [
      ['p', `Question ${pair}`],
      ['i', 'of which reasoning'],
      ['S', 'Nothing is judged yet'],
      ['?', 'undo, without limit'],
    ] as const) {
      for (const close of [key, '\u001B']) {
        review.type(key);
        await review.until((text) => text.includes(content) && !text.includes('─ baseline'));
        // A verdict key does nothing in an overlay.
        review.type('a');
        review.type(close);
        await review.until('─ baseline');
      }
    }
    await review.settle();
    expect(await review.events()).toEqual([]);
  });

  it('are all in the help', async () => {
    const review = await open({ columns: 120, rows: 110 });
    review.type('?');
    const text = await review.until('suspend to the shell; fg resumes');
    for (const { help } of keyCommands) expect(text).toContain(help);
  });

  it('say that no side failed if there is nothing to retry', async () => {
    const review = await open();
    review.type('r');
    await review.until('no side of this pair has failed');
    expect(judgedOn(review.text())).toBe(0);
  });

  it('end with the summary when every pair is judged', async () => {
    const review = await open();
    for (let judged = 1; judged <= 6; judged++) {
      await mark(review, judged % 2 === 0 ? 'x' : 'a', (text) => judgedOn(text) === judged);
    }
    await review.until((text) => text.includes('every pair that can be judged has a verdict'));
    await review.until(/no worse|No regression/);
    review.type('u');
    await review.until((text) => judgedOn(text) === 5 && text.includes('undone'));
    expect(review.text()).toContain('─ baseline');
  });

  it('finish saving a verdict if q follows at once', async () => {
    const review = await open();
    await look();
    review.type('aq');
    expect((await review.exit).code).toBe(0);
    expect(await review.events()).toMatchObject([{ kind: 'verdict', verdict: 'agree' }]);
  });
});
