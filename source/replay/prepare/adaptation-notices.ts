import { adaptRequest } from '../../models/adaptation/adapt-request.ts';
import { createAdaptationTally, warningsOf } from '../../models/adaptation/warnings.ts';
import type { Model } from '../../models/model.ts';
import type { RemedyBook } from '../remedy-book.ts';
import type { Side } from '../../comparison/outcome.ts';
import { pendingRequests } from '../../store/comparisons/pending-pairs.ts';
import type { Store } from '../../store/open.ts';
import { harmlessLine } from '../../text/harmless.ts';

/** So many requests tell what the others are like, and are looked at in a moment. */
const lookedAt = 1000;
const charactersLookedAt = 32 * 1024 * 1024;

/**
 * What is to be known of the requests before the first call, as lines: warnings, and what is changed.
 * Of more than 1,000 requests that a model has not answered yet the first are looked at.
 */
export const adaptationNotices = async (options: {
  readonly store: Store;
  readonly models: readonly {
    readonly comparisonId: string;
    readonly side: Side;
    readonly model: Model;
  }[];
  readonly keep: ReadonlySet<string>;
  readonly book: RemedyBook;
}): Promise<readonly string[]> => {
  const { book, keep, store } = options;
  const lines: string[] = [];
  for (const { comparisonId, model, side } of options.models) {
    if (model.kind !== 'live') continue;
    const { label } = model;
    const scope = { comparisonIds: [comparisonId], modelLabel: label };
    const { add, tally } = createAdaptationTally();
    const pending = pendingRequests(store, comparisonId, {
      side,
      limit: lookedAt + 1,
      characters: charactersLookedAt,
    });
    let requests = 0;
    for await (const request of pending) {
      requests++;
      if (requests > lookedAt) break;
      const remedies = await book.remedies(scope, request);
      add(adaptRequest(request, model, { keep, remedies }).adaptations);
    }
    lines.push(...warningsOf(label, tally(), requests > lookedAt));
  }
  return lines.map(harmlessLine);
};
