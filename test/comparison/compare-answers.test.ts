import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import type { Answer, ToolCall } from '../../source/models/answer.ts';
import type { JsonObject } from '../../source/text/json.ts';
import { answer } from './any-answer.ts';

const jsonRequest: JsonObject = { response_format: { type: 'json_object' } };

const say = (a: Partial<Answer>, b: Partial<Answer>, request: JsonObject = {}): string => {
  const { outcome, reason } = compareAnswers(request, answer(a), answer(b));
  return `${outcome}: ${reason}`;
};
const sayTexts = (a: string, b: string, request: JsonObject = {}): string =>
  say({ text: a }, { text: b }, request);

const call = (name: string, text: string, id = 'x'): ToolCall => ({ id, name, arguments: text });

describe('the outcome of a pair', () => {
  it('is identical only byte for byte', () => {
    expect(sayTexts('yes', 'yes')).toBe('identical: identical byte for byte');
    expect(
      say(
        { toolCalls: [call('find', '{"a":1}', 'call_1')], finishReason: 'tool_calls' },
        { toolCalls: [call('find', '{"a":1}', 'call_2')], finishReason: 'tool_calls' },
      ),
    ).toBe('identical: identical byte for byte');
  });

  it('is equivalent for equal JSON, and names the rule', () => {
    expect(sayTexts('{"a":1,"b":2}', '{ "b": 2.0, "a": 1 }')).toBe(
      'equivalent: same JSON, written differently',
    );
  });

  it('is different if one side puts the JSON in a code fence, whether or not the request asked for JSON', () => {
    const fenced = '```json\n{"a":1}\n```';
    for (const request of [{}, jsonRequest]) {
      expect(sayTexts('{"a":1}', fenced, request)).toBe(
        "different: the candidate's JSON is in a code fence",
      );
      expect(sayTexts(fenced, '{"a":1}', request)).toBe(
        "different: the baseline's JSON is in a code fence",
      );
    }
    expect(sayTexts('{"a":1}', '```json\n{"a":2}\n```')).toBe(
      "different: the candidate's JSON is in a code fence, 1 field differs: a",
    );
    expect(sayTexts(fenced, '```\n{"a":1}\n```')).toBe(
      'different: the code fences of the JSON differ',
    );
    expect(sayTexts(fenced, '```json\n{ "a": 1.0 }\n```\n')).toBe(
      'equivalent: same JSON, written differently',
    );
  });

  it('is different if the choices after the first differ', () => {
    const choices = (...texts: readonly string[]): Partial<Answer> => ({
      text: 'x',
      otherChoices: texts.map((text, index) => ({ ...answer({ text }), index: index + 1 })),
    });
    expect(say(choices('a', 'b'), choices('a', 'b'))).toBe('identical: identical byte for byte');
    expect(say(choices('a', 'b'), choices('a', 'c'))).toBe(
      'different: choices after the first differ',
    );
    expect(say(choices('a'), { text: 'x' })).toBe('different: choices after the first differ');
    const { divergences } = compareAnswers(
      {},
      answer({ ...choices('a'), text: 'Yes' }),
      answer({ ...choices('b'), text: 'yes' }),
    );
    expect(divergences).toBeNull();
  });

  it('keeps the indentation of the first line if another line is indented', () => {
    for (const indented of ['a:\n    b: 1\n    c: 2', 'if x:\n\ty()']) {
      expect(sayTexts(indented, `  ${indented}`)).toBe('different: text differs');
      expect(sayTexts(indented, `  \r\n\n${indented} \n`)).toBe(
        'equivalent: same text except for surrounding white space',
      );
    }
    expect(sayTexts('a\nb', '  a\nb')).toBe(
      'equivalent: same text except for surrounding white space',
    );
    expect(sayTexts('a\n \nb', '  a\n \nb')).toBe(
      'equivalent: same text except for surrounding white space',
    );
  });

  it('is equivalent for texts that look the same to a reader', () => {
    expect(sayTexts('yes', ' yes\n')).toBe(
      'equivalent: same text except for surrounding white space',
    );
    expect(sayTexts('a\r\nb', 'a\nb')).toBe('equivalent: same text except for line endings');
    expect(sayTexts('caf\u00e9', 'cafe\u0301')).toBe(
      'equivalent: same text in a different Unicode form',
    );
  });

  it('is equivalent for tool calls with the same parsed arguments', () => {
    expect(
      say(
        { toolCalls: [call('find', '{"a":1,"b":2}')] },
        { toolCalls: [call('find', '{"b":2,"a":1}')] },
      ),
    ).toBe('equivalent: same tool calls, arguments written differently');
  });

  it('takes bare values that a tool is called with for text', () => {
    expect(say({ toolCalls: [call('run', '3.10')] }, { toolCalls: [call('run', '3.1')] })).toBe(
      'different: tool call arguments differ: run',
    );
    expect(
      say({ toolCalls: [call('run', '"a"')] }, { toolCalls: [call('run', '"\\u0061"')] }),
    ).toBe('different: tool call arguments differ: run');
    expect(say({ toolCalls: [call('run', '[3.10]')] }, { toolCalls: [call('run', '[3.1]')] })).toBe(
      'equivalent: same tool calls, arguments written differently',
    );
  });

  it('treats case, inner white space and punctuation as differences', () => {
    for (const other of ['Yes', 'yes.', 'y es', 'ｙｅｓ']) {
      expect(sayTexts('yes', other)).toBe('different: text differs');
    }
  });

  it('says which fields differ', () => {
    expect(sayTexts('{"priority":"high"}', '{"priority":"urgent"}')).toBe(
      'different: 1 field differs: priority',
    );
    expect(sayTexts('{"a":1,"b":1,"c":1}', '{"a":2,"b":2,"c":2}')).toBe(
      'different: 3 fields differ',
    );
    expect(sayTexts('{"items":[{"n":1}]}', '{"items":[{}]}')).toBe(
      'different: 1 missing field: items[0].n',
    );
    expect(sayTexts('{"n":9007199254740993}', '{"n":9007199254740992}')).toBe(
      'different: 1 field differs: n',
    );
    expect(sayTexts('{"a":1,"a":2}', '{"a":2}')).toMatch(/^different: /);
  });

  it('keeps hostile keys out of the reason', () => {
    expect(sayTexts('{"\\u001b[2J\\n":1}', '{"\\u001b[2J\\n":2}')).not.toMatch(/[\x1b\n]/);
    expect(sayTexts(`{"${'k'.repeat(500)}":1}`, `{"${'k'.repeat(500)}":2}`).length).toBeLessThan(
      80,
    );
  });

  it('takes a bare number for text, unless the request asked for JSON', () => {
    expect(sayTexts('3.10', '3.1')).toBe('different: text differs');
    expect(sayTexts('"a"', '"\\u0061"')).toBe('different: text differs');
    expect(sayTexts('3.10', '3.1', jsonRequest)).toBe('equivalent: same JSON, written differently');
    expect(sayTexts('[3.10]', '[3.1]')).toBe('equivalent: same JSON, written differently');
    expect(sayTexts('3.10', ' 3.10')).toBe(
      'equivalent: same text except for surrounding white space',
    );
  });

  it('is equivalent for JSON that differs only in Unicode form, in values and keys', () => {
    expect(sayTexts('{"name":"Zo\u00eb"}', '{"name":"Zoe\u0308"}', jsonRequest)).toBe(
      'equivalent: same JSON in a different Unicode form',
    );
    expect(sayTexts('{"Zo\u00eb":[1]}', '{"Zoe\u0308":[1]}')).toBe(
      'equivalent: same JSON in a different Unicode form',
    );
  });

  it('shows the code points of texts that look alike', () => {
    expect(sayTexts('10\u00a0EUR', '10 EUR')).toBe(
      'different: text looks the same: U+00A0 vs U+0020',
    );
    expect(sayTexts('10\u00a0EUR', '10\u202fEUR')).toBe(
      'different: text looks the same: U+00A0 vs U+202F',
    );
    expect(sayTexts('{"price":"10\u00a0EUR"}', '{"price":"10 EUR"}')).toBe(
      'different: 1 field looks the same: price, U+00A0 vs U+0020',
    );
    expect(sayTexts('p\u0430y', 'pay')).toBe('different: text looks the same: U+0430 vs U+0061');
    expect(sayTexts('ab', 'a\u200bb')).toBe('different: text looks the same: nothing vs U+200B');
    expect(sayTexts('ab\u2060', 'ab')).toBe('different: text looks the same: U+2060 vs nothing');
    expect(sayTexts('a-b', 'a\u2014b')).toBe('different: text differs');
  });

  it('never settles what it cannot compare', () => {
    const spoken = (transcript: string) => ({ text: transcript, otherParts: ['audio'] });
    expect(say(spoken('Paris'), spoken('Berlin'))).toBe(
      'different: text differs, cannot compare audio',
    );
    expect(say(spoken('Paris'), spoken('Paris'))).toBe('different: cannot compare audio');
    expect(say({ otherParts: ['image'] }, {})).toBe(
      'different: cannot compare image of the baseline',
    );
    expect(say({}, { otherParts: ['image', 'image', 'hologram\u001b'] })).toBe(
      'different: cannot compare image and hologram␛ of the candidate',
    );
  });

  it('takes finish reasons of all providers that mean the same for the same', () => {
    const words = [
      'stop',
      'STOP',
      'end',
      'eos',
      'eos_token',
      'end_turn',
      'stop_sequence',
      'COMPLETE',
    ];
    for (const word of words) {
      expect(say({ text: 'x', finishReason: 'stop' }, { text: 'x', finishReason: word })).toBe(
        word === 'stop'
          ? 'identical: identical byte for byte'
          : 'equivalent: same answer, finish reason written differently',
      );
    }
    expect(say({ text: 'x' }, { text: 'x', finishReason: 'max_tokens' })).toBe(
      'different: finish reason stop vs max_tokens',
    );
    expect(
      say({ text: 'x', finishReason: 'length' }, { text: 'x', finishReason: 'MAX_TOKENS' }),
    ).toBe('equivalent: same answer, finish reason written differently');
  });

  it('is equivalent for the same tool calls in another order or under the other finish reason', () => {
    const calls = [call('find', '{"a":1}'), call('read', '{"b":2}')];
    const reversed = calls.toReversed();
    const finishReason = 'tool_calls';
    expect(say({ toolCalls: calls }, { toolCalls: reversed })).toBe(
      'equivalent: same tool calls in a different order',
    );
    expect(say({ toolCalls: calls, finishReason }, { toolCalls: calls })).toBe(
      'equivalent: same tool calls, finish reason tool_calls vs stop',
    );
    expect(say({ text: 'x', finishReason }, { text: 'x' })).toBe(
      'different: finish reason tool_calls vs stop',
    );
    expect(say({ toolCalls: calls, finishReason: 'length' }, { toolCalls: reversed })).toBe(
      'different: finish reason length vs stop',
    );
  });

  it('is different when only the finish reasons differ', () => {
    expect(say({ text: '{"a":1}' }, { text: '{"a":1}', finishReason: 'length' })).toBe(
      'different: finish reason stop vs length',
    );
    expect(say({ text: '{"a":1}' }, { text: '{"a":1.0}', finishReason: 'length' })).toBe(
      'different: finish reason stop vs length',
    );
    expect(say({ text: 'x', finishReason: null }, { text: 'x', finishReason: 'length' })).toBe(
      'different: finish reason — vs length',
    );
  });

  it('does not count an unknown finish reason as a difference', () => {
    expect(say({ text: 'x', finishReason: null }, { text: 'x' })).toBe(
      'equivalent: same answer, finish reason unknown on one side',
    );
  });

  it('says how tool calls, refusals and languages differ', () => {
    const tools = { toolCalls: [call('find', '{"a":1}')] };
    expect(say(tools, { toolCalls: [call('find', '{"a":2}')] })).toBe(
      'different: tool call arguments differ: find',
    );
    expect(say({}, tools)).toBe('different: 1 extra tool call: find');
    expect(say(tools, { text: 'hi' })).toBe(
      'different: 1 missing tool call: find, only the candidate has text',
    );
    expect(say({ text: 'hi' }, { refusal: 'I cannot' })).toBe(
      'different: only the candidate refuses, only the baseline has text',
    );
    const english = 'The refund was sent to your card yesterday and should arrive soon.';
    expect(sayTexts(english, '退款已于昨天退回您的银行卡，预计三天内到账，请注意查收。')).toBe(
      'different: language differs',
    );
  });

  it('handles JSON nested 100,000 levels deep', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(sayTexts(deep, `${deep}]`)).toBe('different: text differs');
    expect(sayTexts(deep, ` ${deep}`)).toBe(
      'equivalent: same text except for surrounding white space',
    );
    expect(say({ toolCalls: [call('f', deep)] }, { toolCalls: [call('f', `${deep} `)] })).toMatch(
      /^different/,
    );
  });

  it('is symmetric, and identical for the same answer', () => {
    const text = fc.oneof(
      fc.constantFrom(
        '',
        'yes',
        ' yes',
        'no',
        '{"a":1}',
        '{"a":1.0}',
        '```\n{"a":1}\n```',
        '{"a":2}',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    const any = fc.record({
      text,
      refusal: fc.constantFrom('', 'no'),
      finishReason: fc.constantFrom('stop', 'end_turn', 'tool_calls', 'length', null),
      toolCalls: fc.array(
        fc.record({
          id: fc.constant(null),
          name: fc.constantFrom('f', 'g'),
          arguments: fc.constantFrom('', '{}', '{"a":1}', '{"a":1.0}', '{'),
        }),
        { maxLength: 2 },
      ),
    });
    fc.assert(
      fc.property(any, any, fc.boolean(), (a, b, asked) => {
        const request = asked ? jsonRequest : {};
        const one = compareAnswers(request, answer(a), answer(b));
        const two = compareAnswers(request, answer(b), answer(a));
        expect(two.outcome).toBe(one.outcome);
        expect(two.differs).toEqual(one.differs);
        expect(one.reason).not.toBe('');
        expect(compareAnswers(request, answer(a), answer(a)).outcome).toBe('identical');
        if (one.differs.toolCalls || one.differs.finishReason || one.differs.language) {
          expect(one.outcome).toBe('different');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('badges', () => {
  const badges = (part: Partial<Answer>, request: JsonObject = {}): readonly string[] =>
    compareAnswers(request, answer(part), answer({})).badges.baseline;

  it('mark JSON that does not parse, only if the request asked for JSON', () => {
    expect(badges({ text: 'sure: {}' })).toEqual([]);
    expect(badges({ text: 'sure: {}' }, jsonRequest)).toEqual(['json_invalid']);
    expect(badges({ text: '```json\n{}\n```' }, jsonRequest)).toEqual(['json_invalid']);
    expect(badges({ text: ' {} ' }, jsonRequest)).toEqual([]);
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(badges({ text: deep }, jsonRequest)).toEqual([]);
  });

  it('mark answers that were truncated, refused, empty or filtered', () => {
    expect(badges({ text: 'a', finishReason: 'length' })).toEqual(['truncated']);
    expect(badges({ refusal: 'no' })).toEqual(['refusal']);
    expect(badges({ text: '', finishReason: 'refusal' })).toEqual(['refusal']);
    expect(badges({ text: ' \n' })).toEqual(['empty']);
    expect(badges({ toolCalls: [call('f', '{}')] })).toEqual([]);
    expect(badges({ otherParts: ['image'] })).toEqual([]);
    expect(badges({ text: 'a', finishReason: 'MAX_TOKENS' })).toEqual(['truncated']);
    expect(badges({ text: '', finishReason: 'content_filter' })).toEqual([
      'empty',
      'content_filter',
    ]);
  });
});
