import { statSync } from 'node:fs';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { RedactionSettings } from '../../configuration/settings.ts';
import { printable } from '../../text/printable.ts';
import type { JsonValue } from '../../text/json.ts';
import { UserError } from '../../text/user-error.ts';
import { RedactionTally, type RedactionCounts } from '../../traffic/redaction-counts.ts';
import { isDistinct, knownValues, type KnownValue } from '../../redaction/known-values.ts';
import { conversationTurn } from '../../traffic/last-turn/conversation-turn.ts';
import { redactCapture } from '../../redaction/redact-capture.ts';
import { redactJson } from '../../redaction/redact-json.ts';
import { redactText } from '../../redaction/redact-text.ts';
import type { OnFound, Redactor } from '../../redaction/redactor.ts';
import { encodeBody } from '../bodies.ts';
import { loadCapture } from '../captures/captures.ts';
import { searchFile } from '../engine/search-file.ts';
import { openStore, type Store } from '../open.ts';
import { renameCapture } from '../rename-ids.ts';
import type { Tables } from '../tables.ts';
import { openRedactor } from './open-redactor.ts';
import { addRedactions } from './redactions.ts';

/** The result of a scrub. */
export type Scrubbed = {
  readonly counts: RedactionCounts;
  /**
   * The values that were found, as they were stored, except passwords that are plain words or numbers. Use
   * them only to prove that none remains.
   */
  readonly values: ReadonlySet<string>;
};

/**
 * Redacts everything in a store in one transaction, then rewrites the file, so that free pages and
 * the log contain no old data. Throws UserError while another process has the store open. Close the
 * store afterwards: it is locked.
 */
export const scrubStore = async (store: Store, redactor: Redactor): Promise<Scrubbed> => {
  if (!(await store.engine.lockForRewriting())) throw inUse(store.file);
  const values = new Map<string, KnownValue>();
  const tally = new RedactionTally();
  const found: OnFound = (rule, value, placeholder) => {
    tally.found(rule);
    if (isDistinct(rule, value)) values.set(value, { rule, placeholder });
  };
  // It knows parts of the values that are about to go. The next search makes it again.
  await store.engine.searchIndex.drop();
  await store.db.transaction().execute(async (transaction) => {
    // The facts of blocks have names in them, and are read again by the next summary.
    await transaction.deleteFrom('pair_block').execute();
    await scrubCaptureIds(store, transaction, redactor);
    await scrubTexts(transaction, redactor, found);
    // Part of a version number may look like an address that was found elsewhere. It must be
    // removed too.
    if (values.size > 0) {
      await scrubTexts(transaction, knownValues(new Map(values)), found);
      // A recorded answer may have had placeholders where that of a replay had the values.
      await compareAgain(transaction);
    }
    await addRedactions(transaction, tally.counts());
  });
  await store.engine.compact();
  return { counts: tally.counts(), values: new Set(values.keys()) };
};

/** Has the pairs that differ, or would without rules, compared again; see `compareOlder`. */
const compareAgain = async (transaction: Transaction<Tables>): Promise<void> => {
  await transaction
    .updateTable('outcome')
    .set({ rules: 0 })
    .where((e) => e.or([e('outcome', '=', 'different'), e('settled_by', 'is not', null)]))
    .execute();
};

const inUse = (file: string): UserError =>
  new UserError(
    `${printable(file)} is open in another program, so it cannot be scrubbed. Close that program and run the same command again.`,
  );

const pageSize = 200;

/**
 * Marks the captures whose requests will be redacted. A capture whose id contains a value gets the
 * id that an import would give it, unless another capture has that id. Must run before the bodies
 * are redacted.
 */
const scrubCaptureIds = async (
  store: Store,
  transaction: Transaction<Tables>,
  redactor: Redactor,
): Promise<void> => {
  const renamed: (readonly [from: string, to: string])[] = [];
  for (let last = ''; ;) {
    const ids = await transaction
      .selectFrom('capture')
      .select('id')
      .where('id', '>', last)
      .orderBy('id')
      .limit(pageSize)
      .execute();
    for (const { id } of ids) {
      const capture = await loadCapture({ db: transaction }, id);
      if (capture === null) continue;
      const redacted = redactCapture(capture, redactor).capture;
      if (redacted.request !== capture.request || redacted.metadata !== capture.metadata) {
        await transaction
          .updateTable('capture')
          .set({
            ...conversationTurn(redacted),
            ...(redacted.request === capture.request ? {} : { redacted: 1 }),
          })
          .where('id', '=', id)
          .execute();
      }
      if (redacted.id !== id) renamed.push([id, redacted.id]);
    }
    const end = ids.at(-1)?.id;
    if (end === undefined) break;
    last = end;
  }
  // While a capture is renamed, rows refer to an id that does not exist.
  await store.engine.deferForeignKeys();
  for (const [from, to] of renamed) await renameUnlessTaken(transaction, from, to);
};

/** Gives a capture another id, unless another capture has it. */
const renameUnlessTaken = async (
  transaction: Transaction<Tables>,
  from: string,
  to: string,
): Promise<void> => {
  const taken = await transaction
    .selectFrom('capture')
    .select('id')
    .where('id', '=', to)
    .executeTakeFirst();
  if (taken === undefined) await renameCapture(transaction, { from, to });
};

/**
 * The columns, by table, that contain text from outside, and the key of the table. Model labels are
 * not included, because runs find their comparisons by them.
 */
const textColumns: readonly {
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
}[] = [
  { table: 'capture', key: ['number'], columns: ['endpoint', 'model', 'metadata', 'source'] },
  { table: 'rejected_record', key: ['id'], columns: ['record_id', 'source', 'reason'] },
  { table: 'comparison', key: ['id'], columns: ['name', 'selection'] },
  {
    table: 'response',
    key: ['comparison_id', 'capture_id', 'side', 'sample'],
    columns: ['adaptations'],
  },
  {
    table: 'attempt',
    key: ['comparison_id', 'capture_id', 'side', 'sample', 'number'],
    columns: ['message', 'parameter'],
  },
  {
    table: 'not_sent',
    key: ['comparison_id', 'capture_id', 'side', 'sample'],
    columns: ['reason'],
  },
  { table: 'batch_job', key: ['id'], columns: ['problem'] },
  {
    table: 'remedy',
    key: ['comparison_id', 'model', 'dialect', 'parameter', 'from_value'],
    columns: ['from_value', 'to_value', 'reason'],
  },
  { table: 'verdict_event', key: ['id'], columns: ['comment', 'tag', 'chosen', 'origin_file'] },
  { table: 'rule', key: ['id'], columns: ['endpoint', 'path'] },
  { table: 'control_event', key: ['id'], columns: ['comment', 'tag'] },
  { table: 'judge_call', key: ['id'], columns: ['reason'] },
];

/** The columns with text that this program derived from the texts above. What is found here was counted there. */
const derivedColumns: typeof textColumns = [
  { table: 'outcome', key: ['comparison_id', 'capture_id'], columns: ['details'] },
];

/** Redacts every body and every other text of the store. */
const scrubTexts = async (
  transaction: Transaction<Tables>,
  redactor: Redactor,
  found: OnFound,
): Promise<void> => {
  await scrubBodies(transaction, redactor, found);
  await scrubColumns(transaction, textColumns, (text) => redactText(text, redactor, found));
  await scrubColumns(transaction, derivedColumns, (text) =>
    redactText(text, redactor, () => undefined),
  );
};

const scrubColumns = async (
  transaction: Transaction<Tables>,
  tables: typeof textColumns,
  redact: (text: string) => string,
): Promise<void> => {
  for (const { columns, key, table } of tables) {
    for (const column of columns) await scrubColumn(transaction, { table, key, column }, redact);
  }
};

const scrubBodies = async (
  transaction: Transaction<Tables>,
  redactor: Redactor,
  found: OnFound,
): Promise<void> => {
  for (let last = 0; ;) {
    const rows = await transaction
      .selectFrom('body')
      .select(['number', 'text'])
      .where('number', '>', last)
      .orderBy('number')
      .limit(pageSize)
      .execute();
    for (const { number, text } of rows) {
      const value: JsonValue = JSON.parse(text);
      const redacted = redactJson(value, redactor, found);
      if (redacted === value) continue;
      const body = encodeBody(redacted);
      await transaction
        .updateTable('body')
        .set({ text: body, bytes: Buffer.byteLength(body) })
        .where('number', '=', number)
        .execute();
    }
    const end = rows.at(-1)?.number;
    if (end === undefined) return;
    last = end;
  }
};

const scrubColumn = async (
  transaction: Transaction<Tables>,
  where: { readonly table: string; readonly key: readonly string[]; readonly column: string },
  redact: (text: string) => string,
): Promise<void> => {
  const table = sql.table(where.table);
  const column = sql.ref(where.column);
  const key = sql.join(where.key.map((name) => sql.ref(name)));
  let after: RawBuilder<unknown> = sql`1 = 1`;
  for (;;) {
    const { rows } = await sql<{ readonly [name: string]: string | number }>`
      select ${key}, ${column} as found_text from ${table}
      where ${after} and ${column} is not null
      order by ${key} limit ${pageSize}
    `.execute(transaction);
    for (const row of rows) {
      const text = String(row['found_text']);
      const redacted = redact(text);
      if (redacted === text) continue;
      const values = sql.join(where.key.map((name) => row[name]));
      await sql`update ${table} set ${column} = ${redacted} where (${key}) = (${values})`.execute(
        transaction,
      );
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = sql`(${key}) > (${sql.join(where.key.map((name) => last[name]))})`;
  }
};

/** The result of scrubbing a file, with the verification. */
export type ScrubReport = {
  readonly counts: RedactionCounts;
  /** The number of different values found. */
  readonly values: number;
  /** The number of values that remain in the bytes of the file or its side files. */
  readonly remaining: number;
  /** The size of the file. */
  readonly bytes: number;
};

/**
 * Opens a store, redacts everything in it, closes it, and searches its files for the values found.
 * Throws UserError if it does not exist or another process has it open.
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
    // Search once with the log beside the file, and once more below after closing.
    ({ remaining } = await searchFile(file, scrubbed.values));
  } finally {
    await store.close();
  }
  const { counts, values } = scrubbed;
  remaining = Math.max(remaining, (await searchFile(file, values)).remaining);
  return { counts, values: values.size, remaining, bytes: statSync(file).size };
};
