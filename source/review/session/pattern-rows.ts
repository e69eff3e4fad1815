import type { PairPattern } from '../../store/comparisons/pair-patterns.ts';
import type { PairList } from './pair-list.ts';

/** Pairs of a comparison that differ in the same way. */
export type PatternRow = {
  readonly comparisonId: string;
  readonly key: string;
  readonly label: string;
  /** The label without telling which side is the baseline. */
  readonly sidelessLabel: string;
  readonly endpoint: string;
  readonly pairs: number;
  /** Where the pairs are in the queue, ascending. They are sorted when somebody first asks for them. */
  readonly indexes: Uint32Array;
};

/** A pattern while its pairs are being read; more indexes follow at the end. */
type GrowingPattern = Omit<PatternRow, 'pairs' | 'indexes'> & { readonly indexes: number[] };

/** Counts the patterns of pairs while these are being read. */
export class PatternCollector {
  /** The queue that the indexes are of. */
  readonly entries: PairList;
  readonly #rows = new Map<string, GrowingPattern>();
  readonly #fields = new Set<string>();

  constructor(entries: PairList) {
    this.entries = entries;
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  /** The paths that differ in the pairs so far. */
  get fields(): readonly string[] {
    return [...this.#fields];
  }

  add(comparisonId: string, pairs: readonly PairPattern[]): void {
    for (const { captureId, endpoint, fields, pattern } of pairs) {
      const index = this.entries.indexOf({ comparisonId, captureId });
      if (index < 0) continue;
      const { key } = pattern;
      const id = `${comparisonId}\0${key}`;
      const row = this.#rows.get(id) ?? { comparisonId, ...pattern, endpoint, indexes: [] };
      row.indexes.push(index);
      this.#rows.set(id, row);
      for (const field of fields) this.#fields.add(field);
    }
  }

  /** Returns the patterns so far, the most frequent first. */
  rows(): readonly PatternRow[] {
    return Array.from(this.#rows.values(), rowOf).sort(
      (a, b) => b.pairs - a.pairs || (a.key < b.key ? -1 : 1),
    );
  }
}

/** Returns a pattern as it is now. Of hundreds, a screen shows the indexes of a few. */
const rowOf = ({ indexes, ...pattern }: GrowingPattern): PatternRow => {
  const pairs = indexes.length;
  let sorted: Uint32Array | null = null;
  return {
    ...pattern,
    pairs,
    get indexes() {
      sorted ??= Uint32Array.from(indexes.slice(0, pairs)).sort();
      return sorted;
    },
  };
};

/** Returns which of some indexes, ascending, a pattern has. */
export const indexesIn = (
  { indexes }: Pick<PatternRow, 'indexes'>,
  wanted: readonly number[],
): readonly number[] => {
  const has = (index: number): boolean => {
    let low = 0;
    let high = indexes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((indexes[middle] ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    return indexes[low] === index;
  };
  return wanted.filter(has);
};
