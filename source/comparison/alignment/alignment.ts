/** A part of a line; `changed` parts are highlighted. */
export type Segment = { readonly text: string; readonly changed: boolean };

/**
 * One row of the side-by-side view: a logical line of each side, or null if a side has none. Text
 * is raw and contains no line feed. `same`: both lines are equal. `changed`: two lines that
 * correspond. `removed`, `added`: only the baseline or only the candidate has the line.
 */
export type AlignedLine = {
  readonly change: 'same' | 'changed' | 'removed' | 'added';
  readonly baseline: readonly Segment[] | null;
  readonly candidate: readonly Segment[] | null;
};

/** Two texts, aligned line by line. */
export type Alignment = {
  readonly lines: readonly AlignedLine[];
  /** Index into `lines` of the first line of each difference, ascending. */
  readonly differences: readonly number[];
  /**
   * The granularity of highlighting: `words` inside paired lines, whole `lines`, or none because
   * prose too dissimilar for a word diff is aligned in `blocks`, paragraph by paragraph.
   */
  readonly granularity: 'words' | 'lines' | 'blocks';
  /** A sentence if a limit made the diff coarser than its granularity promises; null otherwise. */
  readonly coarse: string | null;
};

/** One line of the unified view. `-`: only in the baseline. `+`: only in the candidate. */
export type UnifiedLine = {
  readonly mark: ' ' | '-' | '+';
  readonly segments: readonly Segment[];
};

/**
 * Returns an alignment as one column. In each run of different lines, the baseline's come before
 * the candidate's. In an alignment by blocks, every block is its own run.
 */
export const unifiedLines = (alignment: Alignment): readonly UnifiedLine[] => {
  const unified: UnifiedLine[] = [];
  const starts = new Set(alignment.granularity === 'blocks' ? alignment.differences : []);
  let run: AlignedLine[] = [];
  const flush = (): void => {
    for (const { baseline } of run) {
      if (baseline !== null) unified.push({ mark: '-', segments: baseline });
    }
    for (const { candidate } of run) {
      if (candidate !== null) unified.push({ mark: '+', segments: candidate });
    }
    run = [];
  };
  for (const [index, line] of alignment.lines.entries()) {
    if (line.change === 'same') {
      flush();
      unified.push({ mark: ' ', segments: line.baseline ?? [] });
    } else {
      if (starts.has(index)) flush();
      run.push(line);
    }
  }
  flush();
  return unified;
};
