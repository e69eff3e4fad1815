import type { Selection } from '../../traffic/selection/selection.ts';
import type { Store } from '../open.ts';
import { selectionOf } from './select-captures.ts';

/** What a comparison's selection left out of the captures that were offered to it. */
export type LeftOut = {
  /** The latest; null: everything. */
  readonly selection: Selection | null;
  /** Each capture for one reason, the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly captures: number }[];
};

/** Counts what was left out of a comparison. */
export const leftOutOf = async (store: Store, comparisonId: string): Promise<LeftOut> => {
  const rows = await store.db
    .selectFrom('comparison_left_out')
    .select((e) => ['reason', e.fn.countAll<number>().as('captures')])
    .where('comparison_id', '=', comparisonId)
    .groupBy('reason')
    .orderBy('captures', 'desc')
    .orderBy('reason')
    .execute();
  return {
    selection: await selectionOf(store, comparisonId),
    reasons: rows.map(({ reason, captures }) => ({ reason, captures: Number(captures) })),
  };
};
