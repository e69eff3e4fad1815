import type { Store } from '../open.ts';

/**
 * Takes back the rejected records of the import of this time (`at` as it was given to `addRecords`)
 * that no comparison selects: an import of nothing else leaves the store as it was.
 */
export const discardRejected = async (store: Store, at: string): Promise<void> => {
  await store.db
    .deleteFrom('rejected_record')
    .where('imported_at', '=', at)
    .where('id', 'not in', (e) => e.selectFrom('comparison_rejected').select('rejected_id'))
    .execute();
};
