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

/** Names of fields whose values are told by the name alone: `{"phone": "4155550123"}`. */
const tellingName = /phone|mobile|tel|fax|cell|whatsapp|ssn|social.?security|电话|電話|手机|手機/i;

const tellingNames = new Map<string, boolean>();

/** Enough for the names that come again and again; a longer one is none of a field. */
const most = { names: 1000, nameLength: 64 } as const;

const isTelling = (name: string): boolean => {
  const known = tellingNames.get(name);
  if (known !== undefined) return known;
  const isSo = tellingName.test(name);
  if (tellingNames.size < most.names && name.length <= most.nameLength) {
    tellingNames.set(name, isSo);
  }
  return isSo;
};

/** `redactText` of the value of a field, which may say what the value is. */
export const redactNamed = (
  name: string,
  text: string,
  redactor: Redactor,
  found: OnFound,
  depth = 0,
): string => {
  if (text.length <= 32 && text.length >= 6 && isTelling(name) && /\d/.test(text)) {
    const lead = `${name}: `;
    const redacted = redactor.redact(lead + text, found);
    if (redacted.startsWith(lead)) return redacted.slice(lead.length);
  }
  return redactText(text, redactor, found, depth);
};

const looksLikeJson = (text: string): boolean => {
  if (!/^[\s[{"]/.test(text)) return false;
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
  let name = '';
  for (let open = text.indexOf('"'); open !== -1; open = text.indexOf('"', at)) {
    parts.push(redactNumbers(name, text.slice(at, open), redactor, found));
    at = endOfString(text, open);
    const literal = text.slice(open, at);
    const inner = literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
    const isName = /^\s{0,20}:/.test(text.slice(at, at + 21));
    const redacted = redactNamed(isName ? '' : name, inner, redactor, found, depth + 1);
    name = isName ? inner : '';
    parts.push(redacted === inner ? literal : JSON.stringify(redacted));
  }
  parts.push(redactNumbers(name, text.slice(at), redactor, found));
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
const redactNumbers = (
  name: string,
  between: string,
  redactor: Redactor,
  found: OnFound,
): string =>
  between.length < 7
    ? between
    : between.replace(/(?<![\d.+eE-])\d{7,30}(?![\d.eE])/g, (digits) => {
        const redacted = redactNamed(name, digits, redactor, found);
        return redacted === digits ? digits : JSON.stringify(redacted);
      });
