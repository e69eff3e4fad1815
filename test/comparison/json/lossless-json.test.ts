import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalNumber, JsonEquality } from '../../../source/comparison/json/json-equality.ts';
import {
  compactJson,
  jsonLimits,
  parseLosslessJson,
  type LosslessJson,
} from '../../../source/comparison/json/lossless-json.ts';

const lossless = (text: string): LosslessJson => {
  const value = parseLosslessJson(text);
  if (value === null) throw new Error(`not JSON: ${text}`);
  return value;
};

const jsonish = fc
  .array(fc.constantFrom(...'{}[],:"\\0123456789.eE+-truefalsn \n\ta'), { maxLength: 12 })
  .map((parts) => parts.join(''));

const isValid = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('parseLosslessJson', () => {
  it('accepts exactly what JSON.parse accepts', () => {
    fc.assert(
      fc.property(fc.oneof(jsonish, fc.string(), fc.json()), (text) => {
        expect(parseLosslessJson(text) !== null).toBe(isValid(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps the value', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(compactJson(lossless(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('keeps what JSON.parse loses: the notation of numbers, key order, repeated keys', () => {
    const text = '{"b":9007199254740993,"2":1.0,"1":1e3,"b":-0}';
    expect(compactJson(lossless(text))).toBe(text);
  });

  it('quickly rejects text that is too deep or too large', () => {
    const deep = '['.repeat(100_000);
    expect(parseLosslessJson(deep + ']'.repeat(100_000))).toBeNull();
    expect(parseLosslessJson('{"a":'.repeat(100_000))).toBeNull();
    expect(parseLosslessJson(`[${'0,'.repeat(jsonLimits.values)}0]`)).toBeNull();
    expect(parseLosslessJson(`"${'x'.repeat(jsonLimits.characters)}"`)).toBeNull();
    const allowed = jsonLimits.depth;
    expect(parseLosslessJson('['.repeat(allowed) + ']'.repeat(allowed))).not.toBeNull();
  });
});

describe('JSON equality', () => {
  const same = (a: string, b: string): boolean =>
    new JsonEquality().equal(lossless(a), lossless(b));

  it('ignores key order and the notation of numbers', () => {
    expect(same('{"a":1,"b":[2.50]}', '{"b":[25e-1],"a":1.0}')).toBe(true);
    expect(same('-0', '0.0')).toBe(true);
    expect(same('100', '1E+2')).toBe(true);
  });

  it('distinguishes what JSON.parse would not', () => {
    expect(same('9007199254740993', '9007199254740992')).toBe(false);
    expect(same('0.1', '0.10000000000000000001')).toBe(false);
    expect(same('1e400', '2e400')).toBe(false);
    expect(same('{"a":1,"a":2}', '{"a":2}')).toBe(false);
  });

  it('distinguishes types, keys and values', () => {
    expect(same('1', '"1"')).toBe(false);
    expect(same('"null"', 'null')).toBe(false);
    expect(same('[1,2]', '[2,1]')).toBe(false);
    expect(same('{"a":{}}', '{"a":[]}')).toBe(false);
    expect(same('["a,b"]', '["a","b"]')).toBe(false);
    expect(same('{"a":1,"b":2}', '{"a":2,"b":1}')).toBe(false);
    expect(same('{"a\\":1":2}', '{"a":1}')).toBe(false);
  });
});

describe('canonicalNumber', () => {
  it('agrees with arithmetic where that is exact', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 9 }), (value, zeros) => {
        const text = `${value}${zeros > 0 ? `.${'0'.repeat(zeros)}` : ''}`;
        expect(canonicalNumber(text)).toBe(canonicalNumber(String(value)));
        expect(canonicalNumber(`${value}${'0'.repeat(zeros)}e-${zeros}`)).toBe(
          canonicalNumber(String(value)),
        );
        if (value !== 0)
          expect(canonicalNumber(String(value))).not.toBe(canonicalNumber(`${value}1`));
      }),
    );
  });

  it('leaves a number with an enormous exponent unchanged', () => {
    expect(canonicalNumber('1e99999999999999999999')).toBe('1e99999999999999999999');
  });
});
