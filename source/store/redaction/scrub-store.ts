import { sql } from 'kysely';
import { harmless } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';
import { RedactionTally, type RedactionCounts } from '../../traffic/redaction-counts.ts';
import { knownValues, type KnownValue } from '../../redaction/known-values.ts';
import type { OnFound, Redactor } from '../../redaction/redactor.ts';
import type { Store } from '../open.ts';
import { addRedactions } from './redactions.ts';
import { rewriteCaptures } from './rewrite-captures.ts';
import { rewriteTexts } from './rewrite-texts.ts';

/** What a scrub replaced. */
export type Scrubbed = {
  readonly counts: RedactionCounts;
  /** Every value that was found, as it stood somewhere; for the proof, and for no other use. */
  readonly values: ReadonlySet<string>;
};

/**
 * Redacts everything in a store, in one transaction; then the file is written anew, so that nothing of
 * what it held stays in free pages or in the log. Throws UserError while another process has the store
 * open. The store is of no other use after it: close it.
 */
export const scrubStore = async (store: Store, redactor: Redactor): Promise<Scrubbed> => {
  await lockAlone(store);
  const values = new Map<string, KnownValue>();
  const tally = new RedactionTally();
  const found: OnFound = (rule, value, placeholder) => {
    tally.found(rule);
    values.set(value, { rule, placeholder });
  };
  await store.db.transaction().execute(async (transaction) => {
    await rewriteCaptures(transaction, redactor);
    await rewriteTexts(transaction, redactor, found);
    // A version may be spelled like an address that stands elsewhere: here it must go too.
    if (values.size > 0) await rewriteTexts(transaction, knownValues(new Map(values)), found);
    await addRedactions(transaction, tally.counts());
  });
  await sql`vacuum`.execute(store.db);
  await sql`pragma wal_checkpoint(truncate)`.execute(store.db);
  return { counts: tally.counts(), values: new Set(values.keys()) };
};

/** SQLite leaves the mode of the log only while nobody else has the file open. */
const lockAlone = async (store: Store): Promise<void> => {
  const { rows } = await sql<{
    readonly journal_mode: string;
  }>`pragma journal_mode = delete`.execute(store.db);
  if (rows[0]?.journal_mode !== 'delete') throw inUse(store.file);
  await sql`pragma locking_mode = exclusive`.execute(store.db);
  await sql`pragma journal_mode = wal`.execute(store.db);
};

const inUse = (file: string): UserError =>
  new UserError(
    `${harmless(file)} is open in another program, so it cannot be scrubbed. End that and run the same command again.`,
  );
