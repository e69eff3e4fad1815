import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { captureRank, rankShare } from './rank.ts';
import type { LeftOutReason, Selection, SelectionCondition } from './selection.ts';

/** The facts about a capture that a filter needs. */
export type FilterFacts = {
  readonly id: string;
  readonly endpoint: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly timestamp: string | null;
  readonly metadata: JsonObject | null;
};

/** The result of a filter for one capture, before captures are counted. */
export type FilterResult = {
  /** Null: selected, unless it exceeds a number of captures. */
  readonly reason: LeftOutReason | null;
  /** The order in which captures count towards a number, see `captureRank`. */
  readonly rank: string;
  /** Captures of one stratum count together. */
  readonly stratum: string;
};

/**
 * A filter that looks at each capture alone. The caller applies the numbers of the selection to what
 * passes: first those per stratum, then the limit, both in the order of `rank`.
 */
export const captureFilter = (selection: Selection): ((facts: FilterFacts) => FilterResult) => {
  const patterns = selection.endpoints.map(wildcardPattern);
  const reasonFor = (facts: FilterFacts, rank: string): LeftOutReason | null => {
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
    if (!where.every((condition) => holdsFor(metadata, condition))) return '--where does not hold';
    return sample !== null && rankShare(rank) >= sample ? 'not in the sample' : null;
  };
  return (facts) => {
    const rank = captureRank(facts.id, facts.metadata);
    return { reason: reasonFor(facts, rank), rank, stratum: stratumName(selection, facts) };
  };
};

/** A pattern that matches a whole label, in which `*` matches any text. */
export const wildcardPattern = (label: string): RegExp =>
  new RegExp(
    `^${label.replaceAll(/[$()+.?[\\\]^{|}]/g, String.raw`\$&`).replaceAll(/\*+/g, '[^]*')}$`,
  );

/** The stratum of a capture; the empty string if the selection has none or the capture lacks the key. */
export const stratumName = (
  { stratify }: Pick<Selection, 'stratify'>,
  { endpoint, metadata }: Pick<FilterFacts, 'endpoint' | 'metadata'>,
): string => {
  if (stratify === null) return '';
  if (stratify.by === 'endpoint') return endpoint;
  const value = metadataValue(metadata, stratify.by.slice('metadata.'.length));
  return value === undefined ? '' : JSON.stringify(value);
};

/**
 * Whether a condition holds for metadata. `=` compares numbers by value and everything else by its text
 * (`true`, `null`); for a list, one equal element is enough. `!=` is the opposite of `=` and so holds
 * where the key is missing. The other operators hold for numbers only.
 */
const holdsFor = (metadata: JsonObject | null, condition: SelectionCondition): boolean => {
  const found = metadataValue(metadata, condition.path);
  const elements = isJsonArray(found) ? found : [found];
  const { operator, value } = condition;
  if (operator === '!=') return !elements.some((element) => isEqual(element, value));
  return elements.some((element) =>
    operator === '=' ? isEqual(element, value) : isOrdered(element, operator, Number(value)),
  );
};

/** The value at a dotted path. Keys that contain dots themselves are found, too. */
const metadataValue = (value: JsonValue | null, path: string): JsonValue | undefined => {
  if (!isJsonObject(value)) return undefined;
  if (Object.hasOwn(value, path)) return value[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const key = path.slice(0, dot);
    if (!Object.hasOwn(value, key)) continue;
    const found = metadataValue(value[key] ?? null, path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
};

const isEqual = (found: JsonValue | undefined, wanted: string): boolean => {
  if (found === undefined) return false;
  const text = typeof found === 'string' ? found : JSON.stringify(found);
  return text === wanted || (typeof found === 'number' && parseNumber(wanted) === found);
};

const isOrdered = (
  found: JsonValue | undefined,
  operator: Exclude<SelectionCondition['operator'], '=' | '!='>,
  bound: number,
): boolean => {
  const number = typeof found === 'string' ? parseNumber(found) : found;
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

/** Parses a string as a finite number; null if it is not one. */
export const parseNumber = (text: string): number | null => {
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? null : number;
};
