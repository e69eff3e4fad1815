import type { ListedComparison } from '../../store/comparisons/comparisons.ts';
import type { RuleContent } from '../../configuration/rule-content.ts';
import type { RuleRecord } from '../../store/comparisons/stored-rules.ts';
import type { ListedPair } from '../../store/comparisons/pair-traits.ts';
import type { CommandId, Keymap } from './keymap.ts';
import type { PairKey } from './pair-key.ts';
import type { TypedLine } from './line-edit.ts';
import type { ShortPair } from './modes.ts';

/** The sort orders of the list of pairs, in the order in which the key cycles through them. */
export const sortings = [
  'position',
  'endpoint',
  'outcome',
  'verdict',
  'cost',
  'length',
  'ratio',
  'likeness',
] as const;
export type Sorting = (typeof sortings)[number];

/** Pairs of a comparison that differ in the same way. */
export type PatternRow = {
  readonly comparisonId: string;
  readonly key: string;
  readonly label: string;
  readonly endpoint: string;
  readonly ids: readonly string[];
};

/** The length of the candidate's answer by the baseline's; null if one is unknown. */
export const lengthRatio = ({ numbers: { baseline, candidate } }: ListedPair): number | null =>
  baseline.length === null || candidate.length === null || baseline.length === 0
    ? null
    : candidate.length / baseline.length;

/**
 * Returns the pairs in an order: numbers ascend, unknown ones last; equal pairs keep the order of the
 * queue. `verdictOf`: the reviewer's verdict now, which may be newer than the list.
 */
export const sortPairs = (
  pairs: readonly ListedPair[],
  sorting: Sorting,
  verdictOf: (pair: PairKey) => string | null,
): readonly ListedPair[] => {
  if (sorting === 'position') return pairs;
  const keys = new Map(pairs.map((pair) => [pair, sortKey(pair, sorting, verdictOf)]));
  return pairs.toSorted((a, b) => byKey(keys.get(a) ?? null, keys.get(b) ?? null));
};

const sortKey = (
  pair: ListedPair,
  sorting: Exclude<Sorting, 'position'>,
  verdictOf: (pair: PairKey) => string | null,
): string | number | null => {
  switch (sorting) {
    case 'endpoint':
      return pair.endpoint;
    case 'outcome':
      return pair.outcome;
    case 'verdict':
      return verdictOf(pair);
    case 'cost':
    case 'length':
      return pair.numbers.candidate[sorting];
    case 'ratio':
      return lengthRatio(pair);
    case 'likeness':
      return pair.likeness;
  }
};

const byKey = (a: string | number | null, b: string | number | null): number => {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
};

/** Returns the patterns of the pairs by comparison, the most frequent first. */
export const patternRows = (pairs: readonly ListedPair[]): readonly PatternRow[] => {
  const rows = new Map<string, Omit<PatternRow, 'ids'> & { readonly ids: string[] }>();
  for (const { captureId, comparisonId, endpoint, pattern } of pairs) {
    if (pattern === null) continue;
    const { key, label } = pattern;
    const id = `${comparisonId}\0${key}`;
    const row = rows.get(id) ?? { comparisonId, key, label, endpoint, ids: [] };
    row.ids.push(captureId);
    rows.set(id, row);
  }
  return [...rows.values()].toSorted(
    (a, b) => b.ids.length - a.ids.length || (a.key < b.key ? -1 : 1),
  );
};

/** A command that the palette offers. */
export type PaletteRow = {
  readonly id: CommandId;
  readonly keys: readonly string[];
  readonly help: string;
};

/** Returns the commands of the review whose name, keys or help contain every word of a text. */
export const paletteRows = ({ commands }: Keymap, text: string): readonly PaletteRow[] => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ help, id, keys, modes }) => {
    const searched = `${id} ${keys.join(' ')} ${help}`.toLowerCase();
    return modes.includes('review') && words.every((word) => searched.includes(word));
  });
};

/** A rule that may be made. `settles`: the pairs that it would settle; null while they are counted. */
export type RuleOption = {
  readonly rule: RuleContent;
  readonly settles: { readonly unjudged: number; readonly judged: number } | null;
};

/** The index of the next row of a screen of short pairs that is open, from the top after the last; -1 for none. */
export const nextOpenRow = (
  { cursor, rows }: { readonly cursor: number; readonly rows: readonly ShortPair[] | null },
  isOpen: (pair: PairKey) => boolean,
): number => {
  const all = rows ?? [];
  const open = (from: number): number =>
    all.findIndex((row, index) => index >= from && isOpen(row));
  const after = open(cursor + 1);
  return after >= 0 ? after : open(0);
};

/** An open list. `rows` is null while it is loaded. */
type LoadedList<Kind extends string, Row> = {
  readonly kind: Kind;
  readonly cursor: number;
  readonly rows: readonly Row[] | null;
};

export type ListMode =
  | (LoadedList<'pairs', ListedPair> & { readonly sorting: Sorting })
  | LoadedList<'patterns', PatternRow>
  | LoadedList<'rows', ShortPair>
  | LoadedList<'comparisons', ListedComparison>
  | LoadedList<'rule', RuleOption>
  | LoadedList<'rules', RuleRecord>
  | {
      readonly kind: 'palette';
      readonly cursor: number;
      readonly line: TypedLine;
      readonly rows: readonly PaletteRow[];
    };

/** The first visible row of a list: the cursor stands in the middle, except near the ends. */
export const firstVisible = (cursor: number, rows: number, height: number): number =>
  Math.max(0, Math.min(cursor - Math.floor(height / 2), rows - height));

/** Returns a list with its cursor moved by a command. `height`: the rows on the screen. */
export const moveCursor = (list: ListMode, id: CommandId, height: number): ListMode => {
  const last = Math.max(0, (list.rows?.length ?? 0) - 1);
  const to = (cursor: number): ListMode => ({
    ...list,
    cursor: Math.min(last, Math.max(0, cursor)),
  });
  const page = Math.max(1, height - 1);
  switch (id) {
    case 'list.down':
      return to(list.cursor + 1);
    case 'list.up':
      return to(list.cursor - 1);
    case 'list.page_down':
      return to(list.cursor + page);
    case 'list.page_up':
      return to(list.cursor - page);
    case 'list.top':
      return to(0);
    case 'list.bottom':
      return to(last);
    default:
      return list;
  }
};
