import { createHmac } from 'node:crypto';

/** Enough that equal placeholders mean equal values among millions (40 bits). */
const digits = 10;

/** What stands in place of a value: `[email:3f9a1c07d2]`. */
const pattern = /\[[a-z][a-z0-9-]{0,40}:[0-9a-f]{10}\]/g;

/** The salted stand-in of a value: equal values have equal ones, and it fits into any JSON text. */
export const placeholderOf = (rule: string, value: string, salt: string): string =>
  `[${rule}:${createHmac('sha256', salt).update(value).digest('hex').slice(0, digits)}]`;

/** Whether there is something in the text that is spelled as a placeholder. */
export const holdsPlaceholder = (text: string): boolean =>
  text.includes('[') && text.search(pattern) !== -1;

/** The placeholders of a text, in their order. */
export const placeholdersIn = (text: string): readonly string[] => text.match(pattern) ?? [];

/** What stands before, between and behind the placeholders of a text. */
export const withoutPlaceholders = (text: string): readonly string[] => text.split(pattern);

/** A private-use character: no rule has it in a pattern, and it is neither a letter nor a space. */
const mask = '\uE000';

/** Whether there is something in a text that `masked` has masked. */
export const isMasked = (text: string): boolean => text.includes(mask);

/** The text with what no rule shall look into masked, every other character in its place. */
export const masked = (text: string): string => {
  let seen = text;
  if (seen.includes('[')) seen = seen.replace(pattern, (found) => mask.repeat(found.length));
  if (seen.includes(';base64,')) {
    // Bytes in letters: whatever looks like a value in them is none.
    seen = seen.replace(/(?<=;base64,)[A-Za-z0-9+/=_-]+/g, (found) => mask.repeat(found.length));
  }
  return seen;
};
