import { sql, type Transaction } from 'kysely';
import { redactCapture } from '../../redaction/redact-capture.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { loadCapture } from '../captures/captures.ts';
import type { Schema } from '../database/schema.ts';

/** Where the id of a capture stands, beside its own table. */
const references = [
  'comparison_capture',
  'comparison_left_out',
  'response',
  'attempt',
  'not_sent',
  'outcome',
  'verdict_event',
  'batch_line',
] as const;

const page = 200;

/**
 * Marks the captures whose requests will be redacted and gives them, and those with a value in their
 * id, the id that an import would give them. An id that is taken already stays as it was. Comes before
 * the bodies are rewritten.
 */
export const rewriteCaptures = async (
  transaction: Transaction<Schema>,
  redactor: Redactor,
): Promise<void> => {
  const renamed: (readonly [from: string, to: string])[] = [];
  for (let last = ''; ;) {
    const ids = await transaction
      .selectFrom('capture')
      .select('id')
      .where('id', '>', last)
      .orderBy('id')
      .limit(page)
      .execute();
    for (const { id } of ids) {
      const capture = await loadCapture({ db: transaction }, id);
      if (capture === null) continue;
      const redacted = redactCapture(capture, redactor).capture;
      if (redacted.request !== capture.request) {
        await transaction
          .updateTable('capture')
          .set({ redacted: 1 })
          .where('id', '=', id)
          .execute();
      }
      if (redacted.id !== id) renamed.push([id, redacted.id]);
    }
    const end = ids.at(-1)?.id;
    if (end === undefined) break;
    last = end;
  }
  // Only until the end of this transaction; rows point at ids that are there again by then.
  await sql`pragma defer_foreign_keys = on`.execute(transaction);
  for (const [from, to] of renamed) await rename(transaction, from, to);
};

const rename = async (
  transaction: Transaction<Schema>,
  from: string,
  to: string,
): Promise<void> => {
  const taken = await transaction
    .selectFrom('capture')
    .select('id')
    .where('id', '=', to)
    .executeTakeFirst();
  if (taken !== undefined) return;
  await transaction.updateTable('capture').set({ id: to }).where('id', '=', from).execute();
  for (const table of references) {
    await sql`update ${sql.table(table)} set capture_id = ${to} where capture_id = ${from}`.execute(
      transaction,
    );
  }
};
