import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  entryOf,
  exceedsDepth,
  firstString,
  objectsIn,
  parseJson,
  parseJsonObject,
  valueAtKeys,
} from '../../source/text/json.ts';

describe('parseJson', () => {
  it('distinguishes JSON null from text that is not JSON', () => {
    expect(parseJson('null')).toBeNull();
    expect(parseJson('{"a":[1]}')).toEqual({ a: [1] });
    expect(parseJson('{"a":')).toBeUndefined();
    expect(parseJson('')).toBeUndefined();
  });
});

describe('parseJsonObject', () => {
  it('returns an object and throws for everything else', () => {
    expect(parseJsonObject('{"a":1}')).toEqual({ a: 1 });
    expect(() => parseJsonObject('[1]')).toThrow('Expected the JSON text of an object.');
    expect(() => parseJsonObject('{')).toThrow(SyntaxError);
  });
});

describe('entryOf', () => {
  it('finds what a table has itself', () => {
    const table = { a: 1 };
    expect(entryOf(table, 'a')).toBe(1);
    for (const key of ['b', 'constructor', 'valueOf', '__proto__']) {
      expect(entryOf(table, key)).toBeUndefined();
    }
  });
});

describe('reading JSON of unknown shape', () => {
  it('finds the objects of an array', () => {
    expect(objectsIn([{ a: 1 }, null, 'x', [2], { b: 2 }])).toEqual([{ a: 1 }, { b: 2 }]);
    expect(objectsIn({ a: 1 })).toEqual([]);
    expect(objectsIn(undefined)).toEqual([]);
  });

  it('takes the first string that has characters', () => {
    expect(firstString(undefined, null, 1, '', 'a', 'b')).toBe('a');
    expect(firstString({ a: 'a' }, '')).toBeNull();
  });

  it('follows keys through objects only', () => {
    expect(valueAtKeys({ a: { b: null } }, ['a', 'b'])).toBeNull();
    expect(valueAtKeys({ a: ['b'] }, ['a', '0'])).toBeUndefined();
    expect(valueAtKeys({ a: 1 }, [])).toEqual({ a: 1 });
  });
});

describe('exceedsDepth', () => {
  const nested = (levels: number): string => `${'['.repeat(levels)}0${']'.repeat(levels)}`;

  it('counts the levels of arrays and objects', () => {
    expect(exceedsDepth(parseJson(nested(501)) ?? null)).toBe(false);
    expect(exceedsDepth(parseJson(nested(502)) ?? null)).toBe(true);
    expect(exceedsDepth({ a: { b: {} } }, 1)).toBe(true);
    expect(exceedsDepth({ a: { b: 1 } }, 1)).toBe(false);
  });

  it('does not overflow the stack itself', () => {
    expect(exceedsDepth(parseJson(nested(100_000)) ?? null)).toBe(true);
  });
});

describe('canonicalJson', () => {
  it('ignores the order of keys and keeps that of elements', () => {
    expect(canonicalJson({ b: [2, 1], a: { d: 'x', c: null } })).toBe(
      '{"a":{"c":null,"d":"x"},"b":[2,1]}',
    );
  });
});
