import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { isEmoji, replaceOutsideEmoji } from '../../source/text/emoji.ts';

const recommended = /^\p{RGI_Emoji}$/v;

const codePoints = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));
const emoji = codePoints.filter((character) => /\p{Emoji}/u.test(character));
const indicators = emoji.filter((character) => /\p{Regional_Indicator}/u.test(character));
const skins = emoji.filter((character) => /\p{Emoji_Modifier}/u.test(character));

const families = ['👩‍👩‍👧', '👩🏽‍🚀', '🏴‍☠️', '🏳️‍🌈', '❤️‍🔥', '👩‍👩', '👨‍❤️‍💋‍👨', '🧑🏻‍🤝‍🧑🏿', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'];

/** Emoji, pieces of them, and what may stand beside one. */
const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...families,
        '\u200D',
        '\uFE0F',
        '\u20E3',
        '\u{E0067}',
        '\u{E007F}',
        '1',
        'a',
      ),
      fc.constantFrom(...skins),
      fc.constantFrom(...indicators),
      fc.constantFrom(...emoji),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

describe('isEmoji', () => {
  it('agrees with the set of Unicode on characters, selectors, keycaps, flags and skins', () => {
    const all = [
      ...codePoints,
      ...emoji.flatMap((character) => [
        `${character}\uFE0F`,
        `${character}\uFE0F\u20E3`,
        `${character}\u20E3`,
        ...skins.map((skin) => character + skin),
      ]),
      ...indicators.flatMap((first) => indicators.map((second) => first + second)),
      ...families,
    ];
    expect(all.filter((text) => isEmoji(text) !== recommended.test(text))).toEqual([]);
    expect(all.filter(isEmoji).length).toBeGreaterThan(2000);
  });

  it('agrees with it on any other text', () => {
    fc.assert(
      fc.property(pieces, (text) => {
        expect(isEmoji(text)).toBe(recommended.test(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('gives string-width the same widths when the joined ones are counted first', () => {
    // The bundle's string-width asks for joined emoji before it asks `isEmoji`; a joined emoji of the set has
    // two pictographs at least, so that both answers are two cells.
    const joined = fc.constantFrom(...families.filter((text) => text.includes('\u200D')));
    fc.assert(
      fc.property(joined, (text) => {
        expect((text.match(/\p{Extended_Pictographic}/gu) ?? []).length).toBeGreaterThan(1);
        expect(stringWidth(text)).toBe(2);
      }),
    );
  });
});

describe('replaceOutsideEmoji', () => {
  it('leaves alone what the whole set would leave alone', () => {
    const hidden = String.raw`[\u{E0000}-\u{E007F}\uFE0F\u200D]`;
    const whole = new RegExp(String.raw`(\p{RGI_Emoji})|${hidden}`, 'gv');
    fc.assert(
      fc.property(pieces, (text) => {
        const expected = text.replace(whole, (found: string, kept: string | undefined) =>
          kept === undefined ? '#' : found,
        );
        expect(replaceOutsideEmoji(text, hidden, () => '#')).toBe(expected);
      }),
      { numRuns: 10_000 },
    );
  });
});
