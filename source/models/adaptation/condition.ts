import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { valuesAt } from './path.ts';
import type { Condition } from './rules.ts';

/** Whether a condition holds of a request. */
export const holds = (condition: Condition, body: JsonObject): boolean => {
  const values = valuesAt(body, condition.at);
  const { noneIs } = condition;
  if (noneIs !== undefined) return !values.some((value) => isAmong(value, noneIs));
  if (condition.present === false) return values.length === 0;
  return values.some((value) => holdsOf(condition, value));
};

const holdsOf = (condition: Condition, value: JsonValue): boolean => {
  const { is, isNot, above, atMost, says, saysNot, has, lacks } = condition;
  return (
    (is === undefined || isAmong(value, is)) &&
    (isNot === undefined || !isAmong(value, isNot)) &&
    (above === undefined || (typeof value === 'number' && value > above)) &&
    (atMost === undefined || (typeof value === 'number' && value <= atMost)) &&
    (says === undefined || says.test(JSON.stringify(value))) &&
    (saysNot === undefined || !saysNot.test(JSON.stringify(value))) &&
    (has === undefined || hasKey(value, has)) &&
    (lacks === undefined || (isJsonObject(value) && !hasKey(value, lacks)))
  );
};

const hasKey = (value: JsonValue, key: string): boolean =>
  isJsonObject(value) && value[key] !== undefined && value[key] !== null;

/** Whether a value is equal to one of these. */
export const isAmong = (value: JsonValue, values: readonly JsonValue[]): boolean =>
  values.some((one) => isSame(one, value));

/** Whether two values are the same JSON, whatever the order of their keys. */
export const isSame = (one: JsonValue, other: JsonValue): boolean =>
  one === other || canonicalJson(one) === canonicalJson(other);
