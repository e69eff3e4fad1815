import { hash as digest } from 'node:crypto';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { JsonObject } from '../../text/json.ts';
import { compiledOnce } from './compiled-once.ts';
import type { Schema } from './schema.ts';

/**
 * The exact JSON text of a value. The key order stays: it is what was sent. Lone surrogates and NUL
 * come out escaped, so that the text can be stored anywhere.
 */
export const bodyOf = (value: unknown): string => JSON.stringify(value);

/** A body as text, or as the bytes of it in UTF-8. */
export type BodyText = string | Uint8Array;

export const textOf = (body: BodyText): string =>
  typeof body === 'string' ? body : Buffer.from(body).toString();

/** The SHA-256 of a body's UTF-8 bytes, by which it is known. */
export const bodyHash = (text: BodyText): Uint8Array => digest('sha256', text, 'buffer');

/** The index of bodies begins with their number without so many of its bits. */
export const runBits = 15;

/** A cross join is taken in its order: SQLite would go through all bodies and look for their runs. */
const numberByHash = compiledOnce((db) => {
  const runs = sql`select coalesce(max(number), 0) >> ${sql.lit(runBits)} from body`;
  return sql<{ readonly number: number }>`
    with recursive run (n) as (${runs} union all select n - 1 from run where n > 0)
    select body.number from run cross join body
    where body.number >> ${sql.lit(runBits)} = run.n and body.hash = ${new Uint8Array()} limit 1
  `.compile(db);
});

/** The number of a body that is stored; null where it is not. */
export const findBody = async (db: Kysely<Schema>, hash: Uint8Array): Promise<number | null> =>
  (await numberByHash(db, [hash])).rows[0]?.number ?? null;

const insertBody = compiledOnce((db) =>
  db
    .insertInto('body')
    .values({ hash: new Uint8Array(), text: '', bytes: 0 })
    .returning('number')
    .compile(),
);

/** Stores a body unless it is there; its number. */
export const saveBody = async (transaction: Transaction<Schema>, text: string): Promise<number> => {
  const hash = bodyHash(text);
  const known = await findBody(transaction, hash);
  if (known !== null) return known;
  const { rows } = await insertBody(transaction, [hash, text, Buffer.byteLength(text)]);
  const [row] = rows;
  if (row === undefined) throw new Error('SQLite gave no number to a body.');
  return row.number;
};

/** The text that is stored under a number. Rejects when there is none: the store is damaged. */
export const loadBodyText = async (db: Kysely<Schema>, number: number): Promise<string> => {
  const { text } = await db
    .selectFrom('body')
    .select('text')
    .where('number', '=', number)
    .executeTakeFirstOrThrow();
  return text;
};

/** The object that is stored under a number, see `loadBodyText`. */
export const loadBody = async (db: Kysely<Schema>, number: number): Promise<JsonObject> =>
  JSON.parse(await loadBodyText(db, number)) as JsonObject;

/**
 * The text as any database can hold it in a column of its own: well-formed and without NUL, whose
 * stand-in is U+FFFD. For names and sentences; what a model said is stored as a body.
 */
export const storable = (text: string): string =>
  text.isWellFormed() && !text.includes('\0')
    ? text
    : text.toWellFormed().replaceAll('\0', '\uFFFD');
