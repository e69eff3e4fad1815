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

  it('matches items by a number, however it is spelled', () => {
    expect(brief('[{"id":1,"a":1},{"id":2,"a":2}]', '[{"id":2,"a":2},{"id":1.0,"a":5}]')).toEqual([
      'order $ 1, 2 2, 1',
      'value $[id=1].a 1 5',
    ]);
    expect(brief('[{"id":1,"a":1},{"id":2,"a":2}]', '[{"id":2,"a":2},{"id":2.0,"a":2}]')).toEqual([
      'value $[0].id 1 2',
      'value $[0].a 1 2',
    ]);
  });

  it('tells added, removed and changed items of an array apart', () => {
    expect(brief('[1,2,3,9]', '[1,5,9]')).toEqual(['value $[1] 2 5', 'missing $[2] 3 null']);
    expect(brief('[1,2,3]', '[1,2,3,4]')).toEqual(['extra $[3] null 4']);
    expect(brief('[2,3]', '[1,2,3]')).toEqual(['extra $[0] null 1']);
    expect(brief('[1,2,3]', '[3]')).toEqual(['missing $[0] 1 null', 'missing $[1] 2 null']);
  });

  it('matches items by id, key or name, and says so in the path', () => {
    const items = (list: string): string => `{"items":[${list}]}`;
    expect(
      brief(
        items('{"id":"a","qty":1},{"id":"b","qty":2},{"id":"c","qty":3}'),
        items('{"id":"c","qty":3},{"id":"a","qty":10},{"id":"b","qty":2}'),
      ),
    ).toEqual(['order $.items a, b, c c, a, b', 'value $.items[id=a].qty 1 10']);
    expect(brief('[{"name":"Ann B.","x":1}]', '[{"name":"Ann B.","x":2}]')).toEqual([
      'value $[name="Ann B."].x 1 2',
    ]);
    expect(
      brief('[{"key":1,"x":1},{"key":2,"x":1}]', '[{"key":2,"x":1},{"key":"1","x":1}]'),
    ).toEqual(['missing $[key=1] {"key":1,"x":1} null', 'extra $[key="1"] null {"key":"1","x":1}']);
    // Ids that repeat, or that the sides do not share, tell nothing apart.
    expect(brief('[{"id":1,"x":1},{"id":1,"x":2}]', '[{"id":1,"x":1},{"id":1,"x":3}]')).toEqual([
      'value $[1].x 2 3',
    ]);
    expect(brief('[{"id":"u1","x":1}]', '[{"id":"u2","x":1}]')).toEqual([
      'value $[0].id "u1" "u2"',
    ]);
  });

  it('matches items without an identity by likeness', () => {
    expect(
      brief(
        '[{"sku":"x","n":1,"to":"A"},{"sku":"y","n":2,"to":"B"}]',
        '[{"sku":"q","n":9,"to":"C"},{"sku":"y","n":3,"to":"B"},{"sku":"x","n":1,"to":"A"}]',
      ),
    ).toEqual([
      'order $ [{"sku":"x","n":1,"to":"A"},{"sku":"y","n":2,"to":"B"}] [{"sku":"q","n":9,"to":"C"},{"sku":"y","n":3,"to":"B"},{"sku":"x","n":1,"to":"A"}]',
      'value $[1].n 2 3',
      'extra $[0] null {"sku":"q","n":9,"to":"C"}',
    ]);
  });

  it('looks into strings that hold JSON', () => {
    const body = (text: string): string => JSON.stringify({ body: text });
    expect(brief(body('{"a":1,"b":[1]}'), body('{"b":[2], "a":1}'))).toEqual([
      'value $.body(json).b[0] 1 2',
    ]);
    expect(brief(body('{"a":1}'), body('{"a": 1}'))).toEqual([
      'value $.body "{\\"a\\":1}" "{\\"a\\": 1}"',
    ]);
  });

  const array = fc.array(fc.json({ maxDepth: 2 }), { maxLength: 12 });
  const permuted = array.chain((items) =>
    fc.record({
      items: fc.constant(items),
      shuffled: fc.shuffledSubarray(items, { minLength: items.length }),
    }),
  );

  it('finds only moves between an array and a shuffled copy', () => {
    fc.assert(
      fc.property(permuted, ({ items, shuffled }) => {
        const found = jsonDifferences(
          lossless(`[${items.join()}]`),
          lossless(`[${shuffled.join()}]`),
        );
        expect(found.length).toBeLessThanOrEqual(1);
        expect(found.every(({ kind, path }) => kind === 'order' && path === '$')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('finds only what was removed or added, and nothing once it is added back', () => {
    const unique = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(unique, fc.nat(), fc.constantFrom('id', 'sku'), (ids, at, key) => {
        const item = (id: number): string => `{"${key}":${id},"n":[${id % 3}]}`;
        const text = (list: readonly number[]): string => `[${list.map(item).join()}]`;
        const removed = ids.toSpliced(at % ids.length, 1);
        const kinds = (a: string, b: string): readonly string[] =>
          jsonDifferences(lossless(a), lossless(b)).map(({ kind }) => kind);
        expect(kinds(text(ids), text(removed))).toEqual(['missing']);
        expect(kinds(text(removed), text(ids))).toEqual(['extra']);
        const back = removed.toSpliced(at % ids.length, 0, ids[at % ids.length] ?? 0);
        expect(kinds(text(ids), text(back))).toEqual([]);
      }),
    );
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

  it('is empty exactly when the values are equal, and symmetric without arrays', () => {
    const small = fc.json({ maxDepth: 3 });
    const mirrored: Readonly<Record<string, string>> = { missing: 'extra', extra: 'missing' };
    fc.assert(
      fc.property(small, small, (a, b) => {
        const found = jsonDifferences(lossless(a), lossless(b));
        expect(found.length === 0).toBe(new JsonEquality().equal(lossless(a), lossless(b)));
        const back = jsonDifferences(lossless(b), lossless(a)).map(
          ({ kind }) => mirrored[kind] ?? kind,
        );
        expect(back.length === 0).toBe(found.length === 0);
        // Which of two items of an array moved past the other is a choice.
        if (!/\[/.test(a + b)) {
          expect(back.toSorted()).toEqual(found.map(({ kind }) => kind as string).toSorted());
        }
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
      'order $.e [1,2] [2,1]',
      'same $.e[0] 1 1',
      'same $.e[1] 2 2',
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
      'same $.Zo\u00eb "<U+00EB>" "e<U+0308>"',
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
