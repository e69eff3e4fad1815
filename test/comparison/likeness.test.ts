import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { likeness } from '../../source/comparison/compare-answers.ts';
import { answerOf } from '../helpers/filled-store.ts';

const of = (one: string, other: string): number => likeness(answerOf(one), answerOf(other));

describe('the likeness of two answers', () => {
  it.each([
    ['the parcel is late', 'the parcel is late', 1],
    ['the parcel is late', 'late is the parcel', 1],
    ['the parcel is late', 'un colis en retard', 0],
    ['red green', 'red blue!', 0.38],
    ['', '', 1],
    ['退款申请已提交', '退款申请已收到', 0.71],
  ])('%s, %s: %d', (one, other, expected) => {
    expect(of(one, other)).toBe(expected);
  });

  it('counts tool calls', () => {
    const calling = (date: string) => ({
      ...answerOf(''),
      toolCalls: [{ id: null, name: 'book', arguments: `{"date":"${date}"}` }],
    });
    expect(likeness(calling('monday'), calling('monday'))).toBe(1);
    expect(likeness(calling('monday'), calling('sunday'))).toBeLessThan(1);
    expect(likeness(calling('monday'), answerOf('monday'))).toBeLessThan(0.7);
  });

  it('is a share, and the same from both sides', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const share = of(one, other);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
        expect(of(other, one)).toBe(share);
        expect(of(one, one)).toBe(1);
      }),
    );
  });
});
