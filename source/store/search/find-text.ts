import { chatForm } from '../../traffic/dialects/translate-request.ts';
import { recogniseCallBody } from '../../traffic/dialects/recognise-call.ts';
import { setImmediate } from 'node:timers/promises';
import { sql, type RawBuilder } from 'kysely';
import {
  isJsonArray,
  isJsonObject,
  parseJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../text/json.ts';
import { storable } from '../bodies.ts';
import { growth } from '../comparisons/growth.ts';
import type { Store } from '../open.ts';

/** How far the index of a store is: bodies that are in it, and those that it needs. */
export type IndexProgress = { readonly done: number; readonly all: number };

/** Texts per page. Between two pages other work has its turn. */
const pageSize = 50;

/** The fewest characters of a term that the index can look up. */
const indexedLength = 3;

/** The pairs that are looked into before the index is made: some that a frequent term is in. */
const pairsAhead = 300;

/** A term that more bodies may have is so frequent that the index is of no use. */
const mostCandidates = 20_000;

type FindOptions = {
  readonly index: 'build' | 'none';
  readonly onProgress?: (progress: IndexProgress) => void;
  /** Stops the search: it rejects then. */
  readonly signal?: AbortSignal;
  /** The first captures that are found, from this capture on in the order of the queue. */
  readonly first?: {
    readonly captureId: string;
    readonly onFirst: (captureIds: ReadonlySet<string>) => void;
  };
};

/**
 * Finds the pairs of a comparison whose request or first answers contain a term, whatever its case, and
 * resolves to the ids of their captures. `index`: `build` brings the index of the whole store up to date
 * first, which writes to the store and reports `onProgress`; `none` reads every text of the comparison.
 * A term of fewer than three characters is always looked for in every text. `onFirst` is called now and then
 * with all that were found until then.
 */
export const findText = async (
  store: Store,
  comparisonId: string,
  term: string,
  options: FindOptions,
): Promise<ReadonlySet<string>> => {
  const wanted = folded(term);
  const { first, signal } = options;
  const found = growth((captureIds) => first?.onFirst(captureIds));
  const isIndexed = options.index === 'build' && Array.from(wanted).length >= indexedLength;
  if (first !== undefined) {
    const { captureId } = first;
    await findInQueue(
      store,
      comparisonId,
      wanted,
      { captureId, isBounded: isIndexed, signal },
      found,
    );
  }
  if (!isIndexed) return findInTexts(store, comparisonId, wanted, { found, signal });
  await updateIndex(store, options);
  const index = store.engine.searchIndex;
  const bodies = await index.candidates(trigrams(wanted), mostCandidates);
  // To look up the pairs of many bodies is slower than to look into every pair.
  if (bodies.length === mostCandidates) {
    return findInTexts(store, comparisonId, wanted, { found, signal });
  }
  for (let start = 0; start < bodies.length; start += pageSize) {
    signal?.throwIfAborted();
    const texts = await readTexts(store, bodies.slice(start, start + pageSize));
    const having = texts.filter(({ text }) => text.includes(wanted)).map(({ number }) => number);
    found.add(await index.capturesOf(comparisonId, having));
    await setImmediate();
  }
  return found.all;
};

/** The parts of three characters of a text. A body that has the text has all of them. */
const trigrams = (text: string): readonly string[] => {
  const characters = Array.from(text);
  const parts = characters.slice(2).map((_, at) => characters.slice(at, at + 3).join(''));
  return [...new Set(parts)];
};

const updateIndex = async (
  store: Store,
  { onProgress = () => undefined, signal }: Pick<FindOptions, 'onProgress' | 'signal'>,
): Promise<void> => {
  const index = store.engine.searchIndex;
  await index.create();
  const start = await index.place();
  if (start.done === start.all) return;
  for (let { done } = start; done < start.all;) {
    signal?.throwIfAborted();
    if (start.all - start.done > pageSize) {
      onProgress({ done: done - start.done, all: start.all - start.done });
    }
    done = await index.addNext(pageSize, start.all, (text) =>
      folded(searchedText(parseJsonObject(text))),
    );
    await setImmediate();
  }
};

type FoundCaptures = ReturnType<typeof growth>;

type TextRow = {
  readonly capture_id: string;
  readonly position: string;
  readonly request: number;
  readonly baseline: number | null;
  readonly candidate: number | null;
};

/** Reads a page of the pairs of a comparison. */
const textPage = async (
  store: Store,
  comparisonId: string,
  { after, order }: { readonly after: string; readonly order: 'capture_id' | 'position' },
): Promise<readonly TextRow[]> => {
  const key: RawBuilder<unknown> = sql.ref(`s.${order}`);
  const { rows } = await sql<TextRow>`
    select s.capture_id, s.position, t.request_body as request, b.answer_body as baseline,
      c.answer_body as candidate
    from comparison_capture s
    join capture t on t.id = s.capture_id
    left join response b on b.comparison_id = s.comparison_id and b.capture_id = s.capture_id
      and b.side = 'baseline' and b.sample = 0
    left join response c on c.comparison_id = s.comparison_id and c.capture_id = s.capture_id
      and c.side = 'candidate' and c.sample = 0
    where s.comparison_id = ${comparisonId} and ${key} > ${after}
    order by ${key}
    limit ${pageSize}
  `.execute(store.db);
  return rows;
};

/** Looks into the texts of the pairs from a capture on, in the order of the queue, until one has the term. */
const findInQueue = async (
  store: Store,
  comparisonId: string,
  wanted: string,
  {
    captureId,
    isBounded,
    signal,
  }: {
    readonly captureId: string;
    readonly isBounded: boolean;
    readonly signal: AbortSignal | undefined;
  },
  found: FoundCaptures,
): Promise<void> => {
  const here = await store.db
    .selectFrom('comparison_capture')
    .select('position')
    .where('comparison_id', '=', comparisonId)
    .where('capture_id', '=', storable(captureId))
    .executeTakeFirst();
  // The capture itself comes first.
  let after = here === undefined ? '' : here.position.slice(0, -1);
  const most = isBounded ? pairsAhead : Infinity;
  for (let looked = 0; looked < most; looked += pageSize) {
    signal?.throwIfAborted();
    const page = await textPage(store, comparisonId, { after, order: 'position' });
    await findInPage(store, page, wanted, found);
    const last = page.at(-1);
    if (found.all.size > 0 || last === undefined || page.length < pageSize) return;
    after = last.position;
    await setImmediate();
  }
};

/** Reads every text of a comparison. */
const findInTexts = async (
  store: Store,
  comparisonId: string,
  wanted: string,
  { found, signal }: { readonly found: FoundCaptures; readonly signal: AbortSignal | undefined },
): Promise<ReadonlySet<string>> => {
  for (let after = ''; ;) {
    signal?.throwIfAborted();
    const page = await textPage(store, comparisonId, { after, order: 'capture_id' });
    await findInPage(store, page, wanted, found);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return found.all;
    after = last.capture_id;
    await setImmediate();
  }
};

const findInPage = async (
  store: Store,
  page: readonly TextRow[],
  wanted: string,
  found: FoundCaptures,
): Promise<void> => {
  const numbersOf = ({ baseline, candidate, request }: TextRow): readonly number[] =>
    [request, baseline, candidate].filter((number) => number !== null);
  const texts = await readTexts(store, [...new Set(page.flatMap(numbersOf))]);
  const having = new Set(
    texts.filter(({ text }) => text.includes(wanted)).map(({ number }) => number),
  );
  found.add(
    page
      .filter((row) => numbersOf(row).some((number) => having.has(number)))
      .map(({ capture_id }) => capture_id),
  );
};

/** Reads what a search looks into of some bodies. */
const readTexts = async (
  store: Store,
  numbers: readonly number[],
): Promise<readonly { readonly number: number; readonly text: string }[]> => {
  if (numbers.length === 0) return [];
  const rows = await store.db
    .selectFrom('body')
    .select(['number', 'text'])
    .where('number', 'in', numbers)
    .execute();
  return rows.map(({ number, text }) => ({
    number,
    text: folded(searchedText(parseJsonObject(text))),
  }));
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
