import { sql, type Transaction } from 'kysely';
import type { JsonValue } from '../../text/json.ts';
import { redactJson } from '../../redaction/redact-json.ts';
import { redactText } from '../../redaction/redact-text.ts';
import type { OnFound, Redactor } from '../../redaction/redactor.ts';
import { bodyOf } from '../database/bodies.ts';
import type { Schema } from '../database/schema.ts';

/** Columns that hold what came from outside. Labels of models are not among them: runs go by them. */
const columns: readonly (readonly [table: string, column: string])[] = [
  ['capture', 'endpoint'],
  ['capture', 'metadata'],
  ['capture', 'source'],
  ['rejected_record', 'record_id'],
  ['rejected_record', 'source'],
  ['rejected_record', 'reason'],
  ['comparison', 'name'],
  ['comparison', 'selection'],
  ['response', 'adaptations'],
  ['attempt', 'message'],
  ['attempt', 'parameter'],
  ['not_sent', 'reason'],
  ['batch_job', 'problem'],
  ['remedy', 'from_value'],
  ['remedy', 'to_value'],
  ['remedy', 'reason'],
  ['verdict_event', 'comment'],
  ['verdict_event', 'tag'],
];

const page = 200;

/** Redacts every body and every other text of the store. */
export const rewriteTexts = async (
  transaction: Transaction<Schema>,
  redactor: Redactor,
  found: OnFound,
): Promise<void> => {
  await rewriteBodies(transaction, redactor, found);
  for (const [table, column] of columns) {
    await rewriteColumn(transaction, table, column, (text) => redactText(text, redactor, found));
  }
};

const rewriteBodies = async (
  transaction: Transaction<Schema>,
  redactor: Redactor,
  found: OnFound,
): Promise<void> => {
  for (let last = 0; ;) {
    const rows = await transaction
      .selectFrom('body')
      .select(['number', 'text'])
      .where('number', '>', last)
      .orderBy('number')
      .limit(page)
      .execute();
    for (const { number, text } of rows) {
      const value = JSON.parse(text) as JsonValue;
      const redacted = redactJson(value, redactor, found);
      if (redacted === value) continue;
      const rewritten = bodyOf(redacted);
      await transaction
        .updateTable('body')
        .set({ text: rewritten, bytes: Buffer.byteLength(rewritten) })
        .where('number', '=', number)
        .execute();
    }
    const end = rows.at(-1)?.number;
    if (end === undefined) return;
    last = end;
  }
};

const rewriteColumn = async (
  transaction: Transaction<Schema>,
  table: string,
  column: string,
  redact: (text: string) => string,
): Promise<void> => {
  const from = sql.table(table);
  const text = sql.ref(column);
  for (let last = 0; ;) {
    const { rows } = await sql<{ readonly row: number; readonly text: string }>`
      select rowid as row, ${text} as text from ${from}
      where rowid > ${last} and ${text} is not null order by rowid limit ${page}
    `.execute(transaction);
    for (const { row, text: old } of rows) {
      const redacted = redact(old);
      if (redacted === old) continue;
      await sql`update ${from} set ${text} = ${redacted} where rowid = ${row}`.execute(transaction);
    }
    const end = rows.at(-1)?.row;
    if (end === undefined) return;
    last = end;
  }
};
