import { parseJson } from '../text/json.ts';
import { isTextType, redactBase64 } from './redact-base64.ts';
import type { OnFound, Redactor } from './redactor.ts';
import { secretKind } from './rules/secret-name.ts';

/**
 * The depth to which JSON nested in JSON strings is parsed. Deeper JSON is redacted as plain text.
 */
const maximumDepth = 8;

/**
 * Redacts a text of a capture. If the text is JSON, its strings, including JSON within them, are
 * unescaped and redacted, and the result is JSON again. Only strings that contain a value are
 * rewritten. Of a data URL, a file of text is redacted within its base64, and nothing else.
 */
export const redactText = (
  text: string,
  redactor: Redactor,
  onFound: OnFound,
  depth = 0,
): string => {
  if (text.length < 6) return text;
  const file = dataUrlOf(text);
  if (file !== null) {
    return isTextType(file.mediaType)
      ? file.head + redactBase64(file.data, (inner) => redactText(inner, redactor, onFound, depth))
      : text;
  }
  if (
    depth < maximumDepth &&
    looksLikeJson(text) &&
    (text.includes('\\') || text.includes(';base64,') || redactor.mayHold(text))
  ) {
    const redacted = redactJsonText(text, redactor, onFound, depth);
    if (redacted !== null) return redacted;
  }
  return redactor.redact(text, onFound);
};

/** Reads a text that is a data URL, the bytes of an image or a file; null for any other text. */
const dataUrlOf = (
  text: string,
): { readonly head: string; readonly mediaType: string; readonly data: string } | null => {
  if (!text.startsWith('data:')) return null;
  const [, head = '', mediaType = ''] =
    /^(data:([\w/+.;=-]{0,100});base64,)[\w+/=-]*$/.exec(text) ?? [];
  return head === '' ? null : { head, mediaType, data: text.slice(head.length) };
};

/** Fields whose name alone says what a bare number in them is: `{"phone": "4155550123"}`. */
const tellingName =
  /phone|mobile|telefon|fax|whats-?app|msisdn|(?:^|-)(?:tel|cell|handy|ssn)(?:-|$)|social-?security|电话|電話|手机|手機/;

/** Fields about a telephone that hold something else, such as `phone_model` and `telephone_calls_total`. */
const otherName =
  /(?:^|-)(?:ids?|sku|count|model|version|type|total|price|cost|at|size|os|name|tokens?)$/;

/** Whether the name of a field announces a number or a secret. */
type Announced = { readonly number: boolean; readonly secret: boolean };

const announcedByName = new Map<string, Announced>();

/** The size of the cache of recurring names. A longer key is not a field name. */
const nameCache = { names: 1000, nameLength: 64 } as const;

const announced = (name: string): Announced => {
  const cached = announcedByName.get(name);
  if (cached !== undefined) return cached;
  const words = name.replace(/(?<=[a-z\d])(?=[A-Z])|[ _.]+/g, '-').toLowerCase();
  const now = {
    number: tellingName.test(words) && !otherName.test(words),
    secret: secretKind(name) !== null,
  };
  if (announcedByName.size < nameCache.names && name.length <= nameCache.nameLength) {
    announcedByName.set(name, now);
  }
  return now;
};

/** The members that name what the member `value` beside them holds: `{"name": "API_KEY", "value": "…"}`. */
const isPairName = (name: string): boolean => name === 'name' || name === 'key';

/** A longer text is no number and no secret, whatever its name. */
const maximumField = 4096;

/** Redacts the value of a field, whose name may say what kind of value it is. */
export const redactField = (
  name: string,
  text: string,
  redactor: Redactor,
  onFound: OnFound,
  depth = 0,
): string => {
  if (name === '' || text.length < 4 || text.length > maximumField) {
    return redactText(text, redactor, onFound, depth);
  }
  const { number, secret } = announced(name);
  if (number && text.length <= 32 && text.length >= 6 && /\d/.test(text)) {
    const label = `${name}: `;
    const redacted = redactor.redact(label + text, onFound);
    if (redacted.startsWith(label)) return redacted.slice(label.length);
  }
  if (secret) return redactNamed(name, text, redactor, onFound, depth);
  return redactText(text, redactor, onFound, depth);
};

/** Redacts the value of a field whose name announces a secret, as source code would spell it. */
const redactNamed = (
  name: string,
  text: string,
  redactor: Redactor,
  onFound: OnFound,
  depth: number,
): string => {
  const quote = ['"', "'", '`'].find((mark) => !text.includes(mark));
  if (quote !== undefined && !/[\n\r]/.test(text)) {
    const before = `${name}=${quote}`;
    const redacted = redactor.redact(before + text + quote, onFound);
    if (
      redacted !== before + text + quote &&
      redacted.startsWith(before) &&
      redacted.endsWith(quote)
    ) {
      return redacted.slice(before.length, -1);
    }
  }
  return redactText(text, redactor, onFound, depth);
};

const looksLikeJson = (text: string): boolean => {
  const unit = text.charCodeAt(0);
  // Most texts begin with a letter.
  if (unit > 34 && unit < 128 && unit !== 91 && unit !== 123) return false;
  const first = /^\s{0,100}([[{"])/.exec(text)?.[1];
  return first !== undefined && /[\]}"]\s{0,100}$/.test(text.slice(-101));
};

/** Redacts JSON text; null if the text is not JSON. */
const redactJsonText = (
  text: string,
  redactor: Redactor,
  onFound: OnFound,
  depth: number,
): string | null => {
  if (parseJson(text) === undefined) return null;
  const parts: string[] = [];
  let position = 0;
  let name = '';
  let named = '';
  for (let open = text.indexOf('"'); open !== -1; open = text.indexOf('"', position)) {
    parts.push(redactNumbers(name, text.slice(position, open), redactor, onFound));
    position = endOfString(text, open);
    const literal = text.slice(open, position);
    const unescaped = literal.includes('\\') ? parseJson(literal) : literal.slice(1, -1);
    const value = typeof unescaped === 'string' ? unescaped : literal;
    const isName = isColonNext(text, position);
    const redacted = redactField(isName ? '' : name, value, redactor, onFound, depth + 1);
    if (isPairName(name)) named = value;
    name = !isName ? '' : value === 'value' && secretKind(named) !== null ? named : value;
    parts.push(redacted === value ? literal : JSON.stringify(redacted));
  }
  parts.push(redactNumbers(name, text.slice(position), redactor, onFound));
  return parts.join('');
};

/** Whether a colon follows, after white space at most. */
const isColonNext = (text: string, position: number): boolean => {
  let at = position;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return text[at] === ':';
};

/** The position after the closing quotation mark of the string that begins at `open`. */
const endOfString = (text: string, open: number): number => {
  for (let close = text.indexOf('"', open + 1); ; close = text.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (text[close - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return close + 1;
  }
};

/** Redacts the text between two strings. A replaced number becomes a string. */
const redactNumbers = (
  name: string,
  between: string,
  redactor: Redactor,
  onFound: OnFound,
): string =>
  between.length < 7
    ? between
    : between.replace(/(?<![\d.+eE-])\d{7,30}(?![\d.eE])/g, (digits) => {
        const redacted = redactField(name, digits, redactor, onFound);
        return redacted === digits ? digits : JSON.stringify(redacted);
      });
