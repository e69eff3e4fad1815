import type { Filter } from '../../filter/filter.ts';
import { holdsForKnown } from '../../filter/match-filter.ts';
import { noMarks, type Entry } from './entry.ts';
import type { PairSet } from './pair-key.ts';
import type { PairList } from './pair-list.ts';

/** The indexes of pairs that match a filter, and of those of which the list does not tell. */
export type KnownMatches = { readonly matching: Uint32Array; readonly unknown: Uint32Array };

/**
 * Finds the pairs that match a filter as far as the list tells. A million pairs take a tenth of a second: the
 * filter is asked once for all pairs of the same state and endpoint, unless it names ids.
 */
export const knownMatches = (entries: PairList, filter: Filter): KnownMatches => {
  const matching: number[] = [];
  const unknown: number[] = [];
  const answers = new Map<number, boolean | null>();
  const asksForIds = namesIds(filter);
  for (let index = 0; index < entries.length; index++) {
    const isMarked = entries.marksAt(index) !== noMarks;
    const kind = entries.kindAt(index);
    let holds = isMarked || asksForIds ? undefined : answers.get(kind);
    if (holds === undefined) {
      const entry = entries.at(index);
      if (entry === undefined) continue;
      holds = holdsForKnown(filter, { ...entry, settledBy: settledBy(entry), isMarked });
      if (!isMarked) answers.set(kind, holds);
    }
    if (holds === null) unknown.push(index);
    else if (holds) matching.push(index);
  }
  return { matching: Uint32Array.from(matching), unknown: Uint32Array.from(unknown) };
};

const namesIds = (filter: Filter): boolean => {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return filter.parts.some(namesIds);
    case 'not':
      return namesIds(filter.part);
    case 'label':
      return filter.name === 'id';
    case 'text':
    case 'number':
      return false;
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
