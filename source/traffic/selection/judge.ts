import type { JsonObject } from '../../text/json.ts';
import { holds, valueAt } from './condition.ts';
import { rankOf, shareOf } from './rank.ts';
import type { LeftOutReason, Selection } from './selection.ts';

/** What a selection looks at. */
export type SelectionFacts = {
  readonly id: string;
  readonly endpoint: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly timestamp: string | null;
  readonly metadata: JsonObject | null;
};

/** What a selection says of one capture before captures are counted. */
export type Judged = {
  /** Null: it is selected, unless it is over a number. */
  readonly reason: LeftOutReason | null;
  /** The order in which captures are counted towards a number, see `rankOf`. */
  readonly rank: string;
  /** The captures of one stratum are counted together. */
  readonly stratum: string;
};

/**
 * Judges captures one by one, from nothing but the capture itself. What is left over is counted: at
 * most so many in a stratum, then at most so many in all, both in the order of `rank`.
 */
export const judgeOf = (selection: Selection): ((facts: SelectionFacts) => Judged) => {
  const patterns = selection.endpoints.map(patternOf);
  const reasonOf = (facts: SelectionFacts, rank: string): LeftOutReason | null => {
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
    if (!where.every((condition) => holds(metadata, condition))) return '--where does not hold';
    return sample !== null && shareOf(rank) >= sample ? 'not in the sample' : null;
  };
  return (facts) => {
    const rank = rankOf(facts.id, facts.metadata);
    return { reason: reasonOf(facts, rank), rank, stratum: stratumOf(selection, facts) };
  };
};

/** A label as a pattern in which `*` stands for any text. */
export const patternOf = (label: string): RegExp =>
  new RegExp(
    `^${label.replaceAll(/[$()+.?[\\\]^{|}]/g, String.raw`\$&`).replaceAll(/\*+/g, '[^]*')}$`,
  );

const stratumOf = ({ stratify }: Selection, { endpoint, metadata }: SelectionFacts): string => {
  if (stratify === null) return '';
  if (stratify.by === 'endpoint') return endpoint;
  const value = valueAt(metadata, stratify.by.slice('metadata.'.length));
  return value === undefined ? '' : JSON.stringify(value);
};
