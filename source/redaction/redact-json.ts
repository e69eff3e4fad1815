import {
  isJsonArray,
  isJsonObject,
  stringOrEmpty,
  type JsonObject,
  type JsonValue,
} from '../text/json.ts';
import { isTextType, redactBase64 } from './redact-base64.ts';
import { redactField, redactText } from './redact-text.ts';
import type { OnFound, Redactor } from './redactor.ts';

/**
 * Redacts every string, key and large whole number in a value. A value without findings is returned
 * itself, not a copy. The tokens of `logprobs` split the text, so `logprobs` becomes null if its
 * text, or the text of the joined tokens, contains a value. A file of text is redacted within its base64.
 */
export const redactJson = (value: JsonValue, redactor: Redactor, onFound: OnFound): JsonValue => {
  if (typeof value === 'string') return redactText(value, redactor, onFound);
  if (typeof value === 'number') return redactNumber('', value, redactor, onFound);
  if (isJsonArray(value)) return redactArray(value, redactor, onFound);
  return isJsonObject(value) ? redactObject(value, redactor, onFound) : value;
};

/** Applies `redactJson` to an object. */
export const redactObject = (
  object: JsonObject,
  redactor: Redactor,
  onFound: OnFound,
): JsonObject => {
  const hasTokens = isTokenList(object['logprobs']);
  const holdsTextFile = isTextFile(object);
  let changes: Map<string, Member> | null = null;
  for (const key in object) {
    if (hasTokens && key === 'logprobs') continue;
    const value = object[key] ?? null;
    const newKey = key.length < 6 ? key : redactor.redact(key, onFound);
    const newValue =
      typeof value === 'string'
        ? redactField(
            key === 'value' ? nameOfValue(object) : key,
            holdsTextFile && key === 'data' ? redactFile(value, redactor, onFound) : value,
            redactor,
            onFound,
          )
        : typeof value === 'number'
          ? redactNumber(key, value, redactor, onFound)
          : value !== null && typeof value === 'object'
            ? redactJson(value, redactor, onFound)
            : value;
    if (newKey === key && newValue === value) continue;
    changes ??= new Map();
    changes.set(key, [newKey, newValue]);
  }
  if (hasTokens && (changes !== null || splitsValue(object['logprobs'], redactor))) {
    changes ??= new Map();
    changes.set('logprobs', ['logprobs', null]);
  }
  return changes === null ? object : withChanges(object, changes);
};

/** Whether the `data` of an object is a file of text in base64, as Anthropic and Gemini send it. */
const isTextFile = ({ data, type, media_type: mediaType, mimeType }: JsonObject): boolean =>
  typeof data === 'string' &&
  (type === undefined || type === 'base64') &&
  isTextType(stringOrEmpty(mediaType ?? mimeType));

const redactFile = (data: string, redactor: Redactor, onFound: OnFound): string =>
  redactBase64(data, (text) => redactText(text, redactor, onFound));

/** Returns the name that describes the member `value` of an object: `{"name": "API_KEY", "value": "…"}`. */
const nameOfValue = (object: JsonObject): string =>
  stringOrEmpty(object['name'] ?? object['key']) || 'value';

type Member = readonly [name: string, value: JsonValue];

const withChanges = (object: JsonObject, changes: ReadonlyMap<string, Member>): JsonObject =>
  Object.fromEntries(
    Object.entries(object).map(([key, value]): Member => changes.get(key) ?? [key, value]),
  );

const redactArray = (
  array: readonly JsonValue[],
  redactor: Redactor,
  onFound: OnFound,
): readonly JsonValue[] => {
  let changed: JsonValue[] | null = null;
  for (const [index, value] of array.entries()) {
    const newValue = redactJson(value, redactor, onFound);
    if (newValue === value) continue;
    changed ??= [...array];
    changed[index] = newValue;
  }
  return changed ?? array;
};

/** Redacts a number. Card and phone numbers are sometimes stored as JSON numbers. */
const redactNumber = (
  name: string,
  value: number,
  redactor: Redactor,
  onFound: OnFound,
): JsonValue => {
  if (value < 1e6 || !Number.isSafeInteger(value) || isCount(name)) return value;
  const digits = String(value);
  const redacted = redactField(name, digits, redactor, onFound);
  return redacted === digits ? value : redacted;
};

/** Counts and times, of which a large one is no value: `total_tokens`, `created`, `durationMs`. */
const isCount = (name: string): boolean =>
  /(?:tokens?|count|created|updated|time|timestamp|[_a-z]at|At|ms|Ms|Ns|_ns|duration|latency|seed|bytes|size)$/.test(
    name,
  );

const isTokenList = (logprobs: JsonValue | undefined): boolean =>
  isJsonArray(logprobs) ? logprobs.length > 0 : isJsonObject(logprobs);

/** Returns whether the text of the joined tokens contains a value. */
const splitsValue = (logprobs: JsonValue | undefined, redactor: Redactor): boolean => {
  const lists = isJsonObject(logprobs) ? Object.values(logprobs) : [logprobs];
  return lists.some((list) => {
    if (!isJsonArray(list)) return false;
    const text = list.map(tokenText).join('');
    return redactText(text, redactor, () => undefined) !== text;
  });
};

const tokenText = (entry: JsonValue): string =>
  stringOrEmpty(isJsonObject(entry) ? entry['token'] : entry);
