import { setImmediate } from 'node:timers/promises';
import { sql, type RawBuilder } from 'kysely';
import { differencePattern, type DifferencePattern } from '../../comparison/difference-pattern.ts';
import { ruleWords, type Rule } from '../../comparison/settling-rules.ts';
import type { Outcome, PairComparison, Side } from '../../comparison/outcome.ts';
import type { Filter, LabelName } from '../../filter/filter.ts';
import type { PairTraits, SideNumbers } from '../../filter/match-filter.ts';
import { requestPaths, type RequestPath } from '../../models/request-path.ts';
import type { Answer } from '../../models/answer.ts';
import { storable } from '../bodies.ts';
import { listReviewers } from '../verdicts.ts';
import type { Store } from '../open.ts';
import { emptyMarks, listMarks, listMarksOnPairs, type PairMarks } from './pair-marks.ts';
import { idsIn, rulesInForce } from './stored-rules.ts';

/** The cost of an answer in USD, or null if its price or usage is unknown. */
export type TraitCost = (
  side: Side,
  answer: Pick<Answer, 'usage' | 'cost' | 'model'>,
  batch: boolean,
) => number | null;

/** The facts about a pair besides its texts, with the way in which its answers differ. */
export type ListedPair = PairTraits & {
  readonly comparisonId: string;
  readonly pattern: DifferencePattern | null;
  /** What the machine found; null while unknown. */
  readonly comparison: PairComparison | null;
  /** How much of their words the answers share, from 0 to 1; null while unknown. */
  readonly likeness: number | null;
};

/** What is read of a pair besides its endpoint. What is not read has no value. */
export type TraitPart = 'outcome' | 'details' | 'answers' | 'lengths';

const allParts: ReadonlySet<TraitPart> = new Set(['outcome', 'details', 'answers', 'lengths']);

/** The order of the queue, or that of the captures, in which a large store is read several times faster. */
export type TraitOrder = 'queue' | 'capture';

/** Pairs per page, which take about 5 ms in the order of the queue. Between two pages other work has its turn. */
const pageSize = 100;

/** The same in the order of the captures, in which nobody waits for the first ones. */
const capturePageSize = 2000;

/** A page of pairs, and what reviewers did on them and perhaps on others. */
type TraitsPage = {
  readonly pairs: readonly ListedPair[];
  readonly isLast: boolean;
  readonly marks: ReadonlyMap<string, PairMarks>;
};

/** Lists pairs of a comparison; see `pairTraits`. */
export const listPairTraits = async (
  store: Store,
  comparisonId: string,
  options: Parameters<typeof pairTraits>[2],
): Promise<readonly ListedPair[]> => {
  const listed: ListedPair[] = [];
  for await (const { pairs } of pairTraits(store, comparisonId, options)) listed.push(...pairs);
  return listed;
};

/**
 * Yields the pairs of a comparison in the order of the queue, a page at a time, with everything that a
 * filter can ask for but their texts. `reviewer`: whose verdicts, tags, skips and comments count; null:
 * everybody's. `captureIds`: only these pairs, in this order.
 */
export async function* pairTraits(
  store: Store,
  comparisonId: string,
  options: {
    readonly reviewer: string | null;
    readonly cost: TraitCost;
    readonly captureIds?: readonly string[];
    /**
     * Whether to read what reviewers did at once, which is faster and of one moment (the default), or page by
     * page, which takes little memory, however much they did.
     */
    readonly marks?: 'at once' | 'by page';
    /** What to read; by default everything. */
    readonly parts?: ReadonlySet<TraitPart>;
    /** By default `queue`; `captureIds` have their own. */
    readonly order?: TraitOrder;
  },
): AsyncGenerator<TraitsPage> {
  const { reviewer } = options;
  const isByPage = options.marks === 'by page';
  const all = isByPage ? null : await listMarks(store, comparisonId, reviewer);
  const everybody = isByPage && reviewer === null ? await listReviewers(store, comparisonId) : [];
  const reviewers = reviewer === null ? everybody : [reviewer];
  const rules = await rulesInForce(store.db, comparisonId);
  const texts = new Map(rules.map((rule) => [rule.id, searchedRule(rule)]));
  const { captureIds, order = 'queue', parts = allParts } = options;
  const pages =
    captureIds === undefined
      ? orderedPages(store, comparisonId, order, parts)
      : pagesOfCaptures(store, comparisonId, captureIds, parts);
  for await (const { isLast, rows } of pages) {
    const page = { captureIds: rows.map((row) => row.capture_id), reviewers };
    const marks = all ?? (await listMarksOnPairs(store, comparisonId, page));
    const pairs = rows.map((row) => {
      const known = { marks: marks.get(row.capture_id) ?? emptyMarks, rules, texts };
      return { comparisonId, ...toTraits(row, known, options.cost) };
    });
    yield { pairs, isLast, marks };
    if (isLast) return;
    await setImmediate();
  }
}

type TraitPage = { readonly rows: readonly TraitRow[]; readonly isLast: boolean };

async function* orderedPages(
  store: Store,
  comparisonId: string,
  order: TraitOrder,
  parts: ReadonlySet<TraitPart>,
): AsyncGenerator<TraitPage> {
  const column = order === 'queue' ? 'position' : 'capture_id';
  const size = order === 'queue' ? pageSize : capturePageSize;
  for (let after = ''; ;) {
    const part = sql`${sql.ref(column)} > ${after} order by ${sql.ref(column)} limit ${size}`;
    const rows = await traitRows(store, comparisonId, { part, column, parts });
    const last = rows.at(-1);
    if (last === undefined || rows.length < size) {
      yield { rows, isLast: true };
      return;
    }
    yield { rows, isLast: false };
    after = last[column];
  }
}

async function* pagesOfCaptures(
  store: Store,
  comparisonId: string,
  captureIds: readonly string[],
  parts: ReadonlySet<TraitPart>,
): AsyncGenerator<TraitPage> {
  for (let start = 0; start < captureIds.length; start += pageSize) {
    const ids = captureIds.slice(start, start + pageSize);
    const part = sql`capture_id in (${sql.join(ids.map(storable))})`;
    const found = new Map(
      (await traitRows(store, comparisonId, { part, column: 'position', parts })).map((row) => [
        row.capture_id,
        row,
      ]),
    );
    const rows = ids.flatMap((id) => found.get(storable(id)) ?? []);
    yield { rows, isLast: start + pageSize >= captureIds.length };
  }
}

/** Reads a page of pairs in the order of a column. `part`: the condition on the pairs that tells which. */
const traitRows = async (
  store: Store,
  comparisonId: string,
  {
    column,
    part,
    parts,
  }: {
    readonly part: RawBuilder<unknown>;
    readonly column: 'position' | 'capture_id';
    readonly parts: ReadonlySet<TraitPart>;
  },
): Promise<readonly TraitRow[]> => {
  // In the order of the captures, an index has all but the position.
  const has = (name: TraitPart, text: RawBuilder<unknown>): RawBuilder<unknown> =>
    parts.has(name) ? text : sql``;
  const { rows } = await sql<TraitRow>`
    select p.capture_id, p.position, p.endpoint, p.outcome, p.settled_by,
      ${parts.has('details') ? sql`o.details` : sql`null`} as details,
      ${sideColumns('b', parts)}, ${sideColumns('c', parts)}
    from (
      select comparison_id, capture_id, endpoint, outcome, settled_by,
        ${column === 'position' ? sql`position` : sql`''`} as position
      from ${parts.has('outcome') ? sql`pair` : pairsWithoutOutcome}
      where comparison_id = ${comparisonId} and ${part}
    ) p
    ${has(
      'details',
      sql`left join outcome o on o.comparison_id = p.comparison_id and o.capture_id = p.capture_id`,
    )}
    ${has('answers', answerJoins)}
    ${has(
      'lengths',
      sql`left join body bt on bt.number = b.answer_body left join body ct on ct.number = c.answer_body`,
    )}
    order by p.${sql.ref(column)}
  `.execute(store.db);
  return rows;
};

/** The view `pair` without what takes a look at answers. */
const pairsWithoutOutcome = sql`(
  select s.comparison_id, s.capture_id, s.position, t.endpoint,
    null as outcome, null as settled_by
  from comparison_capture s
  join capture t on t.id between s.capture_id and s.capture_id
) without_outcome`;

const answerJoins = sql`
  left join response b on b.comparison_id = p.comparison_id and b.capture_id = p.capture_id
    and b.side = 'baseline' and b.sample = 0
  left join response c on c.comparison_id = p.comparison_id and c.capture_id = p.capture_id
    and c.side = 'candidate' and c.sample = 0
`;

type SideColumn =
  | 'first'
  | 'total'
  | 'input'
  | 'output'
  | 'cached'
  | 'written'
  | 'hour'
  | 'reasoning'
  | 'cost'
  | 'batch'
  | 'bytes';

type TraitRow = {
  readonly capture_id: string;
  readonly position: string;
  readonly endpoint: string;
  readonly outcome: Outcome | null;
  readonly details: string | null;
  readonly settled_by: string | null;
  readonly b_path: RequestPath | null;
  readonly c_path: RequestPath | null;
  readonly b_model: string | null;
  readonly c_model: string | null;
} & Readonly<Record<`${'b' | 'c'}_${SideColumn}`, number | null>>;

const sideColumns = (side: 'b' | 'c', parts: ReadonlySet<TraitPart>) =>
  sql.raw(
    [
      ['time_to_first_token_ms', 'first'],
      ['total_ms', 'total'],
      ['input_tokens', 'input'],
      ['output_tokens', 'output'],
      ['cached_input_tokens', 'cached'],
      ['cache_write_tokens', 'written'],
      ['hour_cache_write_tokens', 'hour'],
      ['reasoning_tokens', 'reasoning'],
      ['cost_usd', 'cost'],
      ['batch', 'batch'],
      ['model', 'model'],
      ['path', 'path'],
    ]
      .map(
        ([column, name]) =>
          `${parts.has('answers') ? `${side}.${column}` : 'null'} as ${side}_${name}`,
      )
      .concat(`${parts.has('lengths') ? `${side}t.bytes` : 'null'} as ${side}_bytes`)
      .join(', '),
  );

/** The text of a rule that a filter searches. */
const searchedRule = (rule: Rule): string => `${ruleWords(rule)} ${rule.author}`;

const toTraits = (
  row: TraitRow,
  {
    marks,
    rules,
    texts,
  }: {
    readonly marks: PairMarks;
    readonly rules: readonly Rule[];
    /** The searched text of each rule by its id. */
    readonly texts: ReadonlyMap<string, string>;
  },
  cost: TraitCost,
): Omit<ListedPair, 'comparisonId'> => {
  const { reviewers } = marks;
  const comparison: PairComparison | null = row.details === null ? null : JSON.parse(row.details);
  return {
    captureId: row.capture_id,
    endpoint: row.endpoint,
    outcome: row.outcome,
    settledBy: settledBy(row),
    rules: idsIn(row.settled_by).flatMap((id) => texts.get(id) ?? []),
    reason: comparison?.reason ?? null,
    fields: comparison === null ? [] : differingFields(comparison),
    pattern:
      comparison === null || row.settled_by !== null
        ? null
        : differencePattern(row.endpoint, comparison, rules),
    comparison,
    likeness: comparison === null ? null : pairLikeness(comparison),
    verdicts: reviewers.flatMap(({ reviewer, verdict }) =>
      verdict === null ? [] : [{ reviewer, verdict: verdict.verdict }],
    ),
    skipped: reviewers.some(({ skipped }) => skipped),
    ...tagsAndComments(marks),
    models: { baseline: row.b_model, candidate: row.c_model },
    path: pathOf(row),
    numbers: {
      baseline: sideNumbers(row, 'baseline', cost),
      candidate: sideNumbers(row, 'candidate', cost),
    },
  };
};

/** The path on which the most was lost; null where an answer is missing, unless the other one's is lossy. */
const pathOf = ({ b_path, c_path }: TraitRow): RequestPath | null => {
  const most = requestPaths.findLast((path) => path === b_path || path === c_path) ?? null;
  return most === 'lossy' || (b_path !== null && c_path !== null) ? most : null;
};

/** The tags and comments of a pair by all reviewers, each once. */
export const tagsAndComments = ({
  resolvers,
  reviewers,
}: PairMarks): Pick<PairTraits, 'tags' | 'comments'> => {
  const everyone = [...reviewers, ...resolvers];
  return {
    tags: [...new Set(everyone.flatMap(({ tags }) => tags))],
    comments: [...new Set(everyone.map(({ comment }) => comment))].filter((text) => text !== ''),
  };
};

const settledBy = ({ outcome, settled_by }: TraitRow): PairTraits['settledBy'] => {
  if (outcome !== 'identical' && outcome !== 'equivalent') return null;
  return settled_by === null ? 'machine' : 'rule';
};

/** The paths at which answers differ, each once. */
export const differingFields = ({
  changes,
}: Pick<PairComparison, 'changes'>): readonly string[] => [
  ...new Set((changes ?? []).map(({ path }) => path)),
];

/** How much of their words the answers of a pair share, from 0 to 1; null while unknown. */
export const pairLikeness = ({ likeness, outcome }: PairComparison): number | null =>
  outcome === 'different' ? (likeness ?? null) : 1;

const sideNumbers = (row: TraitRow, side: Side, cost: TraitCost): SideNumbers => {
  const at = side === 'baseline' ? 'b' : 'c';
  const input = row[`${at}_input`];
  const output = row[`${at}_output`];
  const answered = row[`${at}_bytes`] !== null;
  const usage =
    input === null && output === null
      ? null
      : {
          input,
          output,
          cachedInput: row[`${at}_cached`],
          cacheWrite: row[`${at}_written`],
          hourCacheWrite: row[`${at}_hour`],
          reasoning: row[`${at}_reasoning`],
        };
  return {
    cost: answered
      ? cost(
          side,
          { usage, cost: row[`${at}_cost`], model: row[`${at}_model`] },
          row[`${at}_batch`] === 1,
        )
      : null,
    ttft: row[`${at}_first`],
    total: row[`${at}_total`],
    input,
    output,
    length: row[`${at}_bytes`],
  };
};

/** What a filter needs to know of a pair besides its endpoint and its texts. */
export const partsOfFilter = (filter: Filter): ReadonlySet<TraitPart> => {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return new Set(filter.parts.flatMap((part) => [...partsOfFilter(part)]));
    case 'not':
      return partsOfFilter(filter.part);
    case 'text':
      return new Set();
    case 'label':
      return new Set(partsOfLabels[filter.name]);
    case 'number':
      // The cost of an answer is known only where it has a length.
      return new Set(
        filter.name === 'length' || filter.name === 'cost' ? ['answers', 'lengths'] : ['answers'],
      );
  }
};

const partsOfLabels: Readonly<Record<LabelName, readonly TraitPart[]>> = {
  endpoint: [],
  id: [],
  verdict: [],
  tag: [],
  reviewer: [],
  comment: [],
  conversation: [],
  outcome: ['outcome'],
  settled: ['outcome'],
  rule: ['outcome'],
  field: ['details'],
  reason: ['details'],
  model: ['answers'],
  path: ['answers'],
};
