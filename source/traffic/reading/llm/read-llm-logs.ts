import Database from 'better-sqlite3';
import type { JsonObject } from '../../../text/json.ts';
import { sha256 } from '../../hash.ts';
import { openLegacyResponses } from './llm-responses.ts';
import { openTurns } from './llm-turns.ts';
import type { SourceRecord } from '../read-records.ts';

const around = { within: 'sqlite', rest: {} };

/**
 * The calls in a `logs.db` of simonw/llm (its docs/logging.md), one by one and without a change to the file.
 * Of the tables up to 0.31 (`responses`) each becomes an object like those of `llm logs --json`, conversation by
 * conversation, with fragments, attachments and condensed JSON in full. Of those from 0.32 on (`turns`), which hold
 * messages as a tree, each has `messages`, that were sent, and `answer`, the messages that came back.
 */
export async function* readLlmLogs(file: string): AsyncGenerator<SourceRecord, void, undefined> {
  let line = 0;
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { readonly: true, fileMustExist: true });
    // Rows pass through once, for which SQLite would keep 16 MB of pages.
    database.pragma('cache_size = -2000');
    database.pragma('temp.cache_size = -2000');
    const tables = tablesOf(database);
    const isLog = tables.has('responses') || tables.has('turns');
    for (const row of isLog ? rowsOf(database, tables) : []) {
      line += 1;
      yield toRecord(line, row);
    }
    if (line === 0)
      yield unreadable(
        1,
        isLog ? 'a log of llm without a call' : 'a SQLite file that is no log of llm',
      );
  } catch (error) {
    const reason = sqliteProblem(error);
    if (reason === null) throw error;
    yield unreadable(line + 1, reason);
  } finally {
    database?.close();
  }
}

function* rowsOf(
  database: Database.Database,
  tables: ReadonlySet<string>,
): Generator<JsonObject, void, undefined> {
  if (tables.has('responses')) yield* openLegacyResponses(database, tables);
  if (tables.has('turns')) yield* openTurns(database, tables);
}

const tablesOf = (database: Database.Database): ReadonlySet<string> => {
  const names = database
    .prepare<[], string>(`SELECT name FROM sqlite_master WHERE type = 'table'`)
    .pluck()
    .all();
  return new Set(names);
};

const toRecord = (line: number, object: JsonObject): SourceRecord => {
  const text = JSON.stringify(object);
  return {
    kind: 'object',
    line,
    around,
    bytes: text.length,
    validUtf8: true,
    id: () => sha256(text),
    object,
  };
};

const unreadable = (line: number, reason: string): SourceRecord => ({
  kind: 'unreadable',
  line,
  around,
  bytes: 0,
  validUtf8: true,
  id: () => sha256(`${reason} ${line}`),
  reason,
});

/** What SQLite says of the file, as a short phrase; null for an error of another kind. */
const sqliteProblem = (error: unknown): string | null => {
  if (!(error instanceof Database.SqliteError)) return null;
  const { code } = error;
  if (code.startsWith('SQLITE_NOTADB')) return 'no SQLite file (decompress it first)';
  if (code.startsWith('SQLITE_CORRUPT')) return 'the SQLite file is damaged from here on';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return 'the SQLite file is in use (copy it with: llm logs backup FILE)';
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return 'the SQLite file cannot be opened for reading (copy it with: llm logs backup FILE)';
  }
  return code === 'SQLITE_ERROR' ? 'a log of llm with other columns than are known' : null;
};
