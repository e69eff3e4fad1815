import Database from 'better-sqlite3';
import { join } from 'node:path';
import { temporaryDirectory } from '../../../store/temporary-store.ts';

/** The tables that llm wrote before 0.32 (simonw/llm, docs/logging.md). */
const legacySchema = `
CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
CREATE TABLE schemas (id TEXT PRIMARY KEY, content TEXT);
CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT,
  options_json TEXT, response TEXT, response_json TEXT,
  conversation_id TEXT REFERENCES conversations(id), duration_ms INTEGER, datetime_utc TEXT,
  input_tokens INTEGER, output_tokens INTEGER, token_details TEXT,
  schema_id TEXT REFERENCES schemas(id), resolved_model TEXT, reasoning TEXT);
CREATE TABLE attachments (id TEXT PRIMARY KEY, type TEXT, path TEXT, url TEXT, content BLOB);
CREATE TABLE prompt_attachments (response_id TEXT, attachment_id TEXT, "order" INTEGER,
  PRIMARY KEY (response_id, attachment_id));
CREATE TABLE fragments (id INTEGER PRIMARY KEY, hash TEXT, content TEXT, datetime_utc TEXT, source TEXT);
CREATE TABLE prompt_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER,
  PRIMARY KEY (response_id, fragment_id, "order"));
CREATE TABLE system_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER,
  PRIMARY KEY (response_id, fragment_id, "order"));
CREATE TABLE tools (id INTEGER PRIMARY KEY, hash TEXT, name TEXT, description TEXT, input_schema TEXT, plugin TEXT);
CREATE TABLE tool_responses (tool_id INTEGER, response_id TEXT, PRIMARY KEY (tool_id, response_id));
CREATE TABLE tool_calls (id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, arguments TEXT,
  tool_call_id TEXT);
CREATE TABLE tool_results (id INTEGER PRIMARY KEY, response_id TEXT, tool_id INTEGER, name TEXT, output TEXT,
  tool_call_id TEXT, instance_id INTEGER, exception TEXT);`;

/** The tables that it writes since. */
const turnsSchema = `
CREATE TABLE messages (hash TEXT PRIMARY KEY, parent_hash TEXT REFERENCES messages(hash), role TEXT,
  provider_metadata TEXT);
CREATE TABLE parts (id INTEGER PRIMARY KEY, message_hash TEXT REFERENCES messages(hash), position INTEGER,
  type TEXT, tool_name TEXT, text TEXT, payload TEXT);
CREATE UNIQUE INDEX idx_parts_message_hash_position ON parts (message_hash, position);
CREATE TABLE threads (id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT, forked_from TEXT, datetime_utc TEXT);
CREATE TABLE turns (id TEXT PRIMARY KEY, thread_id TEXT REFERENCES threads(id), parent_message_hash TEXT,
  tip_message_hash TEXT, model TEXT, resolved_model TEXT, options_json TEXT, schema_id TEXT,
  input_tokens INTEGER, output_tokens INTEGER, token_details TEXT, duration_ms INTEGER,
  datetime_utc TEXT, response_json TEXT);
CREATE TABLE turn_tools (turn_id TEXT, tool_id INTEGER, instance_id INTEGER, PRIMARY KEY (turn_id, tool_id));`;

/** The first schema, of 2023: `responses` and `conversations` alone. */
const firstSchema = `
CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT,
  options_json TEXT, response TEXT, response_json TEXT,
  conversation_id TEXT REFERENCES conversations(id), duration_ms INTEGER, datetime_utc TEXT);`;

const schemas = { first: firstSchema, both: `${legacySchema}\n${turnsSchema}` };

export type LlmDatabase = {
  readonly path: string;
  readonly add: (table: string, ...rows: readonly Readonly<Record<string, unknown>>[]) => void;
  /** Closes the file, as llm does after every prompt. */
  readonly close: () => void;
};

/** An empty `logs.db` in a directory that is removed after the test. */
export const llmDatabase = async (schema: keyof typeof schemas): Promise<LlmDatabase> => {
  const path = join(await temporaryDirectory(), 'logs.db');
  const database = new Database(path);
  // llm does not ask SQLite to enforce what refers to what, and people delete rows.
  database.pragma('foreign_keys = OFF');
  database.exec(schemas[schema]);
  return {
    path,
    add(table, ...rows) {
      for (const row of rows) {
        const names = Object.keys(row);
        const columns = names.map((name) => `"${name}"`).join(', ');
        const places = names.map(() => '?').join(', ');
        database
          .prepare(`INSERT INTO "${table}" (${columns}) VALUES (${places})`)
          .run(names.map((name) => storable(row[name])));
      }
    },
    close: () => void database.close(),
  };
};

/** Objects are columns of JSON. */
const storable = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Buffer.isBuffer(value)
    ? JSON.stringify(value)
    : value;
