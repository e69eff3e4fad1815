import { describe, expect, it, onTestFinished } from 'vitest';
import { hostileText } from '../../source/demo/faults.ts';
import { judgedOn, openReview, temporaryFolder, type Review, mark } from '../helpers/review.ts';
import { runProgram } from '../commands/program.ts';
import { backgroundQuery } from '../helpers/terminal.ts';

const open = async (
  pairs: Parameters<typeof openReview>[1],
  options: Parameters<typeof openReview>[2] = {},
): Promise<Review> => {
  const review = await openReview(temporaryFolder(onTestFinished), pairs, options);
  onTestFinished(() => review.kill());
  return review;
};

const prose = (city: string): string =>
  `The capital is ${city}, which lies on a river and has been the seat of the government for long.`;
const plain = [
  { id: 'req_1', baseline: prose('Paris'), candidate: prose('Lyon') },
  { id: 'req_2', baseline: '{"a":1,"b":[1,2]}', candidate: '{"a":1,"b":[1,3]}' },
];

/** The screen is complete and has nothing where it does not belong. */
const expectWhole = (review: Review, columns: number, rows: number): void => {
  const screen = review.screen();
  expect(screen).toHaveLength(rows);
  expect(screen[0]).toMatch(/· 0 judged$/);
  expect(screen[rows - 1]).toMatch(
    /^a agree {2}x worse {2}b better {2}w both bad.*\? help {2}q quit/,
  );
  const titles = screen.filter((row) => /^─ (?:- )?baseline/.test(row));
  const title = titles[0] ?? '';
  expect(title.length).toBe(columns % 2 === 1 && columns >= 100 ? columns - 1 : columns);
  expect(titles).toHaveLength(1);
  expect(review.text()).toMatch(/^ user +Question req_\d$/m);
};

describe('the review screen', () => {
  it('fills every size, says if one is too small, and returns when it grows', async () => {
    const review = await open(plain);
    for (const [columns, rows, layout] of [
      [60, 20, /- baseline · \+ candidate/],
      [80, 24, /- baseline · \+ candidate/],
      [100, 30, /─ baseline.*─ candidate/],
      [40, 10, 'The terminal has 40×10 cells'],
      [120, 40, /─ baseline.*─ candidate/],
      [200, 60, /─ baseline.*─ candidate/],
      [250, 80, /─ baseline.*─ candidate/],
      [101, 31, /─ baseline.*─ candidate/],
    ] as const) {
      review.resize(columns, rows);
      await review.until((text) =>
        typeof layout === 'string'
          ? text.replaceAll('\n', ' ').includes(layout)
          : layout.test(text) && text.split('\n')[0]?.length === columns,
      );
      if (columns >= 60) expectWhole(review, columns, rows);
    }
    review.resize(40, 10);
    await review.until('The terminal has');
    // A pair that is not visible cannot be judged, but q works. The key has been read after some rounds.
    review.type('a');
    for (const columns of [41, 42, 43]) {
      review.resize(columns, 10);
      await review.until(`${columns}×10`);
    }
    review.resize(80, 24);
    await review.until('a agree');
    expect(judgedOn(review.text())).toBe(0);
    expect(await review.events()).toEqual([]);
    review.resize(30, 5);
    await review.until('The terminal');
    review.type('q');
    expect((await review.exit).code).toBe(0);
  });

  it('shows the important facts at 80×24 and at 60×20', async () => {
    const review = await open(
      Array.from({ length: 30 }, (_, index) => ({
        id: `req_${index}`,
        baseline: `{"category":"billing","priority":${index}}`,
        candidate: `{"category":"billing","priority":${index + 1}}`,
      })),
      { columns: 80, rows: 24 },
    );
    await mark(review, 'a', (text) => judgedOn(text) === 1);
    for (const [columns, rows] of [
      [80, 24],
      [60, 20],
    ] as const) {
      review.resize(columns, rows);
      const text = await review.until((shown) => {
        const [first = ''] = shown.split('\n');
        return first.length === columns && first.includes('2 of 30 · ');
      });
      expect(text).toContain('agree 100.0 % (20.7–100.0) of 1');
      // 34 more would be needed for ±5 points, and the queue is finite.
      if (columns >= 80) expect(text).toContain('29 left');
      if (columns >= 80) expect(text).toContain('all 29 that are left: ±5.7 points');
      expect(text).toMatch(/^ user +Question req_\d+$/m);
      expect(text).toMatch(/^ DIFFERS +priority \d+ → \d+/m);
      expect(text).toMatch(/^ baseline +stop +100 → +\d+ .* 812 ms/m);
      expect(text).toMatch(/^ candidate +stop +100 → +\d+ .* 812 ms/m);
      if (columns >= 80) expect(text).toContain(' 240 ms ');
      expect(text).toContain('first');
      expect(text).toContain('second');
    }
    // What is printed at the end is wrapped at words, and its command can be copied whole.
    expect(await review.quit()).toBe(0);
    expect(review.text()).toMatch(
      /^Left: 29 unjudged pairs\. To continue:\nunderstudy review \w+/m,
    );
  });

  it('shows a long notice whole at 80×24, and the tags again after the next key', async () => {
    const review = await open(plain.slice(0, 1), { columns: 80, rows: 24 });
    const before = review.screen();
    expect(before[22]).toMatch(/^1 wrong 2 missing/);
    review.type('I');
    await review.until('no rule is about this');
    const screen = review.screen();
    const notice = screen.slice(21, 23).map((row) => row.trimEnd());
    expect(notice.join(' ')).toBe(
      'no rule is about this: rules cover fields of JSON, arguments of tools, and an answer that differs in case or a number',
    );
    expect(screen.slice(0, 21)).toEqual(before.slice(0, 21));
    review.type('z');
    await review.until((text) => /^1 wrong 2 missing/m.test(text));
    expect(await review.quit()).toBe(0);
  });

  it('shows the summary at 80×24 as the command prints it', async () => {
    const review = await open(plain, { columns: 80, rows: 24 });
    await mark(review, 'x', (text) => judgedOn(text) === 1);
    review.type('S');
    await review.until(/Agreement/i);
    const shown = review.screen().slice(3, 21);
    const { stdout } = await runProgram('.', ['summary', '--db', review.db]);
    expect(shown.map((row) => row.trimEnd())).toEqual(stdout.split('\n').slice(0, 18));
    expect(await review.quit()).toBe(0);
  });

  it('says at 80×24 whether the target is decided, as the summary does', async () => {
    const review = await open(
      Array.from({ length: 30 }, (_, index) => ({
        id: `req_${index}`,
        baseline: `${index}`,
        candidate: `${index + 1}`,
      })),
      { columns: 80, rows: 24, flags: ['--target', '95%'] },
    );
    const [, row = ''] = (await review.until(/≥ 95 %: about \d+ more/)).split('\n');
    expect(row).toMatch(/≥ 95 %: about \d+ more$/);
    await mark(review, 'x', (text) => judgedOn(text) === 1);
    await review.until(/≥ 95 %: about \d+ more/);
    // Two worse of 30 leave 93.3 %.
    await mark(review, 'x', (text) => judgedOn(text) === 2);
    await review.until('ruled out: ≥ 95 %');
    review.type('q');
    expect((await review.exit).code).toBe(0);
    const argv = ['summary', '--db', review.db, '--target', '95%'];
    expect((await runProgram('.', argv)).stdout).toContain('Target 95.0 % no worse: ruled out.');
  });

  it('keeps the right pane in its column for characters of any width', async () => {
    const wide = [
      '首都是北京，人口约两千万。',
      '한글 ｆｕｌｌ　width 全角',
      'emoji 👍 🚀 🎉 🇯🇵 end',
      'combining e\u0301 a\u0308 n\u0303 end',
      'tab\tand control \u0007 end',
      '中'.repeat(300),
      'Ελλάδα العربية עברית ไทย',
    ];
    const review = await open(
      [
        {
          id: 'req_1',
          baseline: wide.map((line) => `${line} 左`).join('\n'),
          candidate: wide.map((line) => `| ${line}`).join('\n'),
        },
      ],
      { columns: 120, rows: 40 },
    );
    await review.until('| 首都是北京');
    const rows = review.screen();
    const right = rows.flatMap((row, index) =>
      row.includes('| ') && index > 5 ? [review.cellOf(index, '| ')] : [],
    );
    expect(right).toHaveLength(wide.length);
    const title = rows.findIndex((row) => row.includes('┬─ candidate'));
    expect(new Set(right)).toEqual(new Set([review.cellOf(title, '─ candidate') + 2]));
  });

  it('stays in place on a terminal that does not join emoji', async () => {
    const family = '\u{1F469}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}';
    // The emulator shows each of them 8 cells wide, and they are counted as 2.
    const lines = (word: string): string =>
      Array.from({ length: 60 }, (_, index) => `${word} ${index} ${family.repeat(16)}`).join('\n');
    const review = await open(
      ['req_1', 'req_2'].map((id) => ({
        id,
        baseline: lines('left'),
        candidate: lines('right'),
      })),
      { columns: 80, rows: 24 },
    );
    expectWhole(review, 80, 24);
    for (const key of ['j', 'j', '\u0004', 'G', 'g']) {
      const before = review.raw().length;
      review.type(key);
      await review.until(() => review.raw().length > before);
      expectWhole(review, 80, 24);
    }
    expect(await review.quit()).toBe(0);
  });

  it('honours NO_COLOR: no colours, and differences are still visible', async () => {
    const review = await open(plain, { env: { NO_COLOR: '1' } });
    review.type('??');
    await mark(review, 'x', (text) => judgedOn(text) === 1);
    const styles = sgr(review.raw());
    expect(styles.filter((code) => code >= 30)).toEqual([]);
    // Underlined in both panes, and marked in the gutter.
    expect(styles).toContain(4);
    expect(review.text()).toMatch(/^~ /m);
  });

  it.each([
    ['a terminal with 16 colours', { env: { TERM: 'xterm', COLORFGBG: '15;0' } }],
    ['a terminal that does not tell its background', { env: { COLORTERM: 'truecolor' } }],
    ['a theme', { background: '0000/0000/0000', flags: ['--theme', 'basic'] }],
  ])('uses only the 16 colours of the terminal, without shades, for %s', async (_, options) => {
    const review = await open(plain, options);
    await mark(review, 'x', (text) => judgedOn(text) === 1);
    review.type('S');
    await review.until(/Agreement/i);
    const styles = new Set(sgr(review.raw()));
    for (const code of styles) expect(code < 38 || code === 39).toBe(true);
    expect(styles).toContain(31);
    expect(styles).toContain(32);
  });

  it.each([
    [
      'dark, in any colour',
      { COLORTERM: 'truecolor' },
      '0000/0000/0000',
      '48;2;63;0;1',
      '48;2;144;16;17',
    ],
    ['dark, in 256 colours', {}, '1e1e/1e1e/1e1e', '48;5;52', '48;5;88'],
    ['light, in 256 colours', {}, 'ffff/ffff/ffff', '48;5;224', '48;5;217'],
    [
      'light, whatever COLORFGBG says',
      { COLORFGBG: '15;0' },
      'fff/fff/eee',
      '48;5;224',
      '48;5;217',
    ],
    [
      'dark by COLORFGBG, if it tells nothing',
      { COLORFGBG: '15;0' },
      undefined,
      '48;5;52',
      '48;5;88',
    ],
  ])('shades rows and words for a terminal that is %s', async (_, env, background, row, word) => {
    const options = background === undefined ? { env } : { env, background };
    const review = await open(plain, options);
    await review.until(() => review.raw().includes(`\u001B[${word}m`));
    expect(review.raw()).toContain(`\u001B[${row}m`);
    // Colour is not the only sign.
    expect(sgr(review.raw())).toContain(4);
    expect(review.text()).toMatch(/^~ /m);
  });

  it.each(['WarpTerminal', 'iTerm.app'])(
    'leaves no traces in %s where emoji are narrower than they are counted',
    async (terminal) => {
      const emoji = ['🚀', '👍', '🎉', '🇯🇵', '🍕', '🙂'];
      const lines = (word: string): string =>
        Array.from(
          { length: 80 },
          (_, index) =>
            `${emoji[index % emoji.length]?.repeat((index * 7) % 11)} ${word.repeat(index % 5)} ${index} ${emoji[index % 4]} end`,
        ).join('\n');
      const review = await open(
        [{ id: 'req_1', baseline: lines('left '), candidate: lines('right ') }],
        {
          env: { TERM_PROGRAM: terminal },
          widths: '6',
        },
      );
      for (const key of 'Gkk\u0015gjj\u0004]]vgjVjV') {
        const before = review.raw().length;
        review.type(key);
        await review.until(() => review.raw().length > before);
      }
      await review.settle();
      const shown = review.screen();
      // After the signal of a resize the review erases the screen and draws it anew.
      const before = review.raw().length;
      process.kill(review.pid, 'SIGWINCH');
      await review.until(() => review.raw().slice(before).includes('\u001B[2J'));
      await review.until((text) => text.includes('q quit'));
      expect(review.screen()).toEqual(shown);
      // Nor does the right pane move.
      const starts = shown.flatMap((row, at) =>
        /│[~+ ] /.test(row) ? [review.cellOf(at, '│')] : [],
      );
      expect(starts.length).toBeGreaterThan(10);
      expect(new Set(starts)).toEqual(new Set([60]));
    },
  );

  it('shows hostile answers as text and passes none of their sequences to the terminal', async () => {
    const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const hostile = [
      hostileText,
      '\u001B]52;c;b3duZWQ=\u0007\u001B]8;;https://example.invalid\u0007link\u001B]8;;\u0007',
      '\u001BP$qm\u001B\\\u001B_Gpayload\u001B\\\u001B[?1049l\u001B[?1000h\u001B[2J\u001Bc',
      'lone \ud800 and \udc00 end \u202Eabc\u0000\u009B31m\u0085',
    ].join('\n');
    const review = await open([
      { id: 'req_1', baseline: hostile, candidate: `${hostile}\nmore` },
      { id: 'req_2', baseline: nested, candidate: `${nested} ` },
      { id: 'req_\u001B]0;t\u0007\u202E', baseline: 'a', candidate: 'b\u001B[31m' },
    ]);
    for (let pair = 0; pair < 3; pair++) {
      for (const keys of 'vvvviippGg') review.type(keys);
      await review.settle();
      for (let at = 0; at <= pair; at++) review.type('J');
      await review.until((text) => text.includes('first token'));
    }
    const raw = review.raw().replace(backgroundQuery, '');
    expect(raw).not.toMatch(/[\0\u0080-\u009F\u202A-\u202E\u2066-\u2069]/u);
    // Only the sequences that draw a screen.
    const sequences = raw.match(/\u001B(?:\[[0-?]*[ -/]*[@-~]|.)/gsu) ?? [];
    const odd = sequences.filter(
      (sequence) =>
        !/^\u001B\[(?:[\d;]*m|\d*[A-HJKG]|\d+;\d+H|\?(?:7|25|1000|1006|1049|2004|2026)[hl])$/.test(
          sequence,
        ),
    );
    expect(new Set(odd)).toEqual(new Set());
    expect(raw.match(/\u001B\[\?1049/g)).toHaveLength(1);
    // The review takes the mouse itself, once.
    expect(raw.match(/\u001B\[\?1000h/g)).toHaveLength(1);
    expect(review.buffer()).toBe('alternate');
    review.type('KKK');
    await review.until('this is the first pair');
    expect(await review.quit()).toBe(0);
  });

  it('shows ␛ and similar signs instead of control characters', async () => {
    const review = await open([
      { id: 'req_1', baseline: '\u001B]52;c;b3duZWQ=\u0007 \u0000 \u202E', candidate: 'x' },
    ]);
    expect(await review.until('b3duZWQ=')).toContain('␛]52;c;b3duZWQ=␇ ␀ <U+202E>');
  });

  it('scrolls a line of 10 MB, one of 1 MB, and 10,000 lines', async () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index} 第${index}行`);
    const review = await open([
      { id: 'req_1', baseline: 'word '.repeat(2_000_000), candidate: '另'.repeat(100_000) },
      { id: 'req_2', baseline: 'x'.repeat(1_000_000), candidate: `${'x'.repeat(999_999)}y` },
      {
        id: 'req_3',
        baseline: lines.join('\n'),
        candidate: lines.with(9000, 'changed').join('\n'),
      },
    ]);
    const seen = new Set<string>();
    // Without folds, and at the top instead of at the first difference.
    review.type('z');
    for (let pair = 0; pair < 3; pair++) {
      review.type('g');
      const text = await review.until(/rows 1–\d+ of [\d,]{5,}/);
      const total = /of ([\d,]+)/.exec(/rows.*/.exec(text)?.[0] ?? '')?.[1] ?? '';
      seen.add(total);
      review.type('G');
      await review.until(new RegExp(`–${total} of ${total}`));
      review.type('g');
      await review.until(/rows 1–/);
      review.type('J');
      await review.until((shown) => pair === 2 || !shown.includes(`of ${total}`));
    }
    expect(seen.size).toBe(3);
  });
});

/** Every SGR parameter that was written. */
const sgr = (raw: string): readonly number[] =>
  [...raw.matchAll(/\u001B\[([\d;:]*)m/g)].flatMap(([, codes]) =>
    (codes ?? '').split(/[;:]/).map(Number),
  );
