import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonDocument } from '../../source/text/json-document.ts';

it('escapes what a terminal obeys or reorders, in keys and values', () => {
  expect(jsonDocument({ 'a\u202e': '\u009b2J\u001b\u200f\u2066中é👩‍👩‍👧' }, 'one line')).toBe(
    '{"a\\u202e":"\\u009b2J\\u001b\\u200f\\u2066中é👩‍👩‍👧"}\n',
  );
  expect(jsonDocument([1], 'indented')).toBe('[\n  1\n]\n');
});

it('means the same, and holds nothing hostile', () => {
  const value = fc.json({ stringUnit: 'binary' }).map((text): unknown => JSON.parse(text));
  fc.assert(
    fc.property(value, (one) => {
      const text = jsonDocument(one, 'one line');
      expect(JSON.parse(text)).toEqual(one);
      expect(text.slice(0, -1)).not.toMatch(
        /[\0-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/,
      );
    }),
  );
});
