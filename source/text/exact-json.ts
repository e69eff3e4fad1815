import { exceedsDepth, isJsonArray, isJsonObject, type JsonValue, parseJson } from './json.ts';

/**
 * Parses the JSON text of an answer; undefined if the text is not JSON. The arguments of a tool call that came
 * as a value and have a number which `JSON.parse` would round (`9007199254740993`) become their JSON text, with
 * the number as it was written. They are the `input` of a `tool_use` and all `args` and `arguments`.
 */
export const parseAnswerJson = (text: string): JsonValue | undefined => {
  const value = parseJson(text);
  if (value === undefined || !mayRound.test(text) || /\ue000|\\ue000/i.test(text)) return value;
  const rounded = roundedNumbers(text);
  if (rounded.length === 0 || exceedsDepth(value)) return value;
  let end = 0;
  const parts: string[] = [];
  for (const { at, number } of rounded) {
    parts.push(text.slice(end, at), `"${mark}${number}"`);
    end = at + number.length;
  }
  const exact = parseJson(parts.join('') + text.slice(end));
  return exact === undefined ? value : unmarked(exact);
};

/** Whether `JSON.parse` rounds a number in a JSON text. */
export const isRounded = (text: string): boolean =>
  mayRound.test(text) && roundedNumbers(text).length > 0;

/** Whether a value has a number that was rounded when it was parsed, or may have been. */
export const mayBeRounded = (value: JsonValue | undefined): boolean => {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  if (isJsonArray(value)) return value.some(mayBeRounded);
  return isJsonObject(value) && Object.values(value).some(mayBeRounded);
};

/** Stands before a number in a string that takes its place. It is for private use, and no answer has it. */
const mark = '\ue000';

/** What every text with a number that is rounded has. */
const mayRound = /[\d.]{16}|\d[eE][+-]?\d{2}/;

/** The numbers of a JSON text that `JSON.parse` rounds, with their places. */
const roundedNumbers = (
  text: string,
): readonly { readonly at: number; readonly number: string }[] => {
  const found: { readonly at: number; readonly number: string }[] = [];
  const begin = /["\d-]/g;
  const number = /-?\d[\d.eE+-]*/y;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const at = match.index;
    if (match[0] === '"') {
      // A string may be too long for a regular expression.
      let close = text.indexOf('"', at + 1);
      while (close !== -1 && isEscaped(text, close)) close = text.indexOf('"', close + 1);
      if (close === -1) return found;
      begin.lastIndex = close + 1;
      continue;
    }
    number.lastIndex = at;
    const token = number.exec(text)?.[0] ?? match[0];
    if (!isKept(token)) found.push({ at, number: token });
    begin.lastIndex = at + token.length;
  }
  return found;
};

const isEscaped = (text: string, at: number): boolean => {
  let first = at;
  while (text[first - 1] === '\\') first--;
  return (at - first) % 2 === 1;
};

/** Whether a number is the same after `JSON.parse`, as far as its first 17 digits tell. */
const isKept = (token: string): boolean => {
  const value = Number(token);
  const digits = token
    .replace(/[eE].*$/, '')
    .replaceAll(/[-.]/g, '')
    .replace(/^0+/, '');
  if (digits === '') return true;
  if (!Number.isFinite(value) || value === 0) return false;
  return Number.isInteger(value) ? Number.isSafeInteger(value) : digits.length <= 17;
};

const unmarked = (value: JsonValue): JsonValue => {
  if (typeof value === 'string') {
    return value.startsWith(mark) ? Number(value.slice(mark.length)) : value;
  }
  if (isJsonArray(value)) return value.map(unmarked);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const areArguments =
        key === 'args' || key === 'arguments' || (key === 'input' && value['type'] === 'tool_use');
      return [key, areArguments ? exactText(member) : unmarked(member)] as const;
    }),
  );
};

/** The JSON text of a value with the numbers as they were written; the value itself if it has none to keep. */
const exactText = (value: JsonValue): JsonValue => {
  if (typeof value !== 'object' || value === null) return unmarked(value);
  const text = JSON.stringify(value);
  return text.includes(`"${mark}`) ? text.replaceAll(/"\ue000([^"]*)"/g, '$1') : value;
};
