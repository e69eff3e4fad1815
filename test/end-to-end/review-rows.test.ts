import { describe, expect, it, onTestFinished } from 'vitest';
import { look, mark, openReview, temporaryFolder, type Review } from '../helpers/review.ts';

const priorities = ['high', 'urgent', 'low', 'normal'];

const short = (index: number) => ({
  id: `req_${String(index).padStart(3, '0')}`,
  baseline: JSON.stringify({ priority: priorities[index % 4], n: index }, null, 2),
  candidate: JSON.stringify({ priority: priorities[(index + 1) % 4], n: index }),
});

const open = async (
  pairs: Parameters<typeof openReview>[1],
  size: { readonly columns?: number; readonly rows?: number; readonly flags?: string[] } = {},
): Promise<Review> => {
  const review = await openReview(temporaryFolder(onTestFinished), pairs, size);
  onTestFinished(() => review.kill());
  return review;
};

/** The pair under the cursor, by its question. */
const cursorOn = (text: string): string => /▌ .*?(req_\d+)/.exec(text)?.[1] ?? 'none';

/** Opens the rows; they are on the screen long enough to be judged. */
const openRows = async (review: Review): Promise<void> => {
  review.type('M');
  await review.until(/with answers of one line[^]*a agree/);
  await look();
};

describe('several short pairs on one screen', () => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])('are judged row by row, at %i×%i', async (columns, rows) => {
    const review = await open(
      Array.from({ length: 10 }, (_, index) => short(index)),
      {
        columns,
        rows,
      },
    );
    await openRows(review);
    const text = review.text();
    expect(text).toMatch(/\{"priority":"high","n":\d\} +\{"priority":"urgent","n":\d\}/);
    expect(text.match(/req_\d+ /g)?.length).toBeGreaterThanOrEqual(10);
    const first = cursorOn(text);
    review.type('x');
    await review.until((shown) => cursorOn(shown) !== first && shown.includes(`${first}: worse`));
    const second = cursorOn(review.text());
    review.type('a');
    await review.until((shown) => cursorOn(shown) !== second && shown.includes(`${second}: agree`));
    review.type('u');
    await review.until((shown) => cursorOn(shown) === second && shown.includes('undone: agree'));
    review.type('1');
    await review.until(`${second}: wrong value`);
    review.type('j');
    await review.until((shown) => cursorOn(shown) !== second);
    const third = cursorOn(review.text());
    review.type('\r');
    await review.until(
      (shown) => shown.includes(`· ${third} ·`) && /─ baseline|- baseline/.test(shown),
    );
    const events = await review.events();
    expect(events.map(({ captureId, kind }) => `${kind} ${captureId}`)).toEqual([
      `verdict ${first}`,
      `verdict ${second}`,
      `undo ${second}`,
      `tag ${second}`,
    ]);
  });

  it('are followed by the next ones, and at the end by the summary', async () => {
    const pairs = Array.from({ length: 64 }, (_, index) => short(index));
    const review = await open(pairs, { rows: 30 });
    await openRows(review);
    for (let judged = 0; judged < 64; judged++) {
      // Between two screens of rows there is no cursor.
      const before = cursorOn(await review.until((shown) => cursorOn(shown) !== 'none'));
      const key = judged % 2 === 0 ? 'a' : 'x';
      for (let taken = false; !taken;) {
        review.type(key);
        const text = await review.until(
          (shown) => cursorOn(shown) !== before || /was not taken/.test(shown),
        );
        taken = cursorOn(text) !== before;
        if (!taken) await look();
      }
    }
    await review.until('every pair that can be judged has a verdict');
    const events = await review.events();
    expect(new Set(events.map(({ captureId }) => captureId)).size).toBe(64);
    expect(events).toHaveLength(64);
    expect(events.filter((event) => event.kind === 'verdict' && event.ahead === true)).toEqual([]);
  });

  it('end at a pair with a longer answer, and none is a row that would be cut', async () => {
    const long = { id: 'req_long', baseline: 'One line.\nAnother.', candidate: 'One line.' };
    const wide = { id: 'req_wide', baseline: 'word '.repeat(40), candidate: 'other' };
    const review = await open([long, wide]);
    review.type('M');
    await review.until('the next pairs have longer answers: one at a time');
    const many = await open(Array.from({ length: 6 }, (_, index) => short(index)));
    await openRows(many);
    many.resize(70, 30);
    await many.until(/6 pairs {3}\(verdict[^]*…[^]*a agree/);
    await look();
    many.type('x');
    await many.until(/worse was not taken: this pair was not on the screen/);
    expect(await many.events()).toEqual([]);
  });

  it('show the fields that differ of JSON that does not fit', async () => {
    const wide = (index: number) => {
      const answer = { intent: 'card_payment_not_recognised', language: 'en', n: index };
      return {
        id: `req_${String(index).padStart(3, '0')}`,
        baseline: JSON.stringify({ ...answer, priority: 'high' }),
        candidate: JSON.stringify(index % 2 === 0 ? { ...answer, priority: 'low' } : answer),
      };
    };
    const review = await open([wide(1), wide(2), wide(3)], { columns: 80, rows: 24 });
    await openRows(review);
    const text = review.text();
    expect(text).toMatch(/req_001 .*priority "high", … +priority \(none\), …/);
    expect(text).toMatch(/req_002 .*priority "high", … +priority "low", …/);
    const first = cursorOn(text);
    review.type('x');
    await review.until(`${first}: worse`);
    expect(await review.events()).toMatchObject([{ kind: 'verdict', captureId: first }]);
  });

  it('go on past a fenced and a longer answer of their pattern, and count what they leave out', async () => {
    const note = 'word '.repeat(1000);
    const pairs = Array.from({ length: 5 }, (_, index) => {
      const rest = index === 3 ? { note } : { n: index };
      const answer = (priority: string): string => {
        const text = JSON.stringify({ priority, ...rest });
        return index === 2 ? `\`\`\`json\n${text}\n\`\`\`` : text;
      };
      return { id: `req_00${index}`, baseline: answer('high'), candidate: answer('urgent') };
    });
    const review = await open(pairs, { columns: 140 });
    review.type('P');
    await review.until('1 pattern of differences');
    review.type('\r');
    await review.until('4 pairs with answers of one line · 1 left out, for later');
    expect(review.text()).toMatch(
      /req_002 .*\[fenced\] \{"priority":"high","n":2\} +\[fenced\] \{"priority"/,
    );
    expect(review.text()).not.toContain('req_003');
    await look();
    for (let judged = 0; judged < 4; judged++) {
      const pair = cursorOn(review.text());
      // After the last one, what comes next is said in the place of what was judged.
      await mark(
        review,
        'x',
        (text) => text.includes(`${pair}: worse`) || text.includes('the next pairs have longer'),
      );
    }
    await review.until('the next pairs have longer answers');
    await review.until('req_003');
    expect(await review.events()).toHaveLength(4);
  });

  it('are not offered in a blind review', async () => {
    const review = await open([short(1), short(2)], { flags: ['--blind'] });
    review.type('M');
    await review.until('one at a time when they are blind');
    expect(await review.events()).toEqual([]);
  });
});
