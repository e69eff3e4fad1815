import { randomBytes } from 'node:crypto';
import type { RedactionSettings } from '../../configuration/settings.ts';
import { RuleRedactor, type Redactor } from '../../redaction/redactor.ts';
import { loadRules } from '../../redaction/rules/load-rules.ts';
import type { Store } from '../open.ts';

/** Creates the redactor for data entering a store, from the built-in and the configured rules. */
export const openRedactor = async (store: Store, settings: RedactionSettings): Promise<Redactor> =>
  new RuleRedactor({
    rules: await loadRules(settings.rules, settings.phoneCountries),
    salt: await redactionSalt(store, () => randomBytes(32).toString('hex')),
    ignore: settings.ignore,
  });

/**
 * Loads the salt of the store's placeholders. If the store has none yet, stores the result of
 * `fresh`.
 */
export const redactionSalt = async (store: Store, fresh: () => string): Promise<string> => {
  const load = () => store.db.selectFrom('redaction_salt').select('salt');
  const known = await load().executeTakeFirst();
  if (known !== undefined) return known.salt;
  await store.db
    .insertInto('redaction_salt')
    .values({ id: 1, salt: fresh() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // Another process may have stored its salt first.
  return (await load().executeTakeFirstOrThrow()).salt;
};
