import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  judgedOn,
  openReview,
  temporaryFolder,
  type Review,
  look,
  mark,
} from '../helpers/review.ts';

const pairs = Array.from({ length: 12 }, (_, index) => ({
  id: `req_${index}`,
  baseline: `The answer is ${index}.`,
  candidate: `The answer is ${index + 1}.`,
}));

const open = async (): Promise<Review> => {
  const review = await openReview(temporaryFolder(onTestFinished), pairs);
  onTestFinished(() => review.kill());
  return review;
};

const escape = '\u001B';
/** Every verdict key, the digits, enter and skip. */
const keys = 'axbw axbw 123456789\raaaa';

/** 1,000 verdicts take minutes; set the variable to give so many. */
const pacedVerdicts = Number(process.env['UNDERSTUDY_PACED_VERDICTS'] ?? 60);

describe('input that judges nothing', () => {
  it('bracketed pastes, in one chunk or many, even with escapes in their text', async () => {
    const review = await open();
    review.type(`${escape}[200~${keys.repeat(50)}${escape}[201~`);
    await review.until('pasted text is not a command');
    review.type(`${escape}[20`);
    review.type(`0~${keys}`);
    review.type(`${keys}${escape}]11;${escape}[M${escape}[2`);
    review.type(`01~`);
    await review.settle();
    await review.until((text) => judgedOn(text) === 0);
    expect(await review.events()).toEqual([]);
  });

  it('pastes that the terminal does not mark', async () => {
    const review = await open();
    review.type('a very bad answer\rx b w a q');
    await review.until('pasted text is not a command');
    await review.settle();
    expect(await review.events()).toEqual([]);
    review.type('cit is wrong here, all of it\r');
    await review.until('all of it');
    // A key that arrives together with enter would be more of the comment.
    await review.until((text) => !text.includes('enter save'));
    await review.settle();
    expect(await review.events()).toHaveLength(1);
  });

  it.each([
    [
      'the wheel, in the new report format',
      `${escape}[<64;98;97M${escape}[<65;1;1M${escape}[<0;120;97m`,
    ],
    ['the wheel, in the old report format', `${escape}[M\`ax${escape}[M a ${escape}[Mabw`],
    ['the wheel, reported in UTF-8', `${escape}[M\`áx${escape}[M aĂ`],
    ['the wheel, as urxvt reports it', `${escape}[96;97;120M`],
    ['focus reports', `${escape}[I${escape}[O${escape}[I`],
    ['device attributes', `${escape}[?64;1;2;6;9;15;22c${escape}[>41;388;0c`],
    ['the cursor position', `${escape}[24;80R${escape}[?24;80;1R`],
    ['mode and keyboard reports', `${escape}[?2026;2$y${escape}[?1u`],
    ['the size of the window', `${escape}[8;40;120t${escape}[4;800;1200t`],
    ['a colour report, as OSC with BEL', `${escape}]11;rgb:abab/bbbb/aaaa\u0007`],
    ['a clipboard report, as OSC with ST', `${escape}]52;c;YXhidw==${escape}\\`],
    ['a version report, as DCS', `${escape}P>|xterm(388) axbw${escape}\\`],
    ['a capability report, as DCS', `${escape}P1+r524742=382f38${escape}\\`],
    ['a graphics reply, as APC', `${escape}_Gi=1;axbw${escape}\\`],
    ['half a control sequence', `${escape}[1;5`],
    ['half a mouse report', `${escape}[M\``],
    ['half a reply', `${escape}]11;rgb:`],
    ['keys with Alt', `${escape}a${escape}x${escape}b${escape}w${escape} `],
    ['keys without a meaning', `${escape}[1;5A${escape}OP${escape}[15~${escape}[Z`],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x80, 0xf5, 0xe4, 0xbd])],
    ['control bytes', '\u0000\u0001\u0005\u0007\u000E\u0013\u0016\u0019\u001C\u001F'],
  ])('%s', async (_, bytes) => {
    const review = await once();
    review.type(bytes);
    await review.settle();
    expect(judgedOn(review.text())).toBe(0);
    expect(review.text()).toContain('─ baseline');
    expect(await review.events()).toEqual([]);
  });

  // A busy machine may delay a repeat so much that the key no longer counts as held, hence the retries.
  // The session's own tests check the intervals without a clock.
  it('a held key after its first press, however long it is held', { retry: 3 }, async () => {
    const review = await open();
    await mark(review, 'a', (text) => judgedOn(text) === 1);
    await repeat(review, 'a', { afterMs: 500, everyMs: 30, times: 25 });
    await review.settle();
    expect(judgedOn(review.text())).toBe(1);
    review.type('l');
    await review.until('the next pair to judge');
    await repeat(review, ' ', { afterMs: 250, everyMs: 33, times: 1 });
    await repeat(review, ' ', { afterMs: 500, everyMs: 33, times: 20 });
    await review.settle();
    expect((await review.events()).map(({ kind }) => kind)).toEqual(['verdict', 'skip']);
  });
});

describe('keys in quick succession', () => {
  it('judge one pair if one write contains a verdict key many times, and say so', async () => {
    const review = await open();
    await look();
    review.type('aaaaaaaa');
    await review.until('agree was not taken: a held key judges once (7 keys were not)');
    await review.settle();
    expect(judgedOn(review.text())).toBe(1);
  });

  it('never judge a pair that has not been shown, and say so', async () => {
    const review = await open();
    await look();
    review.type('axbw');
    await review.until(/agree \(u: undo\) · both bad was not taken: .* \(3 keys were not\)/);
    await review.settle();
    expect(await review.events()).toMatchObject([{ kind: 'verdict', verdict: 'agree' }]);
  });

  it.each([
    // A fixed sequence in which keys often repeat.
    ['four keys', 'axbw', 40],
    // One key at this pace is a held one, whose first press may come too early.
    ['one key', 'a', 0],
  ])(
    'are judged or refused aloud, 1,000 of %s at 50 a second: none lost, doubled or misplaced',
    async (_name, letters, least) => {
      const many = Array.from({ length: 400 }, (_, index) => ({
        id: `req_${index}`,
        baseline: `The answer is ${index}.`,
        candidate: `The answer is ${index + 1}.`,
      }));
      const review = await openReview(temporaryFolder(onTestFinished), many);
      onTestFinished(() => review.kill());
      let typed = '';
      for (let count = 0, chosen = 7; count < 1000; count++) {
        chosen = (chosen * 1103515245 + 12345) % 2147483648;
        const letter = letters[(chosen >> 16) % letters.length] ?? 'a';
        typed += letter;
        review.type(letter);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await review.quit()).toBe(0);
      const events = await review.events();
      const verdicts = events.map((event) => (event.kind === 'verdict' ? event.verdict : 'none'));
      const judged = events.map(({ captureId }) => captureId);
      expect(new Set(judged).size).toBe(judged.length);
      expect(judged.length).toBeGreaterThanOrEqual(least);
      // No pair was on the screen for less than 150 ms when its key came.
      expect(judged.length).toBeLessThanOrEqual((1000 * 40) / 150);
      const text = await review.until(/keys? (?:was|were) not taken/);
      const refused = Number(/([\d,]+) keys were not taken/.exec(text)?.[1]?.replace(',', ''));
      expect(judged.length + refused).toBe(1000);
      // The verdicts are keys that were typed, in their order.
      const names = { a: 'agree', x: 'worse', b: 'better', w: 'both_bad' } as const;
      let at = 0;
      for (const verdict of verdicts) {
        while (at < typed.length && names[typed[at] as keyof typeof names] !== verdict) at++;
        expect(at).toBeLessThan(typed.length);
        at++;
      }
    },
  );

  it(
    `give ${pacedVerdicts} verdicts at the fastest pace that is taken, each on the pair that was shown`,
    { timeout: 1_200_000 },
    async () => {
      const many = Array.from({ length: pacedVerdicts + 10 }, (_, index) => ({
        id: `req_${index}`,
        baseline: `The answer is ${index}.`,
        candidate: `The answer is ${index + 1}.`,
      }));
      const review = await openReview(temporaryFolder(onTestFinished), many);
      onTestFinished(() => review.kill());
      const letters = ['a', 'x', 'b', 'w'] as const;
      const given: { readonly captureId: string; readonly letter: string }[] = [];
      let pressed = 0;
      while (given.length < pacedVerdicts) {
        const letter = letters[given.length % letters.length] ?? 'a';
        const captureId = /req_\d+/.exec(review.text())?.[0] ?? '';
        // A little longer than a pair must have been shown.
        await new Promise((resolve) => setTimeout(resolve, 160));
        review.type(letter);
        pressed += 1;
        const isJudged = (now: string): boolean => judgedOn(now) > given.length;
        try {
          await review.until(isJudged, 2000);
          given.push({ captureId, letter });
        } catch {
          // The key came too early for a busy machine: it was refused aloud.
          expect(review.text()).toContain('was not taken');
        }
      }
      expect(await review.quit()).toBe(0);
      const names = { a: 'agree', x: 'worse', b: 'better', w: 'both_bad' } as const;
      const events = await review.events();
      expect(events.map((event) => [event.captureId, 'verdict' in event && event.verdict])).toEqual(
        given.map(({ captureId, letter }) => [captureId, names[letter as keyof typeof names]]),
      );
      if (pressed === pacedVerdicts) return;
      const ending = await review.until(/keys? (?:was|were) not taken/);
      const refused = /([\d,]+) keys? (?:was|were) not taken/.exec(ending)?.[1] ?? '';
      expect(Number(refused.replace(',', ''))).toBe(pressed - pacedVerdicts);
    },
  );

  it('take a key that follows a reply in the same write', async () => {
    const review = await open();
    await look();
    review.type(`${escape}]11;rgb:abab/bbbb/aaaa\u0007${escape}[M\`axx`);
    await review.until((text) => judgedOn(text) === 1);
    expect(await review.events()).toMatchObject([{ kind: 'verdict', verdict: 'worse' }]);
  });
});

/** Repeats a key as a terminal does. Time is what this test is about. */
const repeat = async (
  review: Review,
  key: string,
  pace: { readonly afterMs: number; readonly everyMs: number; readonly times: number },
): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, pace.afterMs));
  for (let time = 0; time < pace.times; time++) {
    review.type(key);
    await new Promise((resolve) => setTimeout(resolve, pace.everyMs));
  }
};

let shared: Promise<Review> | null = null;

/** One review for all inputs that must not change it. */
const once = (): Promise<Review> => (shared ??= openReview(temporaryFolder(afterAllTests), pairs));

const works: (() => void)[] = [];
const afterAllTests = (work: () => void): void => void works.push(work);
afterAll(async () => {
  (await shared)?.kill();
  for (const work of works) work();
});
