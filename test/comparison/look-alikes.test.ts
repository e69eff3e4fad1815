import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookAlikeReason } from '../../source/comparison/look-alikes.ts';

describe('the reason why two texts that look alike differ', () => {
  it.each([
    ['a b', 'a\u00a0b', 'U+0020 vs U+00A0'],
    ['ab', 'a\u200bb', 'nothing vs U+200B'],
    ['a\u200b', 'a', 'U+200B vs nothing'],
    ['\u0430b', 'ab', 'U+0430 vs U+0061'],
    ['a\u200b\u200d', 'a\u200d\u200b', 'U+200B vs U+200D'],
    ['caf\u00e9', 'cafe\u0301', 'U+00E9 vs U+0065'],
    ['caf\u00e9 a', 'cafe\u0301 \u0430', 'U+0061 vs U+0430'],
  ])('of %j and %j is %s', (a, b, reason) => {
    expect(lookAlikeReason(a, b)).toBe(reason);
  });

  it('is none for texts that are the same or look different', () => {
    expect(lookAlikeReason('a', 'a')).toBeNull();
    expect(lookAlikeReason('a', 'b')).toBeNull();
  });

  it('swaps its sides with the texts, and names a character that is there', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '\u0430', ' ', '\u00a0', '\u200b', '\u200d', '\u00e9', 'e\u0301'),
      maxLength: 5,
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const reason = lookAlikeReason(a, b);
        expect(lookAlikeReason(b, a)).toBe(reason?.split(' vs ').toReversed().join(' vs ') ?? null);
        const [one = '', other = ''] = reason?.split(' vs ') ?? ['nothing', 'nothing'];
        const isIn = (name: string, side: string): boolean =>
          name === 'nothing' ||
          side.includes(String.fromCodePoint(Number.parseInt(name.slice(2), 16)));
        const forms = (side: string): string => side + side.normalize('NFC');
        expect([isIn(one, forms(a)), isIn(other, forms(b))]).toEqual([true, true]);
      }),
      { numRuns: 2000 },
    );
  });
});
