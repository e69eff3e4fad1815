import { assert, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileText } from '../../../source/demo/server/faults.ts';
import { estimatedTokens, pieces } from '../../../source/demo/server/pieces.ts';

describe('pieces', () => {
  it('splits words, Han characters, signs and spaces', () => {
    expect(pieces('The extraordinary 银行卡 broke!?\n\n  ')).toEqual([
      'The',
      ' extraord',
      'inary',
      ' 银行',
      '卡',
      ' broke',
      '!?',
      '\n\n  ',
    ]);
  });

  it('gives the text back when joined, and splits no surrogate pair', () => {
    const texts = oneof(
      string({ unit: 'binary' }),
      string({ unit: 'grapheme' }),
      constantFrom(hostileText, '\ud800\ud800x\udc00'),
    );
    assert(
      property(texts, (text) => {
        const parts = pieces(text);
        expect(parts.join('')).toBe(text);
        expect(parts.every((part) => part.isWellFormed())).toBe(text.isWellFormed());
      }),
    );
  });
});

describe('estimatedTokens', () => {
  it('counts one token for every four bytes begun', () => {
    expect(['', 'a', 'four', 'fours', '银行'].map(estimatedTokens)).toEqual([0, 1, 1, 2, 2]);
  });
});
