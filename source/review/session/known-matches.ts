import type { Filter } from '../../filter/filter.ts';
import { holdsForKnown } from '../../filter/match-filter.ts';
import { noMarks, type Entry } from './entry.ts';
import type { PairSet } from './pair-key.ts';
import type { PairList } from './pair-list.ts';

/** Ids are looked for in the texts of this many at once, in pages where one occurs. */
const runLength = 16;

/** The indexes of pairs that match a filter, and of those of which the list does not tell. */
export type KnownMatches = { readonly matching: Uint32Array; readonly unknown: Uint32Array };

/**
 * Finds the pairs that match a filter as far as the list tells. A million pairs take a tenth of a second: the
 * filter is asked once for all pairs of the same state and endpoint, but for those with an id that it names.
 */
export const knownMatches = (entries: PairList, filter: Filter): KnownMatches => {
  const matching: number[] = [];
  const unknown: number[] = [];
  const answers = new Map<number, boolean | null>();
  const ids = idsIn(filter).map((id) => id.toLowerCase());
  const holdsAt = (index: number, hasId: boolean): boolean | null => {
    const isMarked = entries.marksAt(index) !== noMarks;
    const kind = entries.kindAt(index);
    const before = isMarked || hasId ? undefined : answers.get(kind);
    if (before !== undefined) return before;
    const entry = entries.at(index);
    if (entry === undefined) return false;
    const captureId = hasId || isMarked ? entry.captureId : '';
    const known = { ...entry, captureId, settledBy: settledBy(entry), isMarked };
    const holds = holdsForKnown(filter, known);
    if (!isMarked && !hasId) answers.set(kind, holds);
    return holds;
  };
  const hasIdIn = (from: number, end: number): boolean => {
    const text = ids.length === 0 ? '' : entries.idsText(from, end);
    return ids.some((id) => text.includes(id));
  };
  for (const { codes, start } of entries.pages) {
    const pageEnd = start + codes.length;
    const isInPage = hasIdIn(start, pageEnd);
    for (let from = start; from < pageEnd; from += runLength) {
      const end = Math.min(from + runLength, pageEnd);
      const isInRun = isInPage && hasIdIn(from, end);
      for (let index = from; index < end; index++) {
        const holds = holdsAt(index, isInRun && hasIdIn(index, index + 1));
        if (holds === null) unknown.push(index);
        else if (holds) matching.push(index);
      }
    }
  }
  return { matching: Uint32Array.from(matching), unknown: Uint32Array.from(unknown) };
};

/** The ids that a filter names. */
const idsIn = (filter: Filter): readonly string[] => {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return filter.parts.flatMap(idsIn);
    case 'not':
      return idsIn(filter.part);
    case 'label':
      return filter.name === 'id' ? [filter.value] : [];
    case 'text':
    case 'number':
      return [];
  }
};

const settledBy = ({ byRule, outcome }: Entry): 'machine' | 'rule' | null => {
  if (outcome !== 'identical' && outcome !== 'equivalent') return null;
  return byRule === true ? 'rule' : 'machine';
};

/** Returns the pairs at some indexes. */
export const pairsAt = (entries: PairList, indexes: Iterable<number>): PairSet => {
  const pairs = new Map<string, Set<string>>();
  for (const index of indexes) {
    const entry = entries.at(index);
    if (entry === undefined) continue;
    const own = pairs.get(entry.comparisonId) ?? new Set();
    pairs.set(entry.comparisonId, own.add(entry.captureId));
  }
  return pairs;
};
