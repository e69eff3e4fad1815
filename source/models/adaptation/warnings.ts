import { count } from '../../text/numbers.ts';
import type { Adaptation } from '../model.ts';
import { shortJson } from './remedy-text.ts';

/** Changes that every replay makes: they are kept with each answer, and no news to anybody. */
export const routine: ReadonlySet<string> = new Set(['model', 'stream', 'stream_options']);

/** What adaptations say of many requests to one model. */
export type AdaptationTally = {
  readonly requests: number;
  /** In the order in which they came up. */
  readonly said: readonly {
    readonly adaptation: Adaptation;
    readonly requests: number;
    /** The highest value that was warned of; null where one was no number. */
    readonly highest: number | null;
    /** Whether all values were the same. */
    readonly isOne: boolean;
  }[];
};

/** Counts adaptations, request by request. */
export const createAdaptationTally = (): {
  readonly add: (adaptations: readonly Adaptation[]) => void;
  readonly tally: () => AdaptationTally;
} => {
  const said = new Map<string, { -readonly [Key in keyof Said]: Said[Key] }>();
  let requests = 0;
  return {
    add(adaptations) {
      requests++;
      for (const adaptation of adaptations) {
        const { action, from, parameter, reason } = adaptation;
        if (action !== 'kept' && routine.has(parameter)) continue;
        const key = `${action}\0${parameter}\0${reason}`;
        const value = typeof from === 'number' ? from : null;
        const known = said.get(key);
        if (known === undefined) {
          said.set(key, { adaptation, requests: 1, highest: value, isOne: true });
          continue;
        }
        known.requests++;
        if (known.highest !== value) known.isOne = false;
        known.highest =
          value === null || known.highest === null ? null : Math.max(value, known.highest);
      }
    },
    tally: () => ({ requests, said: [...said.values()] }),
  };
};

type Said = AdaptationTally['said'][number];

/**
 * What is to be known before the first call: a line for each warning, with how many requests it is
 * about, and one for the changes. `ofFirst`: only the first requests were looked at, which is said.
 * The lines hold text from outside.
 */
export const warningsOf = (
  modelLabel: string,
  { requests, said }: AdaptationTally,
  ofFirst: boolean,
): readonly string[] => {
  const of = `of ${ofFirst ? 'the first ' : ''}${count(requests)} ${requests === 1 ? 'request' : 'requests'}`;
  const warnings = said
    .filter(({ adaptation }) => adaptation.action === 'kept')
    .map(
      (one) =>
        `warning: ${modelLabel}: ${one.adaptation.parameter}${valueText(one)} in ${count(one.requests)} ${of}: ${one.adaptation.reason}`,
    );
  const changes = said
    .filter(({ adaptation }) => adaptation.action !== 'kept')
    .toSorted((one, other) => other.requests - one.requests)
    .map((one) => `${changeText(one.adaptation)} in ${count(one.requests)}`);
  if (changes.length === 0) return warnings;
  return [...warnings, `changed: ${modelLabel}: ${changes.join(', ')} ${of}`];
};

const valueText = ({ highest, isOne }: Said): string =>
  highest === null ? '' : ` is ${highest}${isOne ? '' : ' or less'}`;

const changeText = ({ action, parameter, to }: Adaptation): string => {
  switch (action) {
    case 'renamed':
      return `${parameter} → ${String(to)}`;
    case 'changed':
    case 'added':
      return to === undefined ? `${parameter} ${action}` : `${parameter} set to ${shortJson(to)}`;
    default:
      return `${parameter} ${action}`;
  }
};
