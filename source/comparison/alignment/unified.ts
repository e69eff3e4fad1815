import type { AlignedLine, Alignment, Segment } from './alignment.ts';

/** One line of the unified view: in both texts, only in the baseline's, only in the candidate's. */
export type UnifiedLine = {
  readonly mark: ' ' | '-' | '+';
  readonly segments: readonly Segment[];
};

/**
 * An alignment as one column: of each run of lines that differ, the baseline's come before the
 * candidate's. In an alignment by blocks every block is a run of its own.
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
