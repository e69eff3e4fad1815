import type { JsonObject, JsonValue } from '../../../text/json.ts';
import { isTooDeep } from '../depth.ts';

/** A row of SQLite as better-sqlite3 gives it. */
export type SqliteRow = Readonly<Record<string, unknown>>;

/** A column as JSON has it; bytes are none of these and become null. */
export const columnOf = (value: unknown): JsonValue =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : typeof value === 'bigint'
      ? Number(value)
      : null;

/** A column that holds JSON as a text, parsed; null for JSON of a depth that nobody writes. */
export const jsonColumn = (value: unknown): JsonValue => {
  if (typeof value !== 'string') return columnOf(value);
  try {
    const parsed = JSON.parse(value) as JsonValue;
    return isTooDeep(parsed) ? null : parsed;
  } catch {
    return value;
  }
};

/** An attachment: `content` in base64 where the log has it, else only where it was. */
export const attachmentOf = (row: SqliteRow): JsonObject => ({
  id: columnOf(row['id']),
  type: columnOf(row['type']),
  path: columnOf(row['path']),
  url: columnOf(row['url']),
  content: Buffer.isBuffer(row['content']) ? row['content'].toString('base64') : null,
});

/** The definition of a tool. */
export const toolOf = (row: SqliteRow): JsonObject => ({
  name: columnOf(row['name']),
  description: columnOf(row['description']),
  input_schema: jsonColumn(row['input_schema']),
});
