import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRounded, mayBeRounded, parseAnswerJson } from '../../source/text/exact-json.ts';

describe('the JSON of an answer', () => {
  it('keeps the arguments of tool calls as text where a number would be rounded', () => {
    const parsed = (text: string): unknown => parseAnswerJson(text);
    expect(parsed('{"args":{"id":9007199254740993,"s":"1e400\\""},"n":9007199254740993}')).toEqual({
      args: '{"id":9007199254740993,"s":"1e400\\""}',
      n: 9007199254740992,
    });
    expect(parsed('{"arguments":[1e400]}')).toEqual({ arguments: '[1e400]' });
    expect(parsed('{"type":"tool_use","input":{"id":-9007199254740993}}')).toEqual({
      type: 'tool_use',
      input: '{"id":-9007199254740993}',
    });
    expect(parsed('{"input":{"id":9007199254740993}}')).toEqual({
      input: { id: 9007199254740992 },
    });
    expect(parsed('{"args":{"id":1}}')).toEqual({ args: { id: 1 } });
    expect(parsed('{"args":9007199254740993')).toBeUndefined();
  });

  it('is what JSON.parse gives where nothing is rounded', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!isRounded(text));
        expect(parseAnswerJson(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('may have a string of many millions of characters', () => {
    const long = 'x'.repeat(20_000_000);
    expect(parseAnswerJson(`{"a":"${long}","args":{"id":9007199254740993}}`)).toEqual({
      a: long,
      args: '{"id":9007199254740993}',
    });
  });

  it('has rounded numbers if they are integers that are not safe', () => {
    expect(mayBeRounded({ a: [1, { b: 2 ** 53 }] })).toBe(true);
    expect(mayBeRounded({ a: [1.5, '9007199254740993', null] })).toBe(false);
  });
});
