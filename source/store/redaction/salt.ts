import type { Store } from '../open.ts';

/** The salt of the store's placeholders; `fresh` becomes it where the store has none yet. */
export const redactionSalt = async (store: Store, fresh: () => string): Promise<string> => {
  const read = async (): Promise<string | undefined> =>
    (await store.db.selectFrom('redaction_salt').select('salt').executeTakeFirst())?.salt;
  const known = await read();
  if (known !== undefined) return known;
  await store.db
    .insertInto('redaction_salt')
    .values({ id: 1, salt: fresh() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // Another process may have been first.
  return (await read()) ?? '';
};
