import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  listPaths,
  parseJsonPath,
  valueAtPath,
} from '../../../source/traffic/mapping/json-path.ts';

describe('parseJsonPath', () => {
  it.each([
    ['$', []],
    ['$.a', ['a']],
    ['a', ['a']],
    ['a.b', ['a', 'b']],
    ['$.a.b[0]["c d"]', ['a', 'b', 0, 'c d']],
    ["$['a.b'].c", ['a.b', 'c']],
    ['$["a \\" b"]', ['a " b']],
    ['$[-1]', [-1]],
    ['a-b.c_d', ['a-b', 'c_d']],
  ])('reads %s', (text, steps) => {
    expect(parseJsonPath(text)?.steps).toEqual(steps);
  });

  it.each(['', ' ', '$..a', '$.a[*]', '$.a[', 'a..b', '$.a.', '$[?(@.b)]', '$.a[0', '$["a]'])(
    'does not read %j',
    (text) => {
      expect(parseJsonPath(text)).toBeNull();
    },
  );

  it('leads to any member, whatever its name', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), (names) => {
        const record = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), 'here');
        const path = parseJsonPath(`$${names.map((name) => `[${JSON.stringify(name)}]`).join('')}`);
        expect(path === null ? null : valueAtPath(record as never, path)).toBe('here');
      }),
    );
  });
});

describe('valueAtPath', () => {
  const at = (text: string, record: object): unknown => {
    const path = parseJsonPath(text);
    return path === null ? null : valueAtPath(record as never, path);
  };

  it('goes through JSON that was stored as text', () => {
    expect(at('a.b[1].c', { a: '{"b": ["x", "{\\"c\\": 7}"]}' })).toBe(7);
  });

  it('reads the last element', () => {
    expect(at('a[-1]', { a: [1, 2, 3] })).toBe(3);
  });

  it('finds neither missing nor inherited members', () => {
    expect(at('a.b.c', { a: { b: 1 } })).toBeUndefined();
    expect(at('a[0]', { a: { 0: 'x' } })).toBeUndefined();
    expect(at('toString', {})).toBeUndefined();
  });
});

describe('listPaths', () => {
  it('lists the paths that exist, in a form that can be parsed', () => {
    const record = { id: 1, 'a b': { c: '{"d": 2}' } };
    expect(listPaths(record)).toEqual(
      ['$.id', '$["a b"]', '$["a b"].c', '$["a b"].c.d'].slice(0, 4),
    );
    for (const text of listPaths(record)) {
      const path = parseJsonPath(text);
      expect(path === null ? undefined : valueAtPath(record, path)).toBeDefined();
    }
  });
});
