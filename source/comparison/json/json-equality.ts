import type { SpelledJson } from './lossless-json.ts';

/**
 * Gives numbers to JSON values so that two values have the same number exactly when they mean the
 * same: key order and number spelling aside, repeated keys in their order. Linear in the size of the
 * values, whatever their depth.
 */
export const createJsonIdentity = (): ((value: SpelledJson) => number) => {
  const ofValue = new Map<SpelledJson, number>();
  const ofShape = new Map<string, number>();

  const shape = (value: SpelledJson): string => {
    switch (value.kind) {
      case 'object':
        return `{${value.members
          .map(({ key, value: member }) => [key, identity(member)] as const)
          .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
          .map(([key, member]) => `${JSON.stringify(key)}:${member}`)
          .join()}}`;
      case 'array':
        return `[${value.items.map(identity).join()}]`;
      case 'string':
        return `"${value.value}`;
      case 'number':
        return `#${canonicalNumber(value.spelling)}`;
      case 'literal':
        return String(value.value);
    }
  };
  const identity = (value: SpelledJson): number => {
    const known = ofValue.get(value);
    if (known !== undefined) return known;
    const text = shape(value);
    const number = ofShape.get(text) ?? ofShape.size;
    ofShape.set(text, number);
    ofValue.set(value, number);
    return number;
  };
  return identity;
};

/**
 * One spelling for all spellings of a number, exact at any size: `1.50`, `15e-1` → `15e-1`; `-0`
 * and `0.0` → `0`. An exponent too large to count with stays as it was spelled.
 */
export const canonicalNumber = (spelling: string): string => {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(spelling);
  if (match === null) return spelling;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (exponent.length > 15) return spelling;
  const digits = `${whole}${fraction}`;
  let first = 0;
  while (digits[first] === '0') first++;
  let last = digits.length;
  while (last > first && digits[last - 1] === '0') last--;
  if (first === last) return '0';
  return `${sign}${digits.slice(first, last)}e${Number(exponent) - fraction.length + digits.length - last}`;
};
