import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Adaptation } from '../model.ts';
import { isAmong, isSame } from './condition.ts';
import { editAt, generalPath, rootOf, valuesAt, type Edit } from './path.ts';

/** Which values at a path are meant; without a key: all. */
export type Meant = {
  readonly from?: readonly JsonValue[] | undefined;
  readonly notFrom?: readonly JsonValue[] | undefined;
  /** Only this, or objects that have its members. */
  readonly like?: JsonValue | undefined;
  readonly matches?: RegExp | undefined;
  readonly matchesNot?: RegExp | undefined;
};

/** One change at one path. `reason` is half a sentence. */
export type Change = { readonly at: string; readonly reason: string } & (
  | { readonly do: 'remove' }
  | { readonly do: 'rename'; readonly to: string }
  | { readonly do: 'set'; readonly to: JsonValue; readonly add?: boolean }
  | {
      readonly do: 'clamp';
      readonly minimum?: number | undefined;
      readonly maximum?: number | undefined;
    }
) &
  Meant;

/** Values of more characters are not repeated in an adaptation: the request in the store has them. */
const longestValue = 500;

/** A body with one change made, and what was changed; `adaptation` null: nothing had to be. */
export const applyChange = (
  body: JsonObject,
  change: Change,
): { readonly body: JsonObject; readonly adaptation: Adaptation | null } => {
  const { at, reason } = change;
  const parameter = generalPath(at);
  const before: JsonValue[] = [];
  const after: JsonValue[] = [];
  const edited = editAt(body, at, (value) => {
    const edit = isMeant(change, value) ? editOf(change, value) : null;
    if (edit === null) return null;
    before.push(value);
    if (edit.kind === 'set') after.push(edit.value);
    return edit;
  });
  if (edited === body) {
    if (change.do !== 'set' || change.add !== true || valuesAt(body, at).length > 0) {
      return { body, adaptation: null };
    }
    const adaptation = { parameter, action: 'added', to: change.to, reason } as const;
    return { body: { ...body, [rootOf(at)]: change.to }, adaptation };
  }
  if (change.do === 'rename') {
    const isThere = valuesAt(body, siblingPath(at, change.to)).length > 0;
    if (!isThere) {
      const names = { from: lastKey(at), to: change.to };
      return { body: edited, adaptation: { parameter, action: 'renamed', ...names, reason } };
    }
    const left = editAt(body, at, () => ({ kind: 'remove' }));
    const both = `${reason}; ${change.to} is there already`;
    return {
      body: left,
      adaptation: { parameter, action: 'removed', ...value('from', before), reason: both },
    };
  }
  const action = change.do === 'remove' ? 'removed' : 'changed';
  const values = { ...value('from', before), ...value('to', after) };
  return { body: edited, adaptation: { parameter, action, ...values, reason } };
};

/** Whether a value is meant. */
export const isMeant = (
  { from, like, notFrom, matches, matchesNot }: Meant,
  value: JsonValue,
): boolean =>
  (like === undefined || isLike(value, like)) &&
  (from === undefined || isAmong(value, from)) &&
  (notFrom === undefined || !isAmong(value, notFrom)) &&
  (matches === undefined || (typeof value === 'string' && matches.test(value))) &&
  (matchesNot === undefined || (typeof value === 'string' && !matchesNot.test(value)));

const isLike = (value: JsonValue, like: JsonValue): boolean =>
  isJsonObject(like)
    ? isJsonObject(value) &&
      Object.entries(like).every(([key, one]) => isLike(value[key] ?? null, one))
    : isSame(value, like);

const editOf = (change: Change, value: JsonValue): Edit | null => {
  switch (change.do) {
    case 'remove':
      return { kind: 'remove' };
    case 'rename':
      return { kind: 'rename', key: change.to };
    case 'set':
      return isSame(value, change.to) ? null : { kind: 'set', value: change.to };
    case 'clamp': {
      if (typeof value !== 'number') return null;
      const { minimum = value, maximum = value } = change;
      const clamped = Math.min(Math.max(value, minimum), maximum);
      return clamped === value ? null : { kind: 'set', value: clamped };
    }
  }
};

/** One value of several places, where they agree and it is short enough to be repeated. */
export const value = <Key extends 'from' | 'to'>(
  key: Key,
  values: readonly JsonValue[],
): { readonly [K in Key]?: JsonValue } => {
  const [first, ...others] = values;
  if (first === undefined || others.some((other) => !isSame(first, other))) return {};
  if (JSON.stringify(first).length > longestValue) return {};
  return { [key]: first } as { readonly [K in Key]?: JsonValue };
};

const lastKey = (path: string): string => /[^.\]]+$/.exec(path)?.[0] ?? path;

const siblingPath = (path: string, key: string): string =>
  `${path.slice(0, path.length - lastKey(path).length)}${key}`;
