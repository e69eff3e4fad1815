import type { Store } from '../open.ts';

/**
 * Takes back a comparison in which nothing has happened: no answer, no try, no claim,
 * no verdict. Its captures
 * stay. False, and nothing is changed, when something has.
 */
export const discardComparison = async (store: Store, comparisonId: string): Promise<boolean> =>
  store.db.transaction().execute(async (transaction) => {
    for (const table of ['response', 'attempt', 'not_sent', 'claim', 'verdict_event'] as const) {
      const row = await transaction
        .selectFrom(table)
        .select('comparison_id')
        .where('comparison_id', '=', comparisonId)
        .limit(1)
        .executeTakeFirst();
      if (row !== undefined) return false;
    }
    for (const table of [
      'comparison_rejected',
      'comparison_left_out',
      'comparison_capture',
    ] as const) {
      await transaction.deleteFrom(table).where('comparison_id', '=', comparisonId).execute();
    }
    await transaction.deleteFrom('comparison').where('id', '=', comparisonId).execute();
    return true;
  });
