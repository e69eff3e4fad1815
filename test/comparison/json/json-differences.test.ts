import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  jsonDifferences,
  maximumJsonDifferences,
} from '../../../source/comparison/json/json-differences.ts';
import { fieldTable } from '../../../source/comparison/json/json-fields.ts';
import { JsonEquality } from '../../../source/comparison/json/json-equality.ts';
import {
  parseLosslessJson,
  type LosslessJson,
} from '../../../source/comparison/json/lossless-json.ts';

const lossless = (text: string): LosslessJson => {
  const value = parseLosslessJson(text);
  if (value === null) throw new Error(`not JSON: ${text}`);
  return value;
};

const brief = (a: string, b: string): readonly string[] =>
  jsonDifferences(lossless(a), lossless(b)).map(
    ({ kind, path, baseline, candidate }) => `${kind} ${path} ${baseline} ${candidate}`,
  );

describe('jsonDifferences', () => {
  it('finds none between equal values', () => {
    expect(brief('{"a":1,"b":[{"c":2.0}]}', '{"b":[{"c":2}],"a":1}')).toEqual([]);
  });

  it('types every difference in both directions', () => {
    expect(
      brief('{"a":1,"b":2,"c":{"d":"x"},"e":[1]}', '{"a":"1","c":{"d":"y"},"e":[1],"f":null}'),
    ).toEqual([
      'type $.a 1 "1"',
      'missing $.b 2 null',
      'value $.c.d "x" "y"',
      'extra $.f null null',
    ]);
  });

  it('counts a reordered array as one difference', () => {
    expect(brief('{"tags":["a","b","c"]}', '{"tags":["c","a","b"]}')).toEqual([
      'order $.tags ["a","b","c"] ["c","a","b"]',
    ]);
  });

  it('reports the lengths of arrays and the differences between their equal ends', () => {
    expect(brief('[1,2,3,9]', '[1,5,9]')).toEqual(['length $ 4 3', 'value $[1] 2 5']);
    expect(brief('[1,2,3]', '[1,2,3,4]')).toEqual(['length $ 3 4']);
    expect(brief('[2,3]', '[1,2,3]')).toEqual(['length $ 2 3']);
  });

  it('writes keys that are not identifiers in brackets', () => {
    expect(brief('{"a b":{"é":1,"0":1}}', '{"a b":{"é":2,"0":2}}')).toEqual([
      'value $["a b"].é 1 2',
      'value $["a b"]["0"] 1 2',
    ]);
  });

  it('finds a key that is repeated on one side only', () => {
    expect(brief('{"a":1,"a":2}', '{"a":1}')).toEqual(['missing $.a 2 null']);
    expect(brief('{"a":1,"a":2}', '{"a":2,"a":1}')).toEqual(['value $.a 1 2', 'value $.a 2 1']);
  });

  it('stops at its limit and truncates long values', () => {
    const many = (value: number): string => `[${`${value},`.repeat(5000)}${value}]`;
    expect(jsonDifferences(lossless(many(1)), lossless(many(2)))).toHaveLength(
      maximumJsonDifferences,
    );
    const [first] = jsonDifferences(lossless(`"${'x'.repeat(500)}"`), lossless('"y"'));
    expect(first?.baseline).toHaveLength(200);
  });

  it('is empty exactly when the values are equal, and symmetric', () => {
    const small = fc.json({ maxDepth: 3 });
    const mirrored: Readonly<Record<string, string>> = { missing: 'extra', extra: 'missing' };
    fc.assert(
      fc.property(small, small, (a, b) => {
        const found = jsonDifferences(lossless(a), lossless(b));
        expect(found.length === 0).toBe(new JsonEquality().equal(lossless(a), lossless(b)));
        const back = jsonDifferences(lossless(b), lossless(a)).map(
          ({ kind }) => mirrored[kind] ?? kind,
        );
        expect(back.toSorted()).toEqual(found.map(({ kind }) => kind as string).toSorted());
        expect(jsonDifferences(lossless(a), lossless(a))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('fieldTable', () => {
  const table = (a: string, b: string): readonly string[] =>
    fieldTable(lossless(a), lossless(b)).rows.map(
      ({ kind, path, baseline, candidate }) => `${kind} ${path} ${baseline} ${candidate}`,
    );

  it('lists every leaf of both sides in the order of the baseline', () => {
    expect(
      table(
        '{"a":1.50,"b":{"c":true,"d":[]},"e":[1,2],"g":"x"}',
        '{"b":{"d":[],"c":false},"a":1.5,"e":[2,1],"f":{"h":[null]}}',
      ),
    ).toEqual([
      'same $.a 1.50 1.5',
      'value $.b.c true false',
      'same $.b.d [] []',
      'order $.e[0] 1 2',
      'order $.e[1] 2 1',
      'missing $.g "x" null',
      'extra $.f.h[0] null null',
    ]);
  });

  it('shows values of different types in one row', () => {
    expect(table('{"a":{"b":1}}', '{"a":[1]}')).toEqual(['type $.a {"b":1} [1]']);
    expect(table('{"a":{"b":1}}', '{"a":{}}')).toEqual(['missing $.a.b 1 null']);
    expect(table('{"a":{}}', '{}')).toEqual(['missing $.a {} null']);
  });

  it('spells out the code points in which values differ that look alike', () => {
    expect(table('{"a":"10\u00a0EUR"}', '{"a":"10 EUR"}')).toEqual([
      'value $.a "10<U+00A0>EUR" "10 EUR"',
    ]);
    expect(table('["\u0430b\u00a0c\u2009"]', '["ab\u2009c\u00a0"]')).toEqual([
      'value $[0] "<U+0430>b\u00a0c\u2009" "ab\u2009c\u00a0"',
    ]);
    expect(table('["\u00a0\u2009"]', '["\u2009\u00a0"]')).toEqual([
      'value $[0] "<U+00A0><U+2009>" "<U+2009><U+00A0>"',
    ]);
    expect(table('{"Zo\u00eb":"\u00eb"}', '{"Zoe\u0308":"e\u0308"}')).toEqual([
      'same $.Zo\u00eb "\u00eb" "e\u0308"',
    ]);
  });

  it('counts the rows that it left out', () => {
    const list = lossless(`[${'1,'.repeat(5999)}1]`);
    const { rows, omitted } = fieldTable(list, list);
    expect(rows.length + omitted).toBe(6000);
    expect(omitted).toBe(1000);
  });

  it('has a row that differs exactly when the values differ', () => {
    const small = fc.json({ maxDepth: 3 });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const { rows } = fieldTable(lossless(a), lossless(b));
        const differ = jsonDifferences(lossless(a), lossless(b)).length > 0;
        expect(rows.some(({ kind }) => kind !== 'same')).toBe(differ);
      }),
      { numRuns: 1000 },
    );
  });
});
