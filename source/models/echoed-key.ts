import type { JsonValue } from '../text/json.ts';
import { redactJson } from '../redaction/redact-json.ts';
import type { Redactor } from '../redaction/redactor.ts';

/** Replaces the API key wherever a server echoes it. */
const placeholder = '[key]';

/** A shorter key is not a secret (`none`, `ollama`) and may be a word in any answer. */
const shortestKey = 8;

const nothing = (): void => undefined;

/**
 * Returns a server's response (plain data) with `[key]` in place of the key: in strings, in JSON
 * within strings, in field names, and in a string truncated within the key. Logprobs whose tokens
 * spell the key become null. A key of fewer than 8 characters is not replaced.
 */
export const withoutKey = <Answered>(answered: Answered, key: string): Answered =>
  key.length < shortestKey
    ? answered
    : (redactJson(answered as JsonValue, keyRedactor(key), nothing) as Answered);

const keyRedactor = (key: string): Redactor => {
  const spellings = spellingsOf(key);
  return {
    mayHold: (text) => spellings.some((spelling) => text.includes(spelling)),
    redact: (text) => withoutBeginning(replaced(text, spellings), spellings),
  };
};

/** Returns the key itself and its URL-encoded form. */
const spellingsOf = (key: string): readonly string[] => [
  ...new Set([key, encodeURIComponent(key)]),
];

const replaced = (text: string, spellings: readonly string[]): string =>
  spellings.reduce((rest, spelling) => rest.replaceAll(spelling, placeholder), text);

/**
 * Replaces a prefix of the key at the end of a truncated string, if it is too long to be a word.
 */
const withoutBeginning = (text: string, spellings: readonly string[]): string => {
  const [key = ''] = spellings;
  const shortest = Math.min(16, Math.max(shortestKey, Math.ceil(key.length / 2)));
  // A cheap test that passes for nearly every text.
  if (!spellings.some((one) => text.includes(one.slice(0, shortest)))) return text;
  const end = text.endsWith('…') ? text.length - 1 : text.length;
  const length = beginningLength(text, end, spellings);
  if (length < shortest) return text;
  return `${text.slice(0, end - length)}${placeholder}${text.slice(end)}`;
};

/** Returns the length of the longest proper prefix of a spelling that ends at `end`. */
const beginningLength = (text: string, end: number, spellings: readonly string[]): number => {
  for (
    let length = Math.min(end, Math.max(...spellings.map((one) => one.length)) - 1);
    length > 0;
    length--
  ) {
    const tail = text.slice(end - length, end);
    if (spellings.some((one) => one.length > length && one.startsWith(tail))) return length;
  }
  return 0;
};

/**
 * Applies `withoutKey` to streamed text: a suffix that may be the start of the key is held back
 * until the next piece arrives.
 */
export class PiecesWithoutKey {
  readonly #spellings: readonly string[];
  #held = '';

  constructor(key: string) {
    this.#spellings = key.length < shortestKey ? [] : spellingsOf(key);
  }

  /** Returns the text that may be shown after this piece; it may be empty. */
  push(piece: string): string {
    if (this.#spellings.length === 0) return piece;
    const text = replaced(this.#held + piece, this.#spellings);
    const end = text.length - beginningLength(text, text.length, this.#spellings);
    this.#held = text.slice(end);
    return text.slice(0, end);
  }

  /** Returns the remaining text after the last piece. */
  end(): string {
    const rest = withoutBeginning(this.#held, this.#spellings);
    this.#held = '';
    return rest;
  }
}
