import { conversationsOf, neededConversation, textsOf, type Filter } from '../../filter/filter.ts';
import { matchesFilter } from '../../filter/match-filter.ts';
import type { Store } from '../open.ts';
import { findText, type IndexProgress } from '../search/find-text.ts';
import { capturesOfConversation } from './conversation-turns.ts';
import { pairTraits, type TraitCost } from './pair-traits.ts';

/**
 * Returns the ids of the captures of a comparison whose pairs match a filter, in the order of the queue.
 * `me`: the reviewer of that name in the filter. `reviewer`: whose verdicts count; null: everybody's.
 * `index` and `onProgress`: see `findText`. `onFirst` is called with the first ones that are found while others
 * are looked for.
 */
export const filterPairs = async (
  store: Store,
  comparisonId: string,
  filter: Filter,
  options: {
    readonly me: string | null;
    readonly reviewer: string | null;
    readonly cost: TraitCost;
    readonly index: 'build' | 'none';
    readonly onProgress?: (progress: IndexProgress) => void;
    readonly onFirst?: (captureIds: readonly string[]) => void;
  },
): Promise<readonly string[]> => {
  const having = new Map<string, ReadonlySet<string>>();
  for (const text of textsOf(filter)) {
    having.set(text, await findText(store, comparisonId, text, options));
  }
  const turns = new Map<string, ReadonlySet<string>>();
  for (const start of conversationsOf(filter)) {
    turns.set(start, new Set(await capturesOfConversation(store, comparisonId, start)));
  }
  const context = {
    me: options.me,
    hasText: (captureId: string, text: string) => having.get(text)?.has(captureId) === true,
    isOfConversation: (captureId: string, start: string) =>
      turns.get(start)?.has(captureId) === true,
  };
  const needed = neededConversation(filter);
  const part = needed === null ? {} : { captureIds: [...(turns.get(needed) ?? [])] };
  const found: string[] = [];
  for await (const { isLast, pairs } of pairTraits(store, comparisonId, { ...options, ...part })) {
    const isFirst = found.length === 0;
    for (const pair of pairs) {
      if (matchesFilter(filter, pair, context)) found.push(pair.captureId);
    }
    if (isFirst && found.length > 0 && !isLast) options.onFirst?.([...found]);
  }
  return found;
};
