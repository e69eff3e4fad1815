import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import type { Rule } from '../../source/comparison/settling-rules.ts';
import type { Answer } from '../../source/models/answer.ts';
import { shortPair } from '../../source/review/screen/short-pair.ts';
import { answerOf } from '../helpers/filled-store.ts';
import { answeredView } from './shown.ts';

const request = {
  messages: [{ role: 'user', content: 'How\n urgent?' }],
  response_format: { type: 'json_object' },
};

/** The answers of a row with their remarks; null if the pair is no row. */
const row = (
  baseline: Answer,
  candidate: Answer,
  { cells = 60, rules = [] }: { readonly cells?: number; readonly rules?: readonly Rule[] } = {},
): readonly string[] | null => {
  const view = answeredView('r1', { baseline, candidate });
  const comparison = compareAnswers(request, baseline, candidate);
  const short = shortPair(
    'c1',
    { ...view, capture: { ...view.capture, request }, comparison, rules },
    cells,
  );
  if (short === null) return null;
  expect(short).toMatchObject({ comparisonId: 'c1', captureId: 'r1', question: 'How urgent?' });
  return [short.baseline, short.candidate].map(({ remark, text }) =>
    remark === null ? text : `[${remark}] ${text}`,
  );
};

const high = answerOf('{\n  "priority": "high"\n}');

describe('a pair as a row', () => {
  it('shows JSON in one line, also that of a code fence', () => {
    expect(row(high, answerOf('{"priority": "low"}'))).toEqual([
      '{"priority":"high"}',
      '{"priority":"low"}',
    ]);
    expect(row(high, answerOf('```json\n{\n"priority": "low"}\n```'))).toEqual([
      '{"priority":"high"}',
      '[fenced] {"priority":"low"}',
    ]);
    expect(row(high, answerOf('```\n{"priority":"high"}\n```'))).toEqual([
      '{"priority":"high"}',
      '[fenced] {"priority":"high"}',
    ]);
  });

  it('says what makes an answer useless', () => {
    expect(row(high, answerOf('{"priority":\n "low"'))).toEqual([
      '{"priority":"high"}',
      '[does not parse] {"priority": "low"',
    ]);
    expect(row(high, { ...answerOf(''), refusal: 'No.' })?.[1]).toBe('[refuses] No.');
    expect(row(high, answerOf(''))?.[1]).toBe('[empty] ');
    expect(row(high, { ...answerOf('{"pri'), finishReason: 'length' })?.[1]).toBe(
      '[does not parse, cut off] {"pri',
    );
  });

  it('is none if it does not fit, calls tools, or differs in what a row cannot show', () => {
    expect(row(high, answerOf('```\n{"priority":"low"}\n```'), { cells: 20 })).toBeNull();
    const call = { id: null, name: 'book', arguments: '{}' };
    expect(row(high, { ...high, toolCalls: [call] })).toBeNull();
    expect(row(high, { ...high, finishReason: 'other' })).toBeNull();
    expect(row(answerOf('{"a":'), answerOf('{"a": '))).toBeNull();
  });

  it('does not show what rules cover', () => {
    const rule: Rule = {
      id: '1',
      author: 'ada',
      madeBy: 'reviewer',
      at: '2026-11-24T08:15:00.000Z',
      endpoint: null,
      path: 'at',
      ignore: 'everything',
      tolerance: null,
    };
    const [one, other] = [answerOf('{"at":1,"s":"a"}'), answerOf('{"at":2,"s":"b"}')];
    expect(row(one, other)).toEqual(['{"at":1,"s":"a"}', '{"at":2,"s":"b"}']);
    expect(row(one, other, { rules: [rule] })).toEqual(['s "a", …', 's "b", …']);
  });
});
