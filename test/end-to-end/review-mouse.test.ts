import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { judgedOn, mark, openReview, temporaryFolder, type Review } from '../helpers/review.ts';

const long = (word: string): string =>
  Array.from({ length: 200 }, (_, line) => `${word} line ${line}`).join('\n');

const pairs = Array.from({ length: 12 }, (_, index) => ({
  id: `req_${index}`,
  baseline: long('old'),
  candidate: long('new'),
}));

const open = async (
  options: { readonly columns?: number; readonly rows?: number; readonly flags?: string[] } = {},
): Promise<Review> => {
  const review = await openReview(temporaryFolder(onTestFinished), pairs, options);
  onTestFinished(() => review.kill());
  return review;
};

const escape = '\u001B';
const wheelDown = `${escape}[<65;30;30M`;
const wheelUp = `${escape}[<64;30;30M`;

/** Presses and releases the left button on a text of the screen, which must be there once. */
const click = (review: Review, text: string | RegExp): void => {
  const rows = review.screen();
  const row = rows.findIndex((line) => line.search(text) >= 0);
  const found = rows[row]?.match(text)?.[0] ?? '';
  const column = review.cellOf(row, found);
  if (row < 0 || column < 0) throw new Error(`not there: ${String(text)}`);
  const place = `0;${column + 1};${row + 1}`;
  review.type(`${escape}[<${place}M${escape}[<${place}m`);
};

const pairOn = (text: string): string => /· (req_\d+) ·/.exec(text)?.[1] ?? 'none';

describe('the mouse', () => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])('scrolls by the wheel and opens what is clicked, at %i×%i', async (columns, rows) => {
    const review = await open({ columns, rows });
    const first = pairOn(review.text());
    review.type(wheelDown.repeat(3));
    await review.until(/rows 10–/);
    review.type(wheelUp);
    await review.until(/rows 7–/);
    await mark(review, 'x', (text) => judgedOn(text) === 1);
    const second = pairOn(review.text());
    click(review, '✗');
    await review.until((text) => pairOn(text) === first && text.includes('[✗]'));
    // It is where it was left.
    await review.until(/rows 7–/);
    review.type('L');
    await review.until('12 pairs, by number');
    const row = new RegExp(`^.*${second} .*$`);
    click(review, row);
    await review.until(new RegExp(`▌ .*${second} `));
    click(review, row);
    await review.until((text) => pairOn(text) === second && /rows 1–/.test(text));
    review.type('?');
    await review.until('Marks');
    review.type(wheelDown);
    await review.until((text) => !text.includes('Marks'));
    expect(await review.events()).toHaveLength(1);
  });

  it('does nothing while a line is typed, and takes its place between the keys of one write', async () => {
    const review = await open();
    await mark(review, 'x', (text) => judgedOn(text) === 1);
    const before = pairOn(review.text());
    review.type('c');
    await review.until('comment: ');
    click(review, '✗');
    review.type('slow');
    review.type(wheelDown);
    await review.until('comment: slow');
    review.type(`\r`);
    await review.until('comment saved');
    expect(pairOn(review.text())).toBe(before);
    review.type(`G${wheelUp}${wheelUp}g${wheelDown}`);
    await review.until(/rows 4–/);
    await review.settle();
    expect((await review.events()).map(({ kind }) => kind)).toEqual(['verdict', 'comment']);
  });

  it('is left to the terminal by --no-mouse and by the configuration', async () => {
    const folder = temporaryFolder(onTestFinished);
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ mouse: false }));
    for (const flags of [['--no-mouse'], ['--config', file]]) {
      const review = await open({ flags });
      expect(review.raw()).toContain(`${escape}[?1049h`);
      expect(await review.quit()).toBe(0);
      expect(review.raw()).not.toMatch(/\[\?100[0236]/);
    }
    const review = await open();
    expect(await review.quit()).toBe(0);
    expect(review.raw()).toContain(`${escape}[?1000h${escape}[?1006h`);
    expect(review.raw().lastIndexOf(`${escape}[?1000l`)).toBeGreaterThan(
      review.raw().lastIndexOf(`${escape}[?1000h`),
    );
  });
});
