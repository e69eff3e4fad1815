import { printableLine } from '../text/printable.ts';
import { truncateCells } from '../text/width.ts';
import { withoutIndexes } from './divergences.ts';
import { maximumValue, openChanges, wholeJson } from './open-changes.ts';
import { appliesTo } from './settling-rules.ts';
import type { RuleContent } from '../configuration/rule-content.ts';
import type { JsonDifference } from './json/json-differences.ts';
import type { Change, PairComparison } from './outcome.ts';
import type { ToolCallDifference } from './tool-call-differences.ts';

/** The most changes that are kept of a pair. */
export const maximumChanges = 100;

/** The most changes that an earlier version kept, without saying how many it left out. */
const earlierMaximum = 30;

/** Returns the changes of JSON fields. `prefix`: where the JSON stands; empty for the text. */
export const fieldChanges = (
  differences: readonly JsonDifference[],
  prefix = '',
): readonly Change[] =>
  differences.map(({ kind, path, baseline, candidate }) => ({
    kind,
    path: withoutIndexes(joinedPath(prefix, path)),
    baseline: cut(baseline),
    candidate: cut(candidate),
  }));

/** Returns the changes of tool calls. */
export const callChanges = (differences: readonly ToolCallDifference[]): readonly Change[] =>
  differences.flatMap((difference): readonly Change[] => {
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
  if (prefix === '') return inner === '' ? wholeJson : inner;
  return inner === '' ? prefix : `${prefix}.${inner}`;
};

const cut = (value: string | null): string | null =>
  value === null || value.length <= maximumValue
    ? value
    : `${value.slice(0, maximumValue).toWellFormed()}…`;

/**
 * Returns the first changes of a pair, and how many more there are; that is left out where an earlier version
 * kept all of them, too.
 */
export const keptChanges = (
  changes: readonly Change[],
): Required<Pick<PairComparison, 'changes'>> & Pick<PairComparison, 'omittedChanges'> => ({
  changes: changes.slice(0, maximumChanges),
  ...(changes.length < earlierMaximum
    ? {}
    : { omittedChanges: Math.max(0, changes.length - maximumChanges) }),
});

/** Pairs that differ in the same way. */
export type DifferencePattern = {
  /** Equal for pairs of the same pattern, and for no others. */
  readonly key: string;
  /** The changes in a phrase that is safe to print: `priority: high → urgent`. */
  readonly label: string;
  /** The same without telling which side is the baseline: `priority: high ↔ urgent`. */
  readonly sidelessLabel: string;
};

/** The most changes that a label spells out. */
const namedChanges = 3;

/** The most different changes of a pair with a pattern. */
const maximumPhrases = 30;

/**
 * Returns the way in which a pair differs: its endpoint and its changes, without those that rules cover, their
 * places in arrays and how often each is there. Short words, small whole numbers, true, false and null count
 * with their values; other values count by their type. Null if nothing differs, if prose differs, if there are
 * too many changes, and for pairs that an earlier version compared. `rules`: all that are in force.
 */
export const differencePattern = (
  endpoint: string,
  comparison: Pick<PairComparison, 'outcome' | 'changes' | 'divergences' | 'omittedChanges'>,
  rules: readonly RuleContent[],
): DifferencePattern | null => {
  if (comparison.outcome !== 'different' || !hasAllChanges(comparison)) return null;
  const changes = openChanges(
    comparison,
    rules.filter((rule) => appliesTo(rule, endpoint)),
  );
  if (changes.length === 0 || changes.some(({ kind }) => kind === 'text')) return null;
  const phrases = phrasesOf(changes, 'directed');
  if (phrases.length >= maximumPhrases) return null;
  return {
    key: JSON.stringify([endpoint, ...phrases]),
    // Of many pairs only the keys are read.
    get label() {
      return labelOf(phrases);
    },
    get sidelessLabel() {
      return labelOf(phrasesOf(changes, 'sideless'));
    },
  };
};

const hasAllChanges = ({
  changes,
  omittedChanges,
}: Pick<PairComparison, 'changes' | 'omittedChanges'>): boolean =>
  changes !== undefined &&
  (omittedChanges === undefined ? changes.length < earlierMaximum : omittedChanges === 0);

/** Whether a phrase says which side has what. */
type Direction = 'directed' | 'sideless';

const phrasesOf = (changes: readonly Change[], direction: Direction): readonly string[] =>
  [...new Set(changes.map((change) => phrase(change, direction)))].toSorted();

const labelOf = (phrases: readonly string[]): string => {
  const named = phrases.slice(0, namedChanges).map((text) => truncateCells(text, 60));
  const more = phrases.length - named.length;
  return `${named.join(' · ')}${more > 0 ? ` · ${more} more` : ''}`;
};

const phrase = ({ kind, path, baseline, candidate }: Change, direction: Direction): string => {
  const name = printableLine(path);
  if (direction === 'sideless' && (kind === 'missing' || kind === 'extra')) {
    const value = baseline ?? candidate;
    return `${name} on one side only${value === null ? '' : ` (${shownValue(value)})`}`;
  }
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
      if (before === after) {
        return isDescription(before)
          ? `${name}: another ${before}`
          : `${name}: ${before} of another type`;
      }
      return direction === 'directed'
        ? `${name}: ${before} → ${after}`
        : `${name}: ${[before, after].toSorted().join(' ↔ ')}`;
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
