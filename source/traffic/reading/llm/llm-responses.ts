import type Database from 'better-sqlite3';
import type { JsonObject, JsonValue } from '../../../text/json.ts';
import { expandCondensed } from './condensed-json.ts';
import { attachmentOf, columnOf, jsonColumn, toolOf, type SqliteRow } from './llm-columns.ts';

type Lookup = (responseId: string) => readonly SqliteRow[];

/**
 * The calls of the tables that llm wrote before 0.32, the calls of a conversation in their order and one
 * behind the other, as `llm logs --json --expand` gives them. Tables that came later may be missing. What
 * stands in `turns` as well is left to those.
 */
export function* openLegacyResponses(
  database: Database.Database,
  tables: ReadonlySet<string>,
): Generator<JsonObject, void, undefined> {
  const lookups = openLookups(database, tables);
  const response = database.prepare<[string], SqliteRow>('SELECT * FROM responses WHERE id = ?');
  const notInTurns = tables.has('turns') ? 'WHERE id NOT IN (SELECT id FROM turns)' : '';
  const ids = database
    .prepare<[], string>(`SELECT id FROM responses ${notInTurns} ORDER BY conversation_id, id`)
    .pluck();
  for (const id of ids.iterate()) {
    const row = response.get(id);
    if (row !== undefined) yield toObject(row, lookups);
  }
}

type Lookups = ReturnType<typeof openLookups>;

const openLookups = (database: Database.Database, tables: ReadonlySet<string>) => {
  const lookup = (needed: readonly string[], sql: string): Lookup => {
    if (!needed.every((table) => tables.has(table))) return () => [];
    const statement = database.prepare<[string], SqliteRow>(sql);
    return (id) => statement.all(id);
  };
  /** Some tables have no index by the response: without one, each look-up would read them whole. */
  const byResponse = (table: string): Lookup => {
    if (!tables.has(table)) return () => [];
    database.exec(
      `CREATE TEMP TABLE of_${table} AS SELECT response_id, rowid AS place FROM ${table};
       CREATE INDEX temp.by_${table} ON of_${table} (response_id, place)`,
    );
    return lookup(
      [table],
      `SELECT ${table}.* FROM of_${table} JOIN ${table} ON ${table}.rowid = of_${table}.place
       WHERE of_${table}.response_id = ? ORDER BY of_${table}.place`,
    );
  };
  const fragments = (kind: string): Lookup =>
    lookup(
      ['fragments', `${kind}_fragments`],
      `SELECT fragments.id, fragments.content FROM ${kind}_fragments AS used
       JOIN fragments ON fragments.id = used.fragment_id
       WHERE used.response_id = ? ORDER BY used."order"`,
    );
  const toolsOf = byResponse('tool_responses');
  const tool = lookup(['tools'], 'SELECT * FROM tools WHERE id = ?');
  return {
    promptFragments: fragments('prompt'),
    systemFragments: fragments('system'),
    attachments: lookup(
      ['attachments', 'prompt_attachments'],
      `SELECT attachments.* FROM prompt_attachments AS used
       JOIN attachments ON attachments.id = used.attachment_id
       WHERE used.response_id = ? ORDER BY used."order"`,
    ),
    tools: (id: string) => toolsOf(id).flatMap((row) => tool(String(row['tool_id']))),
    toolCalls: byResponse('tool_calls'),
    toolResults: byResponse('tool_results'),
    schema: lookup(['schemas'], 'SELECT content FROM schemas WHERE id = ?'),
    conversation: lookup(['conversations'], 'SELECT name FROM conversations WHERE id = ?'),
  };
};

const toObject = (row: SqliteRow, lookups: Lookups): JsonObject => {
  const id = String(row['id']);
  const [schema] = lookups.schema(String(row['schema_id'] ?? ''));
  const [conversation] = lookups.conversation(String(row['conversation_id'] ?? ''));
  const fragments = { prompt: lookups.promptFragments(id), system: lookups.systemFragments(id) };
  const texts = new Map<string, string>([[`r:${id}`, String(row['response'] ?? '')]]);
  for (const fragment of [...fragments.prompt, ...fragments.system]) {
    texts.set(`f${String(fragment['id'])}`, String(fragment['content']));
  }
  const condensed = (name: string): JsonValue =>
    expandCondensed(jsonColumn(row[name]), texts)?.value ?? null;
  return {
    ...Object.fromEntries(Object.entries(row).map(([name, value]) => [name, columnOf(value)])),
    prompt_json: condensed('prompt_json'),
    response_json: condensed('response_json'),
    options_json: jsonColumn(row['options_json']),
    token_details: jsonColumn(row['token_details']),
    conversation_name: columnOf(conversation?.['name']),
    schema_json: jsonColumn(schema?.['content']),
    prompt_fragments: fragments.prompt.map(({ content }) => ({ content: columnOf(content) })),
    system_fragments: fragments.system.map(({ content }) => ({ content: columnOf(content) })),
    attachments: lookups.attachments(id).map(attachmentOf),
    tools: lookups.tools(id).map(toolOf),
    tool_calls: lookups.toolCalls(id).map((call) => ({
      name: columnOf(call['name']),
      arguments: jsonColumn(call['arguments']),
      tool_call_id: columnOf(call['tool_call_id']),
    })),
    tool_results: lookups.toolResults(id).map((result) => ({
      name: columnOf(result['name']),
      output: columnOf(result['output']),
      tool_call_id: columnOf(result['tool_call_id']),
    })),
  };
};
