import type { Side } from '../comparison/outcome.ts';
import type { Filter } from '../filter/filter.ts';
import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { filterPairs } from '../store/comparisons/filter-pairs.ts';
import { emptyMarks } from '../store/comparisons/pair-marks.ts';
import { loadPair, type Pair, type SideRecord } from '../store/comparisons/pairs.ts';
import { pairTraits, type TraitCost } from '../store/comparisons/pair-traits.ts';
import { atOneMoment, type Store } from '../store/open.ts';
import type { Capture } from '../traffic/capture.ts';
import { isLeftOut, type ExportFormat } from './export-format.ts';
import { exportedPair, type ExportedPair } from './exported-pair.ts';

/** How many pairs were exported, and why others were not, most frequent reason first. */
export type ExportCounts = {
  readonly pairs: number;
  readonly leftOut: readonly { readonly reason: string; readonly pairs: number }[];
};

/** Characters that are written at once. */
const chunkCharacters = 64 * 1024;

/** The selection to export. */
type ExportOptions = {
  readonly filter: Filter | null;
  /** The reviewer who is `me` in the filter. */
  readonly me: string | null;
  /** Whose verdicts count; null: everybody's. */
  readonly reviewer: string | null;
  /** The cost by which the filter selects. */
  readonly cost: TraitCost;
  /** The cost of an answer at the moment of its call, in USD; null if unknown. */
  readonly costAtCall: (side: Side, answered: AnsweredRecord, capture: Capture) => number | null;
};

/**
 * Exports the pairs of a comparison in the order of its queue, as they are at one moment. They are read pair by
 * pair and the verdicts page by page, so that they are never all in memory. `write` resolves when more can be
 * written.
 */
export const exportPairs = (
  store: Store,
  comparison: ComparisonRecord,
  options: ExportOptions & { readonly format: ExportFormat },
  write: (text: string) => Promise<void>,
): Promise<ExportCounts> =>
  atOneMoment(store, (snapshot) => exportSnapshot(snapshot, comparison, options, write));

const exportSnapshot = async (
  store: Store,
  comparison: ComparisonRecord,
  { format, ...options }: ExportOptions & { readonly format: ExportFormat },
  write: (text: string) => Promise<void>,
): Promise<ExportCounts> => {
  const leftOut = new Map<string, number>();
  let pairs = 0;
  let isFirst = true;
  let chunk = format.begin(comparison);
  for await (const pair of readPairs(store, comparison, options)) {
    const rows = format.rows(pair);
    if (isLeftOut(rows)) {
      leftOut.set(rows.leftOut, (leftOut.get(rows.leftOut) ?? 0) + 1);
      continue;
    }
    pairs += 1;
    for (const row of rows) {
      chunk += isFirst ? row : `${format.separator}${row}`;
      isFirst = false;
    }
    if (chunk.length >= chunkCharacters) {
      await write(chunk);
      chunk = '';
    }
  }
  await write(`${chunk}${format.end}`);
  return {
    pairs,
    leftOut: Array.from(leftOut, ([reason, count]) => ({ reason, pairs: count })).toSorted(
      (a, b) => b.pairs - a.pairs,
    ),
  };
};

/** Reads the pairs that match the filter, one by one. */
async function* readPairs(
  store: Store,
  comparison: ComparisonRecord,
  options: ExportOptions,
): AsyncGenerator<ExportedPair, void, undefined> {
  const { costAtCall, filter, reviewer } = options;
  const wanted =
    filter === null
      ? null
      : new Set(await filterPairs(store, comparison.id, filter, { ...options, index: 'none' }));
  let number = 0;
  for await (const page of pairTraits(store, comparison.id, { ...options, marks: 'by page' })) {
    for (const listed of page.pairs) {
      number += 1;
      const { captureId } = listed;
      if (wanted?.has(captureId) === false) continue;
      const pair = await loadPair(store, comparison.id, captureId);
      const known = page.marks.get(captureId) ?? emptyMarks;
      yield exportedPair({
        comparison,
        number,
        listed,
        pair,
        // What resolves a conflict is the verdict of all reviewers together.
        marks: reviewer === null ? known : { ...known, resolvers: [] },
        costs: {
          baseline: costOf(pair, 'baseline', costAtCall),
          candidate: costOf(pair, 'candidate', costAtCall),
        },
      });
    }
  }
}

type AnsweredRecord = Extract<SideRecord, { kind: 'answered' }>;

const costOf = (
  { capture, sides }: Pair,
  side: Side,
  costAtCall: ExportOptions['costAtCall'],
): number | null => {
  const record = sides[side];
  return record.kind === 'answered' ? costAtCall(side, record, capture) : null;
};
