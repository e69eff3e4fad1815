import { setImmediate } from 'node:timers/promises';
import { sql, type RawBuilder } from 'kysely';
import { scriptOf } from '../../comparison/language.ts';
import { arrayOrEmpty, objectsIn, parseJsonObject, type JsonObject } from '../../text/json.ts';
import { conversationId } from '../../traffic/selection/rank.ts';
import { chatRequestOf } from '../../traffic/chat-request.ts';
import type { RequestPath } from '../../models/request-path.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { decodeBody, type BodyText } from '../bodies.ts';
import type { Store } from '../open.ts';
import { unmarkedFact } from './machine-facts.ts';
import { machineColumns, markedSingleFacts, type PairFact } from './pair-facts.ts';
import { differingFields } from './pair-traits.ts';

/** A property of pairs, and how it is read: only the columns that it needs. */
export type PairProperty<Row> = {
  /** Of the tables of `joins` and of the pair `p`. */
  readonly columns: RawBuilder<unknown>;
  readonly joins: RawBuilder<unknown>;
  /** Pairs per page: fewer where their texts are read. */
  readonly pageSize: number;
  /** The values of a pair. Null is a value: that the pair has none. */
  readonly values: (row: Row) => readonly (string | null)[];
};

const captureOf = sql`join capture t on t.id = p.capture_id`;

/** The month of the capture: the year and the month of its timestamp. */
export const monthProperty: PairProperty<{ readonly month: string | null }> = {
  columns: sql`substr(t.timestamp, 1, 7) as month`,
  // Between is how SQLite is made to read the index alone; see the view `pair`.
  joins: sql`join capture t on t.id between p.capture_id and p.capture_id`,
  pageSize: 10_000,
  values: ({ month }) => [month],
};

/** The tokens of the input as the baseline counted them, or else the candidate, in a form of `form`. */
export const inputProperty = (
  form: (tokens: number | null) => string | null,
): PairProperty<{ readonly tokens: number | null }> => ({
  columns: sql`coalesce(b.input_tokens, c.input_tokens) as tokens`,
  joins: sql`
    left join response b on b.comparison_id = p.comparison_id and b.side = 'baseline'
      and b.sample = 0 and b.capture_id between p.capture_id and p.capture_id
    left join response c on c.comparison_id = p.comparison_id and c.side = 'candidate'
      and c.sample = 0 and c.capture_id between p.capture_id and p.capture_id
  `,
  pageSize: 10_000,
  values: ({ tokens }) => [form(tokens)],
});

/** Whether a request of the pair took a path other than `native`. An index has those alone. */
const wentBy = (path: Exclude<RequestPath, 'native'>) => sql`exists (
  select 1 from response r
  where r.comparison_id = p.comparison_id and r.sample = 0 and r.side in ('baseline', 'candidate')
    and r.path <> 'native' and r.path = ${path}
    -- Between is how SQLite is made to use that index; see the view of pairs.
    and r.capture_id between p.capture_id and p.capture_id
)`;

/**
 * How the request reached the models: the path on which the most was lost. Null where that is not known, because a call
 * that failed has no path, and the other one was not lossy.
 */
export const pathProperty: PairProperty<{ readonly path: RequestPath | null }> = {
  columns: sql`
    case when p.baseline <> 'answered' and p.candidate <> 'answered' then null
      when ${wentBy('lossy')} then 'lossy'
      when p.baseline <> 'answered' or p.candidate <> 'answered' then null
      when ${wentBy('bridged')} then 'bridged'
      else 'native' end as path
  `,
  joins: sql``,
  pageSize: 10_000,
  values: ({ path }) => [path],
};

/** The paths at which the answers differ. */
export const fieldProperty: PairProperty<{ readonly details: string | null }> = {
  columns: sql`o.details`,
  // Identical answers differ in nothing.
  joins: sql`
    left join outcome o on o.comparison_id = p.comparison_id and o.capture_id = p.capture_id
      and o.outcome <> 'identical'
  `,
  pageSize: 1000,
  values: ({ details }) => (details === null ? [] : differingFields(JSON.parse(details))),
};

/** The conversation that the request belongs to. */
export const conversationProperty: PairProperty<{ readonly metadata: string | null }> = {
  columns: sql`t.metadata`,
  joins: captureOf,
  pageSize: 1000,
  values: ({ metadata }) => [conversationId(metadata === null ? null : parseJsonObject(metadata))],
};

type RequestRow = {
  readonly dialect: Dialect;
  readonly model: string | null;
  readonly text: BodyText;
};

const request = {
  columns: sql`t.dialect, t.model, r.text`,
  joins: sql`${captureOf} join body r on r.number = t.request_body`,
  pageSize: 200,
};

const requestIn = ({ dialect, model, text }: RequestRow): JsonObject =>
  chatRequestOf({ dialect, model, request: parseJsonObject(decodeBody(text)) });

/** The model that production asked. */
export const modelProperty: PairProperty<RequestRow> = {
  ...request,
  values: (row) => {
    const { model } = requestIn(row);
    return [typeof model === 'string' && model !== '' ? model : null];
  },
};

/** The script of the last message of a user. */
export const scriptProperty: PairProperty<RequestRow> = {
  ...request,
  values: (row) => [scriptOf(questionIn(requestIn(row)))],
};

/** The text of the last message of a user; empty if there is none. */
const questionIn = (chat: JsonObject): string => {
  const last = objectsIn(chat['messages']).findLast(({ role }) => role === 'user');
  const content = last?.['content'];
  if (typeof content === 'string') return content;
  return objectsIn(arrayOrEmpty(content))
    .flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
    .join('\n');
};

/** A pair with the values of a property. Pairs that are equal but for the property may have the same fact. */
export type PropertyFact = {
  /** Of this pair alone. Its stratum is unknown. */
  readonly fact: PairFact;
  readonly values: readonly (string | null)[];
};

type StateRow = {
  readonly capture_id: string;
  readonly endpoint: string;
  readonly baseline: PairFact['baseline'];
  readonly candidate: PairFact['candidate'];
  readonly outcome: PairFact['outcome'];
  readonly by_rule: number;
  readonly unusable: number;
};

/**
 * Yields every pair of a comparison with a property, in the order of the captures, a page at a time. `reviewer`:
 * whose verdicts and skips count; null: everybody's.
 */
export async function* propertyFacts<Row>(
  store: Store,
  comparisonId: string,
  property: PairProperty<Row>,
  { reviewer, scope }: { readonly reviewer: string | null; readonly scope: 'all' | 'offered' },
): AsyncGenerator<readonly PropertyFact[]> {
  const marked = new Map(
    (await markedSingleFacts(store, comparisonId, { reviewer, scope })).map((fact) => [
      fact.captureId,
      fact,
    ]),
  );
  const unmarked = new Map<string, PairFact>();
  const factOf = (row: StateRow): PairFact => {
    const own = marked.get(row.capture_id);
    if (own !== undefined) return own;
    const { baseline, by_rule, candidate, endpoint, outcome, unusable } = row;
    const key = `${baseline} ${candidate} ${outcome} ${by_rule} ${unusable} ${endpoint}`;
    let fact = unmarked.get(key);
    if (fact === undefined) {
      const byRule = outcome === 'equivalent' && by_rule === 1;
      const machine = { endpoint, baseline, candidate, outcome, byRule, pairs: 1 };
      fact = unmarkedFact({ ...machine, unusable: unusable === 1 }, '');
      unmarked.set(key, fact);
    }
    return fact;
  };
  const { columns, joins, pageSize, values } = property;
  const source = pairSource(comparisonId, scope);
  for (let after = ''; ;) {
    const { rows } = await sql<StateRow & Row>`
      select p.capture_id, p.endpoint, p.baseline, p.candidate, p.outcome, ${machineColumns},
        ${columns}
      from pair p
      ${joins}
      where p.comparison_id = ${comparisonId}
        and p.capture_id in (
          ${source} and capture_id > ${after} order by capture_id limit ${pageSize}
        )
      order by p.capture_id
    `.execute(store.db);
    yield rows.map((row) => ({ fact: factOf(row), values: values(row) }));
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = last.capture_id;
    await setImmediate();
  }
}

/** The captures of the pairs that are counted, with a condition that others can be added to. */
const pairSource = (comparisonId: string, scope: 'all' | 'offered') =>
  scope === 'all'
    ? sql`select capture_id from comparison_capture where comparison_id = ${comparisonId}`
    : sql`select capture_id from offered where 1 = 1`;
