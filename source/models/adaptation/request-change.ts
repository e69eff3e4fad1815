import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import { isAmong, isSameJson } from './adaptation-rules.ts';
import { editAt, generalPath, rootOf, valuesAt, type Edit } from './path.ts';

/**
 * Selects the values at a path that a change applies to; without any of these keys, all of them.
 */
export type ValueFilter = {
  readonly from?: readonly JsonValue[] | undefined;
  readonly notFrom?: readonly JsonValue[] | undefined;
  /** Only this value, or objects with its members. */
  readonly like?: JsonValue | undefined;
  readonly matches?: RegExp | undefined;
  readonly matchesNot?: RegExp | undefined;
};

/** One change at one path. `reason` is a clause, not a sentence. */
export type RequestChange = { readonly at: string; readonly reason: string } & (
  | { readonly do: 'remove' }
  | { readonly do: 'rename'; readonly to: string }
  | { readonly do: 'set'; readonly to: JsonValue; readonly add?: boolean }
  | {
      readonly do: 'clamp';
      readonly minimum?: number | undefined;
      readonly maximum?: number | undefined;
    }
) &
  ValueFilter;

/** A body after a change. `adaptation` is null when nothing had to be changed. */
export type ChangedRequest = {
  readonly body: JsonObject;
  readonly adaptation: Adaptation | null;
};

/** Applies a change to a request body. The body itself is not modified. */
export const applyChange = (body: JsonObject, change: RequestChange): ChangedRequest => {
  const { at, reason } = change;
  const before: JsonValue[] = [];
  const after: JsonValue[] = [];
  const edited = editAt(body, at, (value) => {
    const edit = passesFilter(change, value) ? editFor(change, value) : null;
    if (edit === null) return null;
    before.push(value);
    if (edit.kind === 'set') after.push(edit.value);
    return edit;
  });
  if (edited === body) return addMissing(body, change);
  if (change.do === 'rename') return renamed(body, edited, change, before);
  const action = change.do === 'remove' ? 'removed' : 'changed';
  const values = { ...commonValue('from', before), ...commonValue('to', after) };
  return { body: edited, adaptation: { parameter: generalPath(at), action, ...values, reason } };
};

const addMissing = (body: JsonObject, change: RequestChange): ChangedRequest => {
  const { at, reason } = change;
  if (change.do !== 'set' || change.add !== true || valuesAt(body, at).length > 0) {
    return { body, adaptation: null };
  }
  const adaptation = {
    parameter: generalPath(at),
    action: 'added',
    to: change.to,
    reason,
  } as const;
  return { body: { ...body, [rootOf(at)]: change.to }, adaptation };
};

/** Renames a member. If the new name is taken, the old member is removed instead. */
const renamed = (
  body: JsonObject,
  edited: JsonObject,
  { at, to, reason }: Extract<RequestChange, { do: 'rename' }>,
  before: readonly JsonValue[],
): ChangedRequest => {
  const parameter = generalPath(at);
  if (valuesAt(body, siblingPath(at, to)).length === 0) {
    const adaptation = { parameter, action: 'renamed', from: lastKey(at), to, reason } as const;
    return { body: edited, adaptation };
  }
  const adaptation = {
    parameter,
    action: 'removed',
    ...commonValue('from', before),
    reason: `${reason}; ${to} is there already`,
  } as const;
  return { body: editAt(body, at, () => ({ kind: 'remove' })), adaptation };
};

/** Returns whether a value passes a filter. */
export const passesFilter = (
  { from, like, notFrom, matches, matchesNot }: ValueFilter,
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
    : isSameJson(value, like);

const editFor = (change: RequestChange, value: JsonValue): Edit | null => {
  switch (change.do) {
    case 'remove':
      return { kind: 'remove' };
    case 'rename':
      return { kind: 'rename', key: change.to };
    case 'set':
      return isSameJson(value, change.to) ? null : { kind: 'set', value: change.to };
    case 'clamp': {
      if (typeof value !== 'number') return null;
      const { minimum = value, maximum = value } = change;
      const clamped = Math.min(Math.max(value, minimum), maximum);
      return clamped === value ? null : { kind: 'set', value: clamped };
    }
  }
};

/** Longer values are not repeated in an adaptation; the stored request has them. */
const maximumValueLength = 500;

/** Returns the value shared by all places, under `key`; empty if they differ or it is too long. */
export const commonValue = <Key extends 'from' | 'to'>(
  key: Key,
  values: readonly JsonValue[],
): { readonly [K in Key]?: JsonValue } => {
  const [first, ...others] = values;
  if (first === undefined || others.some((other) => !isSameJson(first, other))) return {};
  if (JSON.stringify(first).length > maximumValueLength) return {};
  return { [key]: first } as { readonly [K in Key]?: JsonValue };
};

const lastKey = (path: string): string => /[^.\]]+$/.exec(path)?.[0] ?? path;

const siblingPath = (path: string, key: string): string =>
  `${path.slice(0, path.length - lastKey(path).length)}${key}`;
