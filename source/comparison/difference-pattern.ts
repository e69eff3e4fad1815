import { printableLine } from '../text/printable.ts';
import { truncateCells } from '../text/width.ts';
import { withoutIndexes } from './divergences.ts';
import type { JsonDifference } from './json/json-differences.ts';
import type { Change, PairComparison } from './outcome.ts';
import type { ToolCallDifference } from './tool-call-differences.ts';

/** The most changes that are kept of a pair. A pair with as many has no pattern. */
export const maximumChanges = 30;

/** The longest value that is kept of a change, in characters. */
const maximumValue = 40;

/** Returns the changes of JSON fields. `prefix`: where the JSON stands; empty for the text. */
export const fieldChanges = (
  differences: readonly JsonDifference[],
  prefix = '',
): readonly Change[] =>
  differences.slice(0, maximumChanges).map(({ kind, path, baseline, candidate }) => ({
    kind,
    path: withoutIndexes(joinedPath(prefix, path)),
    baseline: cut(baseline),
    candidate: cut(candidate),
  }));

/** Returns the changes of tool calls. */
export const callChanges = (differences: readonly ToolCallDifference[]): readonly Change[] =>
  differences.slice(0, maximumChanges).flatMap((difference): readonly Change[] => {
    switch (difference.kind) {
      case 'added':
        return [
          { kind: 'extra', path: callPath(difference.name), baseline: null, candidate: null },
        ];
      case 'removed':
        return [
          { kind: 'missing', path: callPath(difference.name), baseline: null, candidate: null },
        ];
      case 'arguments':
        return difference.differences.length === 0
          ? [{ kind: 'text', path: callPath(difference.name), baseline: null, candidate: null }]
          : fieldChanges(difference.differences, callPath(difference.name));
      case 'order':
        return [];
    }
  });

/** The path of a tool call: `search()`. */
export const callPath = (name: string): string => `${name}()`;

const joinedPath = (prefix: string, path: string): string => {
  const inner = path.replace(/^\$\.?/, '');
  if (prefix === '') return inner === '' ? 'the whole JSON' : inner;
  return inner === '' ? prefix : `${prefix}.${inner}`;
};

const cut = (value: string | null): string | null =>
  value === null || value.length <= maximumValue
    ? value
    : `${value.slice(0, maximumValue).toWellFormed()}…`;

/** Pairs that differ in the same way. */
export type DifferencePattern = {
  /** Equal for pairs of the same pattern, and for no others. */
  readonly key: string;
  /** The changes in a phrase that is safe to print: `priority: high → urgent`. */
  readonly label: string;
};

/** The most changes that a label spells out. */
const namedChanges = 3;

/**
 * Returns the way in which a pair differs: its endpoint and its changes, without their places in arrays
 * and without how often each is there. Short words, small whole numbers, true, false and null count with
 * their values; other values count by their type. Null if nothing differs, if prose differs, if there are
 * too many changes, and for pairs that an earlier version compared.
 */
export const differencePattern = (
  endpoint: string,
  comparison: Pick<PairComparison, 'outcome' | 'changes'>,
): DifferencePattern | null => {
  const { changes, outcome } = comparison;
  if (outcome !== 'different' || changes === undefined) return null;
  if (changes.length === 0 || changes.length >= maximumChanges) return null;
  if (changes.some(({ kind }) => kind === 'text')) return null;
  const phrases = [...new Set(changes.map(phrase))].toSorted();
  const named = phrases.slice(0, namedChanges).map((text) => truncateCells(text, 60));
  const more = phrases.length - named.length;
  return {
    key: JSON.stringify([endpoint, ...phrases]),
    label: `${named.join(' · ')}${more > 0 ? ` · ${more} more` : ''}`,
  };
};

const phrase = ({ kind, path, baseline, candidate }: Change): string => {
  const name = printableLine(path);
  switch (kind) {
    case 'missing':
      return `${name} missing${baseline === null ? '' : ` (was ${shownValue(baseline)})`}`;
    case 'extra':
      return `${name} added${candidate === null ? '' : ` (${shownValue(candidate)})`}`;
    case 'order':
      return `${name} in another order`;
    case 'text':
      return `${name} differs`;
    case 'value':
    case 'type': {
      const before = baseline === null ? 'nothing' : shownValue(baseline);
      const after = candidate === null ? 'nothing' : shownValue(candidate);
      if (before !== after) return `${name}: ${before} → ${after}`;
      return isDescription(before)
        ? `${name}: another ${before}`
        : `${name}: ${before} of another type`;
    }
  }
};

const descriptions = ['text', 'number', 'list', 'object'] as const;

const isDescription = (text: string): boolean =>
  descriptions.some((description) => description === text);

/** A value that pairs can share, as it stands; any other by its type. */
const shownValue = (json: string): string => {
  if (/^(?:true|false|null|-?\d{1,3})$/.test(json)) return json;
  const word = /^"([^"\\\s]{1,24})"$/u.exec(json)?.[1];
  if (word !== undefined) return printableLine(word);
  if (json.startsWith('"')) return 'text';
  if (json.startsWith('[')) return 'list';
  return json.startsWith('{') ? 'object' : 'number';
};
