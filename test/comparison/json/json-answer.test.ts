import { describe, expect, it } from 'vitest';
import { asksForJson, parseJsonAnswer } from '../../../source/comparison/json/json-answer.ts';
import { compactJson } from '../../../source/comparison/json/lossless-json.ts';

const read = (text: string): readonly [string, string | null] | null => {
  const found = parseJsonAnswer(text);
  return found === null ? null : [compactJson(found.value), found.fence];
};

describe('parseJsonAnswer', () => {
  it('reads bare JSON and JSON in one code fence', () => {
    expect(read(' {"a": 1}\n')).toEqual(['{"a":1}', null]);
    expect(read('```json\n{"a": 1}\n```')).toEqual(['{"a":1}', '```json']);
    expect(read('```\r\n[1]\r\n```\n')).toEqual(['[1]', '```']);
    expect(read('````\n{"a":"```"}\n````')).toEqual(['{"a":"```"}', '````']);
  });

  it('reads nothing else', () => {
    for (const text of [
      '',
      'yes',
      'Here it is: {"a":1}',
      '```json\n{"a":1}\n```\nDone.',
      '```json\n{"a":1}',
      '```json\n{"a":1}\n```\n```json\n{"a":2}\n```',
      '{"a":1,}',
      "{'a':1}",
      '{"a":1}{"a":2}',
    ]) {
      expect(read(text)).toBeNull();
    }
  });
});

describe('asksForJson', () => {
  it('considers only the response format', () => {
    expect(asksForJson({ response_format: { type: 'json_object' } })).toBe(true);
    expect(asksForJson({ response_format: { type: 'json_schema', json_schema: {} } })).toBe(true);
    expect(asksForJson({ response_format: { type: 'text' } })).toBe(false);
    expect(asksForJson({ response_format: null })).toBe(false);
    expect(asksForJson({ messages: [{ content: 'Answer in JSON' }] })).toBe(false);
  });
});
