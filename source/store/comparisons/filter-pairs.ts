import { conversationsOf, neededConversation, textsOf, type Filter } from '../../filter/filter.ts';
import { matchesFilter } from '../../filter/match-filter.ts';
import type { Store } from '../open.ts';
import { findText, type IndexProgress } from '../search/find-text.ts';
import { capturesOfConversation } from './conversation-turns.ts';
import { growth } from './growth.ts';
import { pairTraits, partsOfFilter, type TraitCost, type TraitOrder } from './pair-traits.ts';

/**
 * Returns the ids of the captures of a comparison whose pairs match a filter, by default in the order of the queue.
 * `me`: the reviewer of that name in the filter. `reviewer`: whose verdicts count; null: everybody's.
 * `captureIds`: only these are looked at, in this order; by default all. `index` and `onProgress`: see
 * `findText`. `onFirst` is called now and then with all that were found until then, while others are looked for.
 * `signal` stops the search: it rejects then.
 */
export const filterPairs = async (
  store: Store,
  comparisonId: string,
  filter: Filter,
  options: {
    readonly me: string | null;
    readonly reviewer: string | null;
    readonly cost: TraitCost;
    readonly captureIds?: readonly string[];
    readonly order?: TraitOrder;
    readonly index: 'build' | 'none';
    readonly onProgress?: (progress: IndexProgress) => void;
    readonly onFirst?: (captureIds: ReadonlySet<string>) => void;
    readonly signal?: AbortSignal;
  },
): Promise<readonly string[]> => {
  const having = new Map<string, ReadonlySet<string>>();
  const { index, onProgress, signal } = options;
  for (const text of textsOf(filter)) {
    const looking = {
      index,
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    };
    having.set(text, await findText(store, comparisonId, text, looking));
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
  const turnsNeeded = needed === null ? null : (turns.get(needed) ?? new Set());
  const captureIds =
    turnsNeeded === null
      ? options.captureIds
      : (options.captureIds?.filter((id) => turnsNeeded.has(id)) ?? [...turnsNeeded]);
  const looked = {
    ...options,
    ...(captureIds === undefined ? {} : { captureIds }),
    parts: partsOfFilter(filter),
  };
  const found = growth((first) => options.onFirst?.(first));
  const last: string[] = [];
  for await (const { isLast, pairs } of pairTraits(store, comparisonId, looked)) {
    signal?.throwIfAborted();
    const matching = pairs
      .filter((pair) => matchesFilter(filter, pair, context))
      .map(({ captureId }) => captureId);
    if (isLast) last.push(...matching);
    else found.add(matching);
  }
  return [...found.all, ...last];
};
