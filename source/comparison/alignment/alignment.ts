import type { Syntax } from '../../text/syntax.ts';

/** A part of a line; `changed` parts are highlighted. `syntax`: its part in Markdown or in code. */
export type Segment = {
  readonly text: string;
  readonly changed: boolean;
  readonly syntax?: Syntax;
};

/** One thing for each side; null if a side has none. */
export type ForSides<Thing> = {
  readonly baseline: Thing | null;
  readonly candidate: Thing | null;
};

/**
 * One row of the side-by-side view: a line of each side, or null if a side has none. Text is raw
 * and contains no line feed. `same`: the lines are equal, in JSON apart from commas and the
 * spelling of numbers. `changed`: two lines that correspond or stand beside each other. `removed`,
 * `added`: only the baseline or only the candidate has the line. `moved`: each side has the line,
 * at another place; in one row stand two such lines, or one.
 */
export type AlignedLine = {
  readonly change: 'same' | 'changed' | 'removed' | 'added' | 'moved';
  readonly baseline: readonly Segment[] | null;
  readonly candidate: readonly Segment[] | null;
  /** A remark beside a line: the other place of an item that moved (`→ place 3`). */
  readonly notes?: ForSides<string>;
  /**
   * Where in the JSON the two sides differ: `$.items[3].score`, `search().date`. Missing where they are
   * equal, in prose, and where a line shows several differences.
   */
  readonly path?: string;
  /** The sentence that a line shows. */
  readonly sentences?: ForSides<Sentence>;
};

/**
 * A sentence in an alignment by sentences. `number` is the same for two sentences that correspond;
 * null if the sentence has no counterpart. `continues`: its text line began with another sentence.
 */
export type Sentence = { readonly number: number | null; readonly continues: boolean };

/** Two texts, aligned line by line. */
export type Alignment = {
  readonly lines: readonly AlignedLine[];
  /** Index into `lines` of the first line of each difference, ascending. */
  readonly differences: readonly number[];
  /**
   * The granularity of highlighting: `words` inside paired lines, whole `lines`, or `sentences`:
   * prose too dissimilar for a word diff is matched by sentence, and facts on one side are marked.
   */
  readonly granularity: 'words' | 'lines' | 'sentences';
  /** The lines that show tool calls, `to` not included; absent if there are none. */
  readonly calls?: { readonly from: number; readonly to: number };
  /** A sentence if a limit made the diff coarser than its granularity promises; null otherwise. */
  readonly coarse: string | null;
};

/**
 * One line of the unified view. `-`: only in the baseline. `+`: only in the candidate. `<` and `>`:
 * the old and the new place of something that moved.
 */
export type UnifiedLine = {
  readonly mark: ' ' | '-' | '+' | '<' | '>';
  readonly change: AlignedLine['change'];
  readonly segments: readonly Segment[];
  readonly note: string | null;
  readonly sentence: Sentence | null;
  /** As in `AlignedLine`. */
  readonly path?: string;
  /** The index of the line of the alignment that it is a side of. */
  readonly aligned: number;
};

/**
 * Returns an alignment as one column. In each run of different lines, the baseline's come before
 * the candidate's. In an alignment by sentences, every difference is its own run.
 */
export const unifiedLines = (alignment: Alignment): readonly UnifiedLine[] => {
  const unified: UnifiedLine[] = [];
  const starts = new Set(alignment.granularity === 'sentences' ? alignment.differences : []);
  let run: (readonly [number, AlignedLine])[] = [];
  const push = (
    [aligned, line]: readonly [number, AlignedLine],
    side: keyof ForSides<unknown>,
    mark: UnifiedLine['mark'],
  ): void => {
    const segments = line[side];
    if (segments === null) return;
    const note = line.notes?.[side] ?? null;
    const { change } = line;
    const sentence = line.sentences?.[side] ?? null;
    const path = line.path === undefined ? {} : { path: line.path };
    unified.push({ mark, change, segments, note, sentence, aligned, ...path });
  };
  const flush = (): void => {
    for (const each of run) push(each, 'baseline', each[1].change === 'moved' ? '<' : '-');
    for (const each of run) push(each, 'candidate', each[1].change === 'moved' ? '>' : '+');
    run = [];
  };
  for (const each of alignment.lines.entries()) {
    const [index, line] = each;
    if (line.change === 'same') {
      flush();
      push(each, 'baseline', ' ');
    } else {
      if (starts.has(index)) flush();
      run.push(each);
    }
  }
  flush();
  return unified;
};
