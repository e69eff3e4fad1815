import type { Kysely, Transaction } from 'kysely';
import type { JsonObject } from '../../text/json.ts';
import { sha256 } from '../../traffic/hash.ts';
import { insertOnce } from './insert-once.ts';
import type { Schema } from './schema.ts';

/** A JSON text with the hash that it is stored under. */
export type Body = { readonly hash: string; readonly text: string };

/**
 * The exact JSON text of a value and its hash. The key order stays: it is what was sent. Lone
 * surrogates and NUL come out escaped, so that the text can be stored anywhere.
 */
export const bodyOf = (value: unknown): Body => {
  const text = JSON.stringify(value);
  return { hash: sha256(text), text };
};

const insertBody = insertOnce('body');

/** Stores the bodies that are not there yet. */
export const saveBodies = async (
  transaction: Transaction<Schema>,
  bodies: readonly Body[],
): Promise<void> => {
  for (const { hash, text } of bodies) {
    await insertBody(transaction, { hash, text, bytes: Buffer.byteLength(text) });
  }
};

/** The object that is stored under a hash. Rejects when there is none: the store is damaged. */
export const loadBody = async (db: Kysely<Schema>, hash: string): Promise<JsonObject> => {
  const row = await db
    .selectFrom('body')
    .select('text')
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow();
  return JSON.parse(row.text) as JsonObject;
};

/**
 * The text as any database can hold it in a column of its own: well-formed and without NUL, whose
 * stand-in is U+FFFD. For names and sentences; what a model said is stored as a body.
 */
export const storable = (text: string): string =>
  text.isWellFormed() && !text.includes('\0')
    ? text
    : text.toWellFormed().replaceAll('\0', '\uFFFD');
