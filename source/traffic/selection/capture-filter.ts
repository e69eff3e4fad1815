import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { captureRank, rankShare } from './rank.ts';
import type { LeftOutReason, Selection, SelectionCondition } from './selection.ts';

/** What a selection looks at. */
export type FilterFacts = {
  readonly id: string;
  readonly endpoint: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly timestamp: string | null;
  readonly metadata: JsonObject | null;
};

/** What a selection says of one capture before captures are counted. */
export type FilterResult = {
  /** Null: it is selected, unless it is over a number. */
  readonly reason: LeftOutReason | null;
  /** The order in which captures are counted towards a number, see `captureRank`. */
  readonly rank: string;
  /** The captures of one stratum are counted together. */
  readonly stratum: string;
};

/**
 * Judges captures one by one, from nothing but the capture itself. What is left over is counted: at
 * most so many in a stratum, then at most so many in all, both in the order of `rank`.
 */
export const captureFilter = (selection: Selection): ((facts: FilterFacts) => FilterResult) => {
  const patterns = selection.endpoints.map(endpointPattern);
  const reasonOf = (facts: FilterFacts, rank: string): LeftOutReason | null => {
    const { endpoint, timestamp, metadata } = facts;
    const { since, until, where, sample } = selection;
    if (patterns.length > 0 && !patterns.some((pattern) => pattern.test(endpoint))) {
      return 'another endpoint';
    }
    if (since !== null || until !== null) {
      if (timestamp === null) return 'no timestamp';
      if (since !== null && timestamp < since) return 'before --since';
      if (until !== null && timestamp > until) return 'after --until';
    }
    if (!where.every((condition) => fulfils(metadata, condition))) return '--where does not hold';
    return sample !== null && rankShare(rank) >= sample ? 'not in the sample' : null;
  };
  return (facts) => {
    const rank = captureRank(facts.id, facts.metadata);
    return { reason: reasonOf(facts, rank), rank, stratum: stratumOf(selection, facts) };
  };
};

/** A label as a pattern in which `*` stands for any text. */
export const endpointPattern = (label: string): RegExp =>
  new RegExp(
    `^${label.replaceAll(/[$()+.?[\\\]^{|}]/g, String.raw`\$&`).replaceAll(/\*+/g, '[^]*')}$`,
  );

const stratumOf = ({ stratify }: Selection, { endpoint, metadata }: FilterFacts): string => {
  if (stratify === null) return '';
  if (stratify.by === 'endpoint') return endpoint;
  const value = valueAt(metadata, stratify.by.slice('metadata.'.length));
  return value === undefined ? '' : JSON.stringify(value);
};

/**
 * Whether the metadata fulfil a condition. `=` compares numbers by value and anything else by its
 * text (`true`, `null`); a list fulfils it when one of its members does. `!=` is the opposite of `=`,
 * and so fulfils where there is no such key. The others compare numbers, and nothing else fulfils them.
 */
export const fulfils = (metadata: JsonObject | null, condition: SelectionCondition): boolean => {
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
  operator: Exclude<SelectionCondition['operator'], '=' | '!='>,
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
