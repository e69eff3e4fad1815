import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import { differenceText, sidelessReason } from '../../source/comparison/difference-text.ts';
import type { Answer } from '../../source/models/answer.ts';
import { answerOf } from '../helpers/filled-store.ts';

const json = { response_format: { type: 'json_object' } };

const text = (baseline: Answer, candidate: Answer): string =>
  differenceText(compareAnswers(json, baseline, candidate));

const ofJson = (baseline: unknown, candidate: unknown): string =>
  text(answerOf(JSON.stringify(baseline)), answerOf(JSON.stringify(candidate)));

const call = (name: string, given: unknown): Answer => ({
  ...answerOf(''),
  toolCalls: [{ id: null, name, arguments: JSON.stringify(given) }],
});

describe('the phrase for a difference', () => {
  it('names the fields in values, those on both sides first', () => {
    expect(ofJson({ priority: 'high', id: 1 }, { priority: 'urgent', id: 1 })).toBe(
      'priority high → urgent',
    );
    expect(ofJson({ a: 1, priority: 'high' }, { priority: 'urgent', sum: 17 })).toBe(
      'priority high → urgent · − a 1 · + sum 17',
    );
    expect(ofJson({ channel: 'bank', ids: [1, 2] }, { channel: null, ids: [2, 1] })).toBe(
      'channel "bank" → null · order of ids',
    );
    expect(ofJson({ qty: 1 }, { qty: '1' })).toBe('qty 1 → "1"');
  });

  it('says the first five changes and how many more there are, and cuts long values', () => {
    const numbers = (by: number): Record<string, number> =>
      Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`n${index}`, index + by]));
    expect(ofJson(numbers(0), numbers(1))).toBe(
      'n0 0 → 1 · n1 1 → 2 · n2 2 → 3 · n3 3 → 4 · n4 4 → 5 · 2 more',
    );
    expect(ofJson({ note: 'y'.repeat(50) }, { note: 'x' })).toBe(`note ${'y'.repeat(23)}… → x`);
    expect(ofJson({ note: `${'y'.repeat(50)}1` }, { note: `${'y'.repeat(50)}2` })).toBe(
      'note differs',
    );
  });

  it('names the arguments of tool calls, and calls that one side lacks', () => {
    expect(text(call('book', { cabin: 'eco' }), call('book', { cabin: 'first' }))).toBe(
      'book().cabin eco → first',
    );
    expect(text(call('book', {}), call('cancel', {}))).toBe('− book() · + cancel()');
    expect(
      text(
        { ...call('book', { cabin: 'eco' }), text: 'one' },
        { ...call('book', { cabin: 'first' }), text: 'two' },
      ),
    ).toBe('book().cabin eco → first · text differs');
  });

  it('is the reason of the machine for everything else', () => {
    expect(text(answerOf('{"a":1}'), answerOf('{"a":'))).toBe(
      "the candidate's JSON does not parse",
    );
    expect(text(answerOf('Yes.'), answerOf('No.'))).toBe(
      differenceText({
        reason: compareAnswers(json, answerOf('Yes.'), answerOf('No.')).reason,
        differs: { toolCalls: false, language: false, finishReason: false },
      }),
    );
    const old = {
      reason: '2 fields differ',
      differs: { toolCalls: false, language: false, finishReason: false },
    };
    expect(differenceText(old)).toBe('2 fields differ');
  });

  it('lets no control character through', () => {
    expect(ofJson({ a: '\u001B[31m' }, { a: 'b' })).not.toContain('\u001B');
    expect(ofJson({ '\u001B[2J': 1 }, { '\u001B[2J': 2 })).not.toContain('\u001B');
  });
});

describe('the reason without sides', () => {
  const pairs: readonly (readonly [Answer, Answer])[] = [
    [answerOf('Yes.'), answerOf('')],
    [answerOf('{"a":1}'), answerOf('{"a":')],
    [answerOf('{"a":1}'), answerOf('```json\n{"a":1}\n```')],
    [answerOf('{"a":1}'), answerOf('{"a":1,"b":2}')],
    [answerOf('Yes.'), { ...answerOf(''), refusal: 'No.' }],
    [answerOf('Yes.'), { ...answerOf('Ye'), finishReason: 'length' }],
    [answerOf('10\u00a0EUR'), answerOf('10 EUR')],
    [answerOf('{"sum":"10\u00a0EUR"}'), answerOf('{"sum":"10 EUR"}')],
    [answerOf('Yes.'), { ...answerOf('Yes.'), otherParts: ['image'] }],
    [call('book', { cabin: 'eco' }), answerOf('')],
  ];

  it.each(pairs)('is the same with the sides swapped: %j', (one, other) => {
    const reasons = [
      [one, other],
      [other, one],
    ].map(([a, b]) => (a && b ? sidelessReason(compareAnswers(json, a, b).reason) : ''));
    expect(reasons[0]).not.toMatch(/baseline|candidate|missing|extra/);
    expect(reasons[0]).toBe(reasons[1]);
  });
});
