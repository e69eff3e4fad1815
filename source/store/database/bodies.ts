import type { Kysely, Transaction } from 'kysely';
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

const insertBody = compiledOnce((db) =>
  db.insertInto('body').values({ text: '', bytes: 0 }).returning('number').compile(),
);

/** Stores a body, also where an equal one is stored: what is used again is known by its number. */
export const saveBody = async (transaction: Transaction<Schema>, text: string): Promise<number> => {
  const { rows } = await insertBody(transaction, [text, Buffer.byteLength(text)]);
  const [row] = rows;
  if (row === undefined) throw new Error('SQLite gave no number to a body.');
  return row.number;
};

/** Takes back a body that nothing refers to. */
export const deleteBody = async (
  transaction: Transaction<Schema>,
  number: number,
): Promise<void> => {
  await transaction.deleteFrom('body').where('number', '=', number).execute();
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
