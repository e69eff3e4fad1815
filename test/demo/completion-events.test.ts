import { assert, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileText } from '../../source/demo/faults.ts';
import { estimatedTokens, textPieces } from '../../source/demo/completion-events.ts';

describe('the pieces of a text', () => {
  it('are words, Han characters, signs and spaces', () => {
    expect(textPieces('The extraordinary 银行卡 broke!?\n\n  ')).toEqual([
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

  it('give the text when joined, and split no surrogate pair', () => {
    const texts = oneof(
      string({ unit: 'binary' }),
      string({ unit: 'grapheme' }),
      constantFrom(hostileText, '\ud800\ud800x\udc00'),
    );
    assert(
      property(texts, (text) => {
        const parts = textPieces(text);
        expect(parts.join('')).toBe(text);
        expect(parts.every((part) => part.isWellFormed())).toBe(text.isWellFormed());
      }),
    );
  });
});

describe('the estimated tokens', () => {
  it('are one for every four bytes or part of them', () => {
    expect(['', 'a', 'four', 'fours', '银行'].map(estimatedTokens)).toEqual([0, 1, 1, 2, 2]);
  });
});
