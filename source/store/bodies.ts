import type { Kysely, Transaction } from 'kysely';
import { parseJsonObject, type JsonObject } from '../text/json.ts';
import { compiledOnce } from './compiled-queries.ts';
import type { Tables } from './tables.ts';

/**
 * Encodes a value as JSON text. Keys keep their order. Lone surrogates and NUL are escaped, so any
 * database can store the text.
 */
export const encodeBody = (value: unknown): string => JSON.stringify(value);

/** The JSON text of a body, as a string or as UTF-8 bytes. */
export type BodyText = string | Uint8Array;

/** Returns the text of a body as a string. */
export const decodeBody = (body: BodyText): string =>
  typeof body === 'string' ? body : Buffer.from(body).toString();

const insertBody = compiledOnce((db) =>
  db.insertInto('body').values({ text: '', bytes: 0 }).returning('number').compile(),
);

/** Stores a body and resolves to its number. Equal bodies are not deduplicated. */
export const saveBody = async (transaction: Transaction<Tables>, text: string): Promise<number> => {
  const { rows } = await insertBody(transaction, [text, Buffer.byteLength(text)]);
  const [row] = rows;
  if (row === undefined) throw new Error('The database returned no number for a body.');
  return row.number;
};

/** Deletes a body that nothing refers to. */
export const deleteBody = async (
  transaction: Transaction<Tables>,
  number: number,
): Promise<void> => {
  await transaction.deleteFrom('body').where('number', '=', number).execute();
};

const selectText = compiledOnce((db) =>
  db.selectFrom('body').select('text').where('number', '=', 0).compile(),
);

/** Loads the text of a body. Rejects if there is none, because the store is then damaged. */
export const loadBodyText = async (db: Kysely<Tables>, number: number): Promise<string> => {
  const [body] = (await selectText(db, [number])).rows;
  if (body === undefined) throw new Error(`The store has no body ${number}.`);
  return body.text;
};

/** Loads a body and parses it; see `loadBodyText`. */
export const loadBody = async (db: Kysely<Tables>, number: number): Promise<JsonObject> =>
  parseJsonObject(await loadBodyText(db, number));

/**
 * Makes text safe for a column of any database: well-formed, and with U+FFFD in place of NUL. Use
 * it for names and sentences. A model's output is stored as a body instead.
 */
export const storable = (text: string): string =>
  text.isWellFormed() && !text.includes('\0')
    ? text
    : text.toWellFormed().replaceAll('\0', '\uFFFD');

/** Applies `storable` to a nullable column. */
export const storableOrNull = (text: string | null): string | null =>
  text === null ? null : storable(text);
