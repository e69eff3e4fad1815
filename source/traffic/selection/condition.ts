import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Condition } from './selection.ts';

/**
 * Whether the metadata fulfil a condition. `=` compares numbers by value and anything else by its
 * text (`true`, `null`); a list fulfils it when one of its members does. `!=` is the opposite of `=`,
 * and so holds where there is no such key. The others compare numbers, and nothing else fulfils them.
 */
export const holds = (metadata: JsonObject | null, condition: Condition): boolean => {
  const found = valueAt(metadata, condition.path);
  const members: readonly (JsonValue | undefined)[] = Array.isArray(found) ? found : [found];
  const { operator, value } = condition;
  if (operator === '!=') return !members.some((member) => isEqual(member, value));
  return members.some((member) =>
    operator === '=' ? isEqual(member, value) : isOrdered(member, operator, Number(value)),
  );
};

/** The value under a dotted path; a key that itself has dots is found too. */
export const valueAt = (value: JsonValue | null, path: string): JsonValue | undefined => {
  if (!isJsonObject(value)) return undefined;
  if (Object.hasOwn(value, path)) return value[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const key = path.slice(0, dot);
    if (!Object.hasOwn(value, key)) continue;
    const found = valueAt(value[key] ?? null, path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
};

const isEqual = (found: JsonValue | undefined, wanted: string): boolean => {
  if (found === undefined) return false;
  if (found === wanted || textOf(found) === wanted) return true;
  return typeof found === 'number' && numberOf(wanted) === found;
};

const isOrdered = (
  found: JsonValue | undefined,
  operator: Exclude<Condition['operator'], '=' | '!='>,
  bound: number,
): boolean => {
  const number = typeof found === 'string' ? numberOf(found) : found;
  if (typeof number !== 'number') return false;
  switch (operator) {
    case '>=':
      return number >= bound;
    case '<=':
      return number <= bound;
    case '>':
      return number > bound;
    case '<':
      return number < bound;
  }
};

const textOf = (value: JsonValue): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** A text as the number that it spells; null when it spells none. */
export const numberOf = (text: string): number | null => {
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? null : number;
};
