import { describe, expect, it } from 'vitest';
import { redactText } from '../../../source/redaction/redact-text.ts';
import { redactorWith } from '../redactor-for-tests.ts';
import { benignStrings } from './benign.ts';
import type { Part, Planted } from './chance.ts';
import { firstFamily, secondFamily } from './planted-contexts.ts';
import { familyBenign, familyPhones, familySecrets } from './planted-texts.ts';
import { plantedPhones } from './phones.ts';
import { plantedSecrets } from './secrets.ts';

const redactor = await redactorWith();
const redact = (text: string): string => redactText(text, redactor, () => undefined);

/** Half of a value is enough to harm. */
const remains = ({ text, value }: Planted): boolean => {
  const redacted = redact(text);
  const half = Math.ceil(value.length / 2);
  return redacted.includes(value.slice(0, half)) || redacted.includes(value.slice(-half));
};

/** The items for which `isSo` is true; none if they are less than the bound's share of all. */
const tooMany = <Item>(
  items: readonly Item[],
  bound: number,
  isSo: (item: Item) => boolean,
): readonly Item[] => {
  const those = items.filter(isSo);
  return those.length < bound * items.length ? [] : those;
};

const parts: readonly Part[] = ['tuned', 'held-out'];

/** The share of planted values that may remain, and of benign strings that may change. */
const bounds = { remaining: 0.05, changed: 0.02 } as const;

describe.each(parts)('the corpus, %s', (part) => {
  it('leaves less than one in twenty of the planted secrets', () => {
    expect(tooMany(plantedSecrets(part, 1), bounds.remaining, remains)).toEqual([]);
  });

  it('leaves less than one in twenty of the planted phone numbers', () => {
    expect(tooMany(plantedPhones(part, 2), bounds.remaining, remains)).toEqual([]);
  });

  it('changes less than one in fifty benign strings', () => {
    const isChanged = (text: string): boolean => redact(text) !== text;
    expect(tooMany(benignStrings(part, 3), bounds.changed, isChanged)).toEqual([]);
  });
});

describe.each([
  { name: 'first', family: firstFamily },
  { name: 'second', family: secondFamily },
])('the $name family of contexts', ({ family }) => {
  it('leaves less than one in twenty of the planted secrets', () => {
    expect(tooMany(familySecrets(family, 20_261_130, 3), bounds.remaining, remains)).toEqual([]);
  });

  it('leaves less than one in twenty of the phone numbers of 25 countries', () => {
    expect(tooMany(familyPhones(family, 20_261_130, 3), bounds.remaining, remains)).toEqual([]);
  });

  it('changes less than one in fifty benign texts', () => {
    const isChanged = (text: string): boolean => redact(text) !== text;
    expect(tooMany(familyBenign(family, 20_261_130, 3), bounds.changed, isChanged)).toEqual([]);
  });
});
