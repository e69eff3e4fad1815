import type { LosslessJson } from './lossless-json.ts';

/**
 * Decides when two JSON values are equal, which makes a pair `equivalent`: key order, the notation of
 * numbers and the Unicode form of text (NFC or not) do not matter; the order of items and of repeated
 * keys does. Comparing takes linear
 * time however often parts of the same values are compared: every value gets a number once, and
 * equal values get the same number.
 */
export class JsonEquality {
  readonly #numbers = new Map<LosslessJson, number>();
  readonly #numbersByShape = new Map<string, number>();

  equal(a: LosslessJson, b: LosslessJson): boolean {
    return this.numberOf(a) === this.numberOf(b);
  }

  /** Returns a number that is the same for equal values and different for others. */
  numberOf(value: LosslessJson): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    const shape = this.#shape(value);
    const number = this.#numbersByShape.get(shape) ?? this.#numbersByShape.size;
    this.#numbersByShape.set(shape, number);
    this.#numbers.set(value, number);
    return number;
  }

  /**
   * Returns a text that is the same for equal values, built from the numbers of the values inside.
   */
  #shape(value: LosslessJson): string {
    switch (value.kind) {
      case 'object':
        return `{${value.members
          .map(({ key, value: member }) => [key.normalize('NFC'), this.numberOf(member)] as const)
          .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
          .map(([key, number]) => `${JSON.stringify(key)}:${number}`)
          .join()}}`;
      case 'array':
        return `[${value.items.map((item) => this.numberOf(item)).join()}]`;
      case 'string':
        return `"${value.value.normalize('NFC')}`;
      case 'number':
        return `#${canonicalNumber(value.text)}`;
      case 'literal':
        return String(value.value);
    }
  }
}

/** Whether two texts differ in nothing but upper and lower case, and in Unicode form. */
export const areEqualButForCase = (a: string, b: string): boolean => folded(a) === folded(b);

const folded = (text: string): string => text.normalize('NFC').toLowerCase().normalize('NFC');

/**
 * Returns the canonical notation of a number, exact at any size: `1.50` and `15e-1` give `15e-1`,
 * `-0` and `0.0` give `0`. A number whose exponent is too large to calculate with stays unchanged.
 */
export const canonicalNumber = (text: string): string => {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (exponent.length > 15) return text;
  const digits = `${whole}${fraction}`;
  let first = 0;
  while (digits[first] === '0') first++;
  let last = digits.length;
  while (last > first && digits[last - 1] === '0') last--;
  if (first === last) return '0';
  return `${sign}${digits.slice(first, last)}e${Number(exponent) - fraction.length + digits.length - last}`;
};
