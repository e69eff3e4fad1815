import { count } from '../../text/numbers.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import { shortJson } from './remedy.ts';

/** Parameters that every replay changes. They are stored with each answer but not reported. */
const routine: ReadonlySet<string> = new Set(['model', 'stream', 'stream_options']);

/** Whether every replay makes a change. The Responses API is always asked to keep nothing (`store`). */
export const isRoutine = ({
  action,
  parameter,
}: Pick<Adaptation, 'action' | 'parameter'>): boolean =>
  action !== 'kept' &&
  (routine.has(parameter) ||
    (parameter === 'store' && (action === 'added' || action === 'changed')));

/** The adaptations of many requests to one model. */
export type AdaptationTally = {
  readonly requests: number;
  /** In order of first occurrence. */
  readonly noted: readonly {
    readonly adaptation: Adaptation;
    readonly requests: number;
    /** The highest value in a warning; null if any of them was not a number. */
    readonly highest: number | null;
    /** Whether all values were equal. */
    readonly isOne: boolean;
  }[];
};

/** Counts adaptations, one request at a time. */
export const createAdaptationTally = (): {
  readonly add: (adaptations: readonly Adaptation[]) => void;
  readonly tally: () => AdaptationTally;
} => {
  const noted = new Map<string, { -readonly [Key in keyof Noted]: Noted[Key] }>();
  let requests = 0;
  return {
    add(adaptations) {
      requests++;
      for (const adaptation of adaptations) {
        const { action, from, parameter, reason } = adaptation;
        if (isRoutine(adaptation)) continue;
        const key = `${action}\0${parameter}\0${reason}`;
        const value = typeof from === 'number' ? from : null;
        const known = noted.get(key);
        if (known === undefined) {
          noted.set(key, { adaptation, requests: 1, highest: value, isOne: true });
          continue;
        }
        known.requests++;
        if (known.highest !== value) known.isOne = false;
        known.highest =
          value === null || known.highest === null ? null : Math.max(value, known.highest);
      }
    },
    tally: () => ({ requests, noted: [...noted.values()] }),
  };
};

type Noted = AdaptationTally['noted'][number];

/**
 * Returns lines for the user before the first call: one for each warning, with the number of
 * requests it affects, and one for all changes. `ofFirst` means that only the first requests were
 * examined. The lines contain raw text.
 */
export const warningsOf = (
  modelLabel: string,
  { requests, noted }: AdaptationTally,
  ofFirst: boolean,
): readonly string[] => {
  const of = `of ${ofFirst ? 'the first ' : ''}${count(requests)} ${requests === 1 ? 'request' : 'requests'}`;
  const warnings = noted
    .filter(({ adaptation }) => adaptation.action === 'kept')
    .map(
      (one) =>
        `warning: ${modelLabel}: ${one.adaptation.parameter}${valueText(one)} in ${count(one.requests)} ${of}: ${one.adaptation.reason}`,
    );
  const changes = noted
    .filter(({ adaptation }) => adaptation.action !== 'kept')
    .toSorted((one, other) => other.requests - one.requests)
    .map((one) => `${changeText(one.adaptation)} in ${count(one.requests)}`);
  if (changes.length === 0) return warnings;
  return [...warnings, `changed: ${modelLabel}: ${changes.join(', ')} ${of}`];
};

const valueText = ({ highest, isOne }: Noted): string =>
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
