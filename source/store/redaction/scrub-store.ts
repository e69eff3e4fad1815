import { statSync } from 'node:fs';
import { sql } from 'kysely';
import type { RedactionSettings } from '../../configuration/settings.ts';
import { harmless } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';
import { RedactionTally, type RedactionCounts } from '../../traffic/redaction-counts.ts';
import { knownValues, type KnownValue } from '../../redaction/known-values.ts';
import type { OnFound, Redactor } from '../../redaction/redactor.ts';
import { openStore, type Store } from '../open.ts';
import { openRedactor } from './open-redactor.ts';
import { addRedactions } from './redactions.ts';
import { rewriteCaptures } from './rewrite-captures.ts';
import { rewriteTexts } from './rewrite-texts.ts';
import { searchFile } from './search-file.ts';

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

/** What a scrub did to a file, and the proof. */
export type ScrubReport = {
  readonly counts: RedactionCounts;
  /** How many different values were found. */
  readonly values: number;
  /** How many of them are still in the bytes of the file or beside it. */
  readonly remaining: number;
  /** The size of the file. */
  readonly bytes: number;
};

/**
 * Opens a store, redacts everything in it, closes it, and searches its files for the values that were
 * found. Throws UserError if it does not exist or another process has it open.
 */
export const scrubFile = async (
  file: string,
  settings: RedactionSettings,
): Promise<ScrubReport> => {
  const store = await openStore(file, { mustExist: true });
  let scrubbed: Scrubbed;
  let remaining: number;
  try {
    scrubbed = await scrubStore(store, await openRedactor(store, settings));
    // Once with the log beside the file, and below once more as closing leaves it.
    ({ remaining } = await searchFile(file, scrubbed.values));
  } finally {
    await store.close();
  }
  const { counts, values } = scrubbed;
  remaining = Math.max(remaining, (await searchFile(file, values)).remaining);
  return { counts, values: values.size, remaining, bytes: statSync(file).size };
};
