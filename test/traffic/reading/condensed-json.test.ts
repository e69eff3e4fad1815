import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../source/text/json.ts';
import { expandCondensed } from '../../../source/traffic/reading/llm/condensed-json.ts';

/** What condense-json does to a value, after its description. */
const condense = (value: JsonValue, texts: ReadonlyMap<string, string>): JsonValue => {
  if (typeof value === 'string') {
    for (const [key, text] of texts) {
      if (value === text) return { $: key };
      const at = value.indexOf(text);
      if (at === -1) continue;
      const parts = [value.slice(0, at), { $: key }, value.slice(at + text.length)];
      return { $r: parts.filter((part) => part !== '') };
    }
    return value;
  }
  if (Array.isArray(value)) return value.map((entry) => condense(entry as JsonValue, texts));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, JsonValue>>).map(([key, entry]) => [
      key,
      condense(entry, texts),
    ]),
  );
};

const texts = new Map([
  ['f1', 'a fragment'],
  ['r:01jm', 'what the model said'],
]);

const text = fc
  .array(fc.oneof(fc.constantFrom(...texts.values()), fc.string()), { maxLength: 3 })
  .map((parts) => parts.join(''));
const key = fc.string().filter((name) => !name.startsWith('$') && name !== '__proto__');
const { value: json } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}));

describe('condensed JSON', () => {
  it('comes out as it was before', () => {
    fc.assert(
      fc.property(json, (value) => {
        const back = expandCondensed(condense(value, texts), texts);
        expect(JSON.stringify(back?.value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it('is not made up where a text is not known', () => {
    expect(expandCondensed({ messages: [{ content: { $: 'f9' } }] }, texts)).toBeNull();
    expect(expandCondensed({ $r: ['a', { $: 'f9' }] }, texts)).toBeNull();
  });

  it('leaves objects that only look like it', () => {
    const value = { $: 1, $r: 'text', a: { $: 'f1', b: 2 } };
    expect(expandCondensed(value, texts)).toEqual({ value });
  });
});
