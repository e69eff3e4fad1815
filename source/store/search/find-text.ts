import { chatForm } from '../../traffic/dialects/translate-request.ts';
import { recogniseCallBody } from '../../traffic/dialects/recognise-call.ts';
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import {
  isJsonArray,
  isJsonObject,
  parseJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../text/json.ts';
import type { Store } from '../open.ts';

/** How far the index of a store is: bodies that are in it, and those that it needs. */
export type IndexProgress = { readonly done: number; readonly all: number };

/** Bodies per page. Between two pages other work has its turn. */
const pageSize = 200;

/** The fewest characters of a term that the index can look up. */
const indexedLength = 3;

/**
 * Finds the pairs of a comparison whose request or first answers contain a term, whatever its case, and
 * resolves to the ids of their captures. `index`: `build` brings the index of the whole store up to date
 * first, which writes to the store and reports `onProgress`; `none` reads every text of the comparison.
 * A term of fewer than three characters is always looked for in every text.
 */
export const findText = async (
  store: Store,
  comparisonId: string,
  term: string,
  options: {
    readonly index: 'build' | 'none';
    readonly onProgress?: (progress: IndexProgress) => void;
  },
): Promise<ReadonlySet<string>> => {
  const wanted = folded(term);
  if (options.index === 'none' || Array.from(wanted).length < indexedLength) {
    return findInTexts(store, comparisonId, wanted, null);
  }
  await updateIndex(store, options.onProgress);
  const bodies = await store.engine.searchIndex.candidates(trigrams(wanted));
  return findInTexts(store, comparisonId, wanted, new Set(bodies));
};

/** The parts of three characters of a text. A body that has the text has all of them. */
const trigrams = (text: string): readonly string[] => {
  const characters = Array.from(text);
  const parts = characters.slice(2).map((_, at) => characters.slice(at, at + 3).join(''));
  return [...new Set(parts)];
};

const updateIndex = async (
  store: Store,
  onProgress: (progress: IndexProgress) => void = () => undefined,
): Promise<void> => {
  const index = store.engine.searchIndex;
  await index.create();
  const missing = await index.missing();
  for (let done = 0; done < missing.length; done += pageSize) {
    if (missing.length > pageSize) onProgress({ done, all: missing.length });
    await index.add(missing.slice(done, done + pageSize), (text) =>
      folded(searchedText(parseJsonObject(text))),
    );
    await setImmediate();
  }
};

/** Reads the texts of a comparison, or those bodies alone that may contain the term. */
const findInTexts = async (
  store: Store,
  comparisonId: string,
  wanted: string,
  bodies: ReadonlySet<number> | null,
): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  const known = new Map<number, boolean>();
  for (let after = ''; ;) {
    const { rows } = await sql<{
      readonly capture_id: string;
      readonly request: number;
      readonly baseline: number | null;
      readonly candidate: number | null;
    }>`
      select s.capture_id, t.request_body as request, b.answer_body as baseline,
        c.answer_body as candidate
      from comparison_capture s
      join capture t on t.id = s.capture_id
      left join response b on b.comparison_id = s.comparison_id and b.capture_id = s.capture_id
        and b.side = 'baseline' and b.sample = 0
      left join response c on c.comparison_id = s.comparison_id and c.capture_id = s.capture_id
        and c.side = 'candidate' and c.sample = 0
      where s.comparison_id = ${comparisonId} and s.capture_id > ${after}
      order by s.capture_id
      limit ${pageSize}
    `.execute(store.db);
    const page = rows.map((row) => ({
      captureId: row.capture_id,
      numbers: [row.request, row.baseline, row.candidate].filter(
        (number) => number !== null && (bodies === null || bodies.has(number)),
      ),
    }));
    const unread = [...new Set(page.flatMap(({ numbers }) => numbers))].filter(
      (number): number is number => number !== null && !known.has(number),
    );
    if (unread.length > 0) {
      const texts = await store.db
        .selectFrom('body')
        .select(['number', 'text'])
        .where('number', 'in', unread)
        .execute();
      for (const { number, text } of texts) {
        known.set(number, folded(searchedText(parseJsonObject(text))).includes(wanted));
      }
      await setImmediate();
    }
    for (const { captureId, numbers } of page) {
      if (numbers.some((number) => number !== null && known.get(number) === true)) {
        found.add(captureId);
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return found;
    after = last.capture_id;
  }
};

/**
 * The text of a stored body that a search looks into: what messages, answers and tool calls say, without
 * the names of JSON members. Parts stand on lines of their own.
 */
const searchedText = (body: JsonObject): string => {
  const parts: string[] = [];
  const { messages } = chatFormOfBody(body);
  if (isJsonArray(messages)) {
    for (const message of messages) collectMessage(message, parts);
  } else collectMessage(body, parts);
  return parts.join('\n');
};

/** A request in the words of chat completions; anything else, such as a stored answer, as it is. */
const chatFormOfBody = (body: JsonObject): JsonObject => {
  const { contents, input, messages, prompt } = body;
  if (contents !== undefined) return chatForm('gemini', body);
  if (messages !== undefined) {
    const call = recogniseCallBody(body);
    return call.kind === 'call' ? chatForm(call.dialect, body) : body;
  }
  return input !== undefined || isJsonObject(prompt) ? chatForm('responses', body) : body;
};

/** A message of a request and a stored answer have these members in common or apart. */
const textMembers = ['content', 'text', 'refusal', 'reasoning', 'name', 'arguments'] as const;
const innerMembers = ['tool_calls', 'toolCalls', 'function', 'otherChoices'] as const;

const collectMessage = (value: JsonValue, parts: string[], depth = 0): void => {
  if (depth > 6) return;
  if (isJsonArray(value)) {
    for (const item of value) collectMessage(item, parts, depth + 1);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const member of textMembers) {
    const text = value[member];
    if (typeof text === 'string') {
      if (text !== '') parts.push(text);
    } else if (isJsonArray(text) || isJsonObject(text)) collectMessage(text, parts, depth + 1);
  }
  for (const member of innerMembers) {
    const inner = value[member];
    if (inner !== undefined) collectMessage(inner, parts, depth + 1);
  }
};

/** Text as a search compares it: without its case, in Unicode form C. */
const folded = (text: string): string => text.normalize('NFC').toLowerCase();
