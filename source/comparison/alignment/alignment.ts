/** A run of text within a line; `changed` runs are what is marked. */
export type Segment = { readonly text: string; readonly changed: boolean };

/**
 * One row of the side-by-side view: a logical line of each side, or null where a side has none. Text
 * is raw; a line holds no line end. `same`: both sides are equal. `changed`: a pair of lines that
 * belong together. `removed`, `added`: only the baseline, only the candidate has it.
 */
export type AlignedLine = {
  readonly change: 'same' | 'changed' | 'removed' | 'added';
  readonly baseline: readonly Segment[] | null;
  readonly candidate: readonly Segment[] | null;
};

/** Two texts set beside each other. */
export type Alignment = {
  readonly lines: readonly AlignedLine[];
  /** Index into `lines` of the first line of each difference, ascending. */
  readonly differences: readonly number[];
  /**
   * How fine the marks are: `words` inside paired lines, `lines` as wholes, or `blocks`: prose too
   * unlike for a word diff, aligned paragraph by paragraph and not painted.
   */
  readonly granularity: 'words' | 'lines' | 'blocks';
  /** A sentence when a limit made the diff coarser than its kind allows; null otherwise. */
  readonly coarse: string | null;
};
