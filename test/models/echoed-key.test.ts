import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PiecesWithoutKey, withoutKey } from '../../source/models/echoed-key.ts';

const key = 'sk-proj-0123/456789+abcdef=';

describe('a key that comes back', () => {
  it('is replaced in texts, names of fields, and JSON within a text', () => {
    const echoed = {
      text: `It is ${key}, Bearer ${key}`,
      toolCalls: [{ arguments: JSON.stringify({ token: key, [key]: 'a\nb' }) }],
      url: `https://h.example/?k=${encodeURIComponent(key)}`,
      escaped: `{"token":"${key.replaceAll('/', '\\/').replace('s', '\\u0073')}"}`,
      tokens: 12,
      nothing: null,
    };
    expect(withoutKey(echoed, key)).toEqual({
      text: 'It is [key], Bearer [key]',
      toolCalls: [{ arguments: JSON.stringify({ token: '[key]', '[key]': 'a\nb' }) }],
      url: 'https://h.example/?k=[key]',
      escaped: '{"token":"[key]"}',
      tokens: 12,
      nothing: null,
    });
  });

  it('is replaced where a text breaks off in it', () => {
    expect(withoutKey(`No such key: ${key.slice(0, 20)}…`, key)).toBe('No such key: [key]…');
    expect(withoutKey(`No such key: ${key.slice(0, -1)}`, key)).toBe('No such key: [key]');
    expect(withoutKey('Keys begin with sk-proj-', key)).toBe('Keys begin with sk-proj-');
  });

  it('takes the tokens along that spell it', () => {
    const logprobs = ['sk-proj-', key.slice(8)].map((token) => ({ token, logprob: -1 }));
    expect(withoutKey({ text: 'x', logprobs }, key)).toEqual({ text: 'x', logprobs: null });
  });

  it('does not change an answer without it, or any answer if it is short', () => {
    const answer = { text: 'none of it', logprobs: [{ token: 'none' }] };
    expect(withoutKey(answer, key)).toBe(answer);
    expect(withoutKey(answer, 'none')).toBe(answer);
    expect(new PiecesWithoutKey('none').push('none')).toBe('none');
  });

  it('never passes in pieces, and nothing else is lost', () => {
    const part = constantFrom(key, key.slice(0, 5), key.slice(5), 's', 'k', ' word ', '[key]');
    assert(
      property(array(part, { maxLength: 12 }), array(string({ maxLength: 4 })), (parts, more) => {
        const filter = new PiecesWithoutKey(key);
        const text = [...parts, ...more].join('');
        const shown = [...text].map((piece) => filter.push(piece)).join('') + filter.end();
        expect(shown).toBe(withoutKey(text, key));
      }),
    );
  });
});
