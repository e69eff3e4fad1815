import type { WithOwnIds } from './unite-answers.ts';
import { type RowUnion, rowsLike } from './unite-rows.ts';

/** A reviewer of this name gave different verdicts on the same pairs in two stores. */
export type DoubleVerdicts = { readonly reviewer: string; readonly pairs: number };

/**
 * Finds the reviewers whose verdicts in force on a pair differ between two stores, neither of which knows the
 * other's verdict: perhaps two people with the same login name. Must be called before the events are united.
 */
export const findDoubleVerdicts = async (
  union: RowUnion,
  withOwnIds: WithOwnIds,
): Promise<readonly DoubleVerdicts[]> => {
  const columns = ['comparison_id', 'capture_id', 'reviewer', 'verdict', 'event_id'] as const;
  const keyOf = (comparisonId: unknown, captureId: unknown, reviewer: unknown): string =>
    JSON.stringify([comparisonId, captureId, reviewer]);
  const ours = new Map(
    (await union.into.selectFrom('current_verdict').select(columns).execute()).map((row) => [
      keyOf(row.comparison_id, row.capture_id, row.reviewer),
      row,
    ]),
  );
  if (ours.size === 0) return [];
  const pairs = new Map<string, number>();
  for (const theirs of await union.source.selectFrom('current_verdict').select(columns).execute()) {
    const place = withOwnIds({
      comparison_id: theirs.comparison_id,
      capture_id: theirs.capture_id,
    });
    const { reviewer } = theirs;
    const own = ours.get(keyOf(place['comparison_id'], place['capture_id'], reviewer));
    if (own === undefined || own.verdict === theirs.verdict) continue;
    const [here] = await rowsLike(union.into, 'verdict_event', ['id'], { id: theirs.event_id });
    const [there] = await rowsLike(union.source, 'verdict_event', ['id'], { id: own.event_id });
    if (here !== undefined || there !== undefined) continue;
    pairs.set(reviewer, (pairs.get(reviewer) ?? 0) + 1);
  }
  return Array.from(pairs, ([reviewer, number]) => ({ reviewer, pairs: number })).toSorted(
    (one, other) => other.pairs - one.pairs,
  );
};
