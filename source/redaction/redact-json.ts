import { isJsonObject, type JsonObject, type JsonValue } from '../text/json.ts';
import { redactNamed, redactText } from './redact-text.ts';
import type { OnFound, Redactor } from './redactor.ts';

/**
 * The value with every text and key in it redacted. What has no finding is the same value again. The
 * tokens of `logprobs` split a text, so they are dropped where that text has a finding.
 */
export const redactJson = (value: JsonValue, redactor: Redactor, found: OnFound): JsonValue => {
  if (typeof value === 'string') return redactText(value, redactor, found);
  if (typeof value === 'number') return redactNumber('', value, redactor, found);
  if (Array.isArray(value)) return redactArray(value, redactor, found);
  return isJsonObject(value) ? redactObject(value, redactor, found) : value;
};

/** `redactJson` of an object. */
export const redactObject = (
  object: JsonObject,
  redactor: Redactor,
  found: OnFound,
): JsonObject => {
  const hasTokens = isTokenList(object['logprobs']);
  let changed: Map<string, Member> | null = null;
  for (const key in object) {
    if (hasTokens && key === 'logprobs') continue;
    const value = object[key] as JsonValue;
    const newKey = key.length < 6 ? key : redactor.redact(key, found);
    const newValue =
      typeof value === 'string'
        ? redactNamed(key, value, redactor, found)
        : typeof value === 'number'
          ? redactNumber(key, value, redactor, found)
          : value !== null && typeof value === 'object'
            ? redactJson(value, redactor, found)
            : value;
    if (newKey === key && newValue === value) continue;
    changed ??= new Map();
    changed.set(key, [newKey, newValue]);
  }
  if (hasTokens && (changed !== null || splitsFinding(object['logprobs'], redactor))) {
    changed ??= new Map();
    changed.set('logprobs', ['logprobs', null]);
  }
  return changed === null ? object : withChanges(object, changed);
};

type Member = readonly [name: string, value: JsonValue];

const withChanges = (object: JsonObject, changed: ReadonlyMap<string, Member>): JsonObject =>
  Object.fromEntries(
    Object.entries(object).map(([key, value]) => changed.get(key) ?? [key, value as JsonValue]),
  );

const redactArray = (
  array: readonly JsonValue[],
  redactor: Redactor,
  found: OnFound,
): readonly JsonValue[] => {
  let changed: JsonValue[] | null = null;
  for (const [index, value] of array.entries()) {
    const newValue = redactJson(value, redactor, found);
    if (newValue === value) continue;
    changed ??= [...array];
    changed[index] = newValue;
  }
  return changed ?? array;
};

/** A card number or a phone number may stand there as a number. */
const redactNumber = (
  name: string,
  value: number,
  redactor: Redactor,
  found: OnFound,
): JsonValue => {
  if (value < 1e6 || !Number.isSafeInteger(value)) return value;
  const digits = String(value);
  const redacted = redactNamed(name, digits, redactor, found);
  return redacted === digits ? value : redacted;
};

const isTokenList = (logprobs: JsonValue | undefined): boolean =>
  Array.isArray(logprobs) ? logprobs.length > 0 : isJsonObject(logprobs);

/** Whether a text that the tokens make has a finding. */
const splitsFinding = (logprobs: JsonValue | undefined, redactor: Redactor): boolean => {
  const lists: readonly JsonValue[] = Array.isArray(logprobs)
    ? [logprobs]
    : Object.values(logprobs as JsonObject);
  return lists.some((list) => {
    if (!Array.isArray(list)) return false;
    const text = list.map(tokenOf).join('');
    return redactText(text, redactor, () => undefined) !== text;
  });
};

const tokenOf = (entry: JsonValue): string => {
  if (typeof entry === 'string') return entry;
  if (!isJsonObject(entry)) return '';
  const { token } = entry;
  return typeof token === 'string' ? token : '';
};
