import type { Side } from '../../comparison/outcome.ts';
import { endClaim } from '../claims.ts';
import { writeTogether } from '../database/write-together.ts';
import type { Store } from '../open.ts';

/** The other comparisons of the same name and baseline. */
export const siblingComparisons = async (
  store: Store,
  comparisonId: string,
): Promise<readonly string[]> => {
  const rows = await store.db
    .selectFrom('comparison as own')
    .innerJoin('comparison as other', (join) =>
      join
        .onRef('other.name', '=', 'own.name')
        .onRef('other.baseline', '=', 'own.baseline')
        .onRef('other.id', '<>', 'own.id'),
    )
    .select('other.id')
    .where('own.id', '=', comparisonId)
    .execute();
  return rows.map(({ id }) => id);
};

/**
 * Takes an answer that another comparison has, into those that lack it, as reused: it was paid for
 * there. `from` are the comparisons asked, each with the adaptations that its answer must have been
 * made with, as JSON (null: any). An answer to a request with its original values is none to the one
 * with placeholders, and the other way round. False when none of them has it.
 */
export const reuseAnswer = async (
  store: Store,
  answer: {
    readonly captureId: string;
    readonly side: Side;
    readonly sample: number;
    readonly from: readonly {
      readonly comparisonId: string;
      readonly adaptations: string | null;
    }[];
    readonly to: readonly string[];
    /** Whether the request would be sent with its original values; default false. */
    readonly originals?: boolean;
  },
): Promise<boolean> => {
  const { captureId, from, originals = false, sample, side, to } = answer;
  const adaptationsOf = new Map(from.map((one) => [one.comparisonId, one.adaptations]));
  const rows = await store.db
    .selectFrom('response')
    .selectAll()
    .where('capture_id', '=', captureId)
    .where('side', '=', side)
    .where('sample', '=', sample)
    .where('comparison_id', 'in', [...adaptationsOf.keys()])
    .orderBy('reused')
    .execute();
  const found = rows.find((row) => {
    const wanted = adaptationsOf.get(row.comparison_id) ?? null;
    return row.originals > 0 === originals && (wanted === null || wanted === row.adaptations);
  });
  if (found === undefined) return false;
  await writeTogether(store, async (transaction) => {
    for (const comparisonId of to) {
      await transaction
        .insertInto('response')
        .values({ ...found, comparison_id: comparisonId, reused: 1 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await endClaim(transaction, { captureId, side, sample, comparisonId });
    }
  });
  return true;
};
