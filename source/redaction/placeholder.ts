import { createHmac } from 'node:crypto';

/** 40 bits: even among millions of values, equal placeholders imply equal values. */
const hashDigits = 10;

/** A placeholder, such as `[email:3f9a1c07d2]`. */
const placeholder = /\[[a-z][a-z0-9-]{0,40}:[0-9a-f]{10}\]/g;

/**
 * Returns the salted placeholder of a value. Equal values get equal placeholders. Placeholders need
 * no escaping in JSON.
 */
export const placeholderFor = (rule: string, value: string, salt: string): string =>
  `[${rule}:${createHmac('sha256', salt).update(value).digest('hex').slice(0, hashDigits)}]`;

/** Returns whether a text contains anything spelled like a placeholder. */
export const holdsPlaceholder = (text: string): boolean =>
  text.includes('[') && text.search(placeholder) !== -1;

/** Returns the placeholders in a text, in order. */
export const placeholdersIn = (text: string): readonly string[] => text.match(placeholder) ?? [];

/** Returns the parts of a text before, between and after its placeholders. */
export const splitAtPlaceholders = (text: string): readonly string[] => text.split(placeholder);

/** A private-use character: no rule mentions it, and it is neither a letter nor white space. */
const mask = '\uE000';

/** Returns whether `masked` masked any part of the text. */
export const isMasked = (text: string): boolean => text.includes(mask);

/**
 * Masks the parts of a text that rules must not search: placeholders and base64 data, where any
 * match would be accidental. All other characters keep their positions.
 */
export const masked = (text: string): string => {
  let result = text;
  if (result.includes('[')) {
    result = result.replace(placeholder, (found) => mask.repeat(found.length));
  }
  if (result.includes(';base64,')) {
    result = result.replace(/(?<=;base64,)[A-Za-z0-9+/=_-]+/g, (found) =>
      mask.repeat(found.length),
    );
  }
  return result;
};
