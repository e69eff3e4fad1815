import type Database from 'better-sqlite3';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { attachmentOf, columnOf, jsonColumn, toolOf, type SqliteRow } from './llm-columns.ts';

/** A longer chain of messages is none that a model was sent. */
const longestChain = 100_000;

/**
 * The calls of the tables that llm writes since 0.32, in their order. A message points to the one before
 * it; what was sent is the chain that ends in `parent_message_hash`, and the answer is what follows up
 * to `tip_message_hash`. Where a message or a piece of one is missing, `messages` is null.
 */
export function* openTurns(
  database: Database.Database,
  tables: ReadonlySet<string>,
): Generator<JsonObject, void, undefined> {
  const messages = openMessages(database, tables);
  const tools = tables.has('turn_tools')
    ? database.prepare<[string], SqliteRow>(
        `SELECT tools.* FROM turn_tools JOIN tools ON tools.id = turn_tools.tool_id
         WHERE turn_tools.turn_id = ? ORDER BY tools.id`,
      )
    : null;
  const schema = database.prepare<[string], SqliteRow>('SELECT content FROM schemas WHERE id = ?');
  for (const row of database.prepare<[], SqliteRow>('SELECT * FROM turns ORDER BY id').iterate()) {
    const { parent_message_hash: parent, tip_message_hash: tip } = row;
    const definition = schema.get(String(row['schema_id'] ?? ''));
    yield {
      ...Object.fromEntries(Object.entries(row).map(([name, value]) => [name, columnOf(value)])),
      conversation_id: columnOf(row['thread_id']),
      options_json: jsonColumn(row['options_json']),
      response_json: jsonColumn(row['response_json']),
      token_details: jsonColumn(row['token_details']),
      schema_json: jsonColumn(definition?.['content']),
      tools: (tools?.all(String(row['id'])) ?? []).map(toolOf),
      messages: messages.chain(parent, null),
      answer: messages.chain(tip, parent),
    };
  }
}

const openMessages = (database: Database.Database, tables: ReadonlySet<string>) => {
  const message = database.prepare<[string], SqliteRow>(
    'SELECT parent_hash, role FROM messages WHERE hash = ?',
  );
  const parts = database.prepare<[string], SqliteRow>(
    'SELECT type, tool_name, text, payload FROM parts WHERE message_hash = ? ORDER BY position',
  );
  const read = (table: string): ((id: string) => SqliteRow | undefined) => {
    if (!tables.has(table)) return () => undefined;
    const statement = database.prepare<[string], SqliteRow>(`SELECT * FROM ${table} WHERE id = ?`);
    return (id) => statement.get(id);
  };
  const content = { fragment: read('fragments'), attachment: read('attachments') };
  return {
    /** The messages behind `after` up to `tip`; null where one of them is missing. */
    chain(tip: unknown, after: unknown): readonly JsonObject[] | null {
      const found: JsonObject[] = [];
      for (let hash = tip; typeof hash === 'string' && hash !== after;) {
        const row = message.get(hash);
        if (row === undefined || found.length > longestChain) return null;
        const all = parts.all(hash).map((part) => toPart(part, content));
        const whole = all.filter((part) => part !== null);
        if (whole.length < all.length) return null;
        found.push({ role: columnOf(row['role']), parts: whole });
        hash = row['parent_hash'];
      }
      return found.reverse();
    },
  };
};

type Content = {
  readonly fragment: (id: string) => SqliteRow | undefined;
  readonly attachment: (id: string) => SqliteRow | undefined;
};

/** A part with the texts and attachments that it refers to; null where a text is missing. */
const toPart = (row: SqliteRow, content: Content): JsonObject | null => {
  const stored = jsonColumn(row['payload']);
  const {
    text_ref: pieces,
    attachment,
    attachments,
    ...payload
  } = isJsonObject(stored) ? stored : {};
  const text = Array.isArray(pieces) ? joined(pieces, content) : columnOf(row['text']);
  if (Array.isArray(pieces) && text === null) return null;
  const refer = (reference: JsonValue | undefined): JsonValue => {
    const id = isJsonObject(reference) ? reference['id'] : undefined;
    const found = typeof id === 'string' ? content.attachment(id) : undefined;
    return found === undefined ? {} : attachmentOf(found);
  };
  return {
    ...payload,
    type: columnOf(row['type']),
    ...(text === null ? {} : { text }),
    ...(attachment === undefined ? {} : { attachment: refer(attachment) }),
    ...(Array.isArray(attachments)
      ? { attachments: (attachments as readonly JsonValue[]).map(refer) }
      : {}),
  };
};

const joined = (pieces: readonly JsonValue[], content: Content): string | null => {
  const texts = pieces.map((piece) => {
    if (!isJsonObject(piece)) return null;
    if (piece['fragment'] === undefined) return piece['literal'] ?? null;
    return columnOf(content.fragment(String(piece['fragment']))?.['content']);
  });
  return texts.every((text) => typeof text === 'string') ? texts.join('') : null;
};
