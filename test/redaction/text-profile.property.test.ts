import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profileText } from '../../source/redaction/text-profile.ts';

/** By definition: from every digit on, as far as the gaps allow. */
const mostDigits = (text: string): number => {
  let most = 0;
  for (let start = 0; start < text.length; start++) {
    let digits = 0;
    for (let at = start, gap = 0; at < text.length && gap <= 2; at++) {
      const unit = text[at] ?? '';
      if (/[0-9]/.test(unit)) {
        digits++;
        gap = 0;
      } else if (/[A-Z[\\\]^_`a-z{|}~\u007F]/.test(unit)) break;
      else gap++;
    }
    most = Math.max(most, digits);
  }
  return most;
};

const numbers = ['1', '9', '23', '456'];
/** The low byte of 丵 is that of the digit 5. */
const others = [
  ' ',
  '-',
  '--',
  '---',
  'a',
  'Z',
  '_',
  '.',
  'é',
  '号',
  '丵',
  'no number stands in this',
];
const text = fc
  .oneof(
    fc.array(fc.constantFrom(...numbers, ...others)),
    fc
      .tuple(fc.array(fc.constantFrom(...others)), fc.constantFrom('', ...numbers))
      .map(([some, last]) => [...some, last]),
  )
  .map((parts) => parts.join(''));

describe('profileText', () => {
  it('counts the most digits in a row', () => {
    fc.assert(
      fc.property(text, (one) => {
        const { digits, nearDigits } = profileText(one);
        const most = mostDigits(one);
        expect(nearDigits === '').toBe(!/[0-9]/.test(one));
        expect(nearDigits.replace(/[^0-9]/g, '')).toBe(one.replace(/[^0-9]/g, ''));
        // No value has fewer than four, so that they may count as none.
        if (most >= 4) expect(digits).toBe(most);
        else expect(digits).toBeLessThan(4);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the long tokens of a text', () => {
  const part = fc.oneof(
    fc.constantFrom(' ', ', ', '号', 'ŁŃ', '\n', '"'),
    fc.integer({ min: 1, max: 45 }).map((length) => 'aB3_-+/=.'.repeat(5).slice(0, length)),
  );
  const filler = fc.integer({ min: 0, max: 30 }).map((units) => 65_500 + units);

  it('are the runs of at least twenty of their characters', () => {
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const one = parts.join('');
        expect(profileText(one).tokens).toEqual(one.match(/[A-Za-z0-9_\-+/=.]{20,}/g) ?? []);
      }),
    );
  });

  it('are found at the edges of the pieces in which a text is scanned', () => {
    fc.assert(
      fc.property(filler, fc.boolean(), (units, isChinese) => {
        const token = 'sk_live_0123456789abcdef';
        const one = `${(isChinese ? '好。' : 'a ').repeat(units / 2)} ${token} b`;
        expect(profileText(one).tokens).toEqual([token]);
      }),
      { numRuns: 40 },
    );
  });
});
