import type { ListedComparison } from '../../store/comparisons/comparisons.ts';
import type { RuleContent } from '../../configuration/rule-content.ts';
import type { RuleRecord } from '../../store/comparisons/stored-rules.ts';
import type { CommandId, Keymap } from './keymap.ts';
import type { PairKey } from './pair-key.ts';
import type { TypedLine } from './line-edit.ts';
import type { ShortPair } from './modes.ts';
import type { PairList } from './pair-list.ts';
import type { Sorting } from './pair-order.ts';
import type { PatternRow } from './pattern-rows.ts';

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
  /** The rows are the indexes of the pairs, in the order of the list. */
  | {
      readonly kind: 'pairs';
      readonly cursor: number;
      readonly sorting: Sorting;
      readonly rows: Uint32Array | null;
    }
  | (LoadedList<'patterns', PatternRow> & {
      readonly isWhole: boolean;
      /** The queue at the time of the count, which the indexes of the rows are of. */
      readonly entries: PairList;
    })
  /** `leftOut`: the number of pairs before the last row that no row can show. */
  | (LoadedList<'rows', ShortPair> & { readonly leftOut: number })
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
