import type { OnFound, Redactor } from './redactor.ts';

/** JSON in a text in JSON in a text …: so deep it is looked into, and beyond that taken as plain. */
const deepest = 8;

/**
 * A text of a capture with its findings replaced. JSON in it is looked into, escapes and further JSON
 * in its texts included, and stays JSON: only what holds a finding is written anew.
 */
export const redactText = (text: string, redactor: Redactor, found: OnFound, depth = 0): string => {
  if (text.length < 6 || isBytes(text)) return text;
  if (depth < deepest && looksLikeJson(text) && (text.includes('\\') || redactor.mayHold(text))) {
    const redacted = redactJsonText(text, redactor, found, depth);
    if (redacted !== null) return redacted;
  }
  return redactor.redact(text, found);
};

/** A URL that is the bytes of an image or a file. */
const isBytes = (text: string): boolean =>
  text.startsWith('data:') && /^data:[\w/+.;=-]{0,100};base64,[\w+/=-]*$/.test(text);

const looksLikeJson = (text: string): boolean => {
  const first = /^\s{0,100}([[{"])/.exec(text)?.[1];
  return first !== undefined && /[\]}"]\s{0,100}$/.test(text.slice(-101));
};

/** Null where it is no JSON. */
const redactJsonText = (
  text: string,
  redactor: Redactor,
  found: OnFound,
  depth: number,
): string | null => {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const parts: string[] = [];
  let at = 0;
  for (let open = text.indexOf('"'); open !== -1; open = text.indexOf('"', at)) {
    parts.push(redactNumbers(text.slice(at, open), redactor, found));
    at = endOfString(text, open);
    const literal = text.slice(open, at);
    const inner = literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
    const redacted = redactText(inner, redactor, found, depth + 1);
    parts.push(redacted === inner ? literal : JSON.stringify(redacted));
  }
  parts.push(redactNumbers(text.slice(at), redactor, found));
  return parts.join('');
};

/** Where the string that begins at `open` ends, its quotation mark included. */
const endOfString = (text: string, open: number): number => {
  for (let close = text.indexOf('"', open + 1); ; close = text.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (text[close - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return close + 1;
  }
};

/** What stands between strings; a number that is a finding becomes a string. */
const redactNumbers = (between: string, redactor: Redactor, found: OnFound): string =>
  between.length < 9
    ? between
    : between.replace(/(?<![\d.+eE-])\d{9,30}(?![\d.eE])/g, (digits) => {
        const redacted = redactor.redact(digits, found);
        return redacted === digits ? digits : JSON.stringify(redacted);
      });
