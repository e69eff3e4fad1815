import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { words } from '../../source/text/segment.ts';
import { anyText } from './any-text.ts';

describe('words', () => {
  it('cuts English into words, spaces and marks', () => {
    expect(words("I don't pay 1,000.50  now.")).toEqual([
      'I',
      ' ',
      "don't",
      ' ',
      'pay',
      ' ',
      '1,000.50',
      '  ',
      'now',
      '.',
    ]);
  });

  it('cuts Chinese without spaces', () => {
    expect(words('我喜欢苹果。')).toEqual(['我', '喜欢', '苹果', '。']);
  });

  it('keeps a colon apart, beside Chinese as in ASCII', () => {
    expect(words('a:b')).toEqual(['a', ':', 'b']);
    expect(words('a:b 中')).toEqual(['a', ':', 'b', ' ', '中']);
  });

  it('gives every text back when joined', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(words(text).join('')).toBe(text);
        expect(words(text)).not.toContain('');
      }),
      { numRuns: 2000 },
    );
  });

  it('cuts ASCII as Intl.Segmenter does', () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
    const unit = fc.constantFrom(...'aBz019_.,;\' -"\r\n\t/(){}');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        expect(words(text)).toEqual([...segmenter.segment(text)].map(({ segment }) => segment));
      }),
      { numRuns: 5000 },
    );
  });
});
