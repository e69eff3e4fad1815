import { setImmediate } from 'node:timers/promises';
import { sql, type RawBuilder } from 'kysely';
import { differencePattern, type DifferencePattern } from '../../comparison/difference-pattern.ts';
import { ruleWords, type Rule } from '../../comparison/settling-rules.ts';
import type { Outcome, PairComparison, Side } from '../../comparison/outcome.ts';
import type { PairTraits, SideNumbers } from '../../filter/match-filter.ts';
import type { Answer } from '../../models/answer.ts';
import { storable } from '../bodies.ts';
import type { Store } from '../open.ts';
import { emptyMarks, listMarks, type PairMarks } from './pair-marks.ts';
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
  /** How much of their words the answers share, from 0 to 1; null while unknown. */
  readonly likeness: number | null;
};

/** Pairs per page, which take about 5 ms. Between two pages other work has its turn. */
const pageSize = 100;

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
  },
): AsyncGenerator<{ readonly pairs: readonly ListedPair[]; readonly isLast: boolean }> {
  const marks = await listMarks(store, comparisonId, options.reviewer);
  const rules = new Map(
    (await rulesInForce(store.db, comparisonId)).map((rule) => [rule.id, searchedRule(rule)]),
  );
  const { captureIds } = options;
  const pages =
    captureIds === undefined
      ? queuePages(store, comparisonId)
      : pagesOfCaptures(store, comparisonId, captureIds);
  for await (const { isLast, rows } of pages) {
    const pairs = rows.map((row) => {
      const known = { marks: marks.get(row.capture_id) ?? emptyMarks, rules };
      return { comparisonId, ...toTraits(row, known, options.cost) };
    });
    yield { pairs, isLast };
    if (isLast) return;
    await setImmediate();
  }
}

type TraitPage = { readonly rows: readonly TraitRow[]; readonly isLast: boolean };

async function* queuePages(store: Store, comparisonId: string): AsyncGenerator<TraitPage> {
  for (let after = ''; ;) {
    const part = sql`position > ${after}`;
    const rows = await traitRows(store, comparisonId, part);
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) {
      yield { rows, isLast: true };
      return;
    }
    yield { rows, isLast: false };
    after = last.position;
  }
}

async function* pagesOfCaptures(
  store: Store,
  comparisonId: string,
  captureIds: readonly string[],
): AsyncGenerator<TraitPage> {
  for (let start = 0; start < captureIds.length; start += pageSize) {
    const ids = captureIds.slice(start, start + pageSize);
    const part = sql`capture_id in (${sql.join(ids.map(storable))})`;
    const found = new Map(
      (await traitRows(store, comparisonId, part)).map((row) => [row.capture_id, row]),
    );
    const rows = ids.flatMap((id) => found.get(storable(id)) ?? []);
    yield { rows, isLast: start + pageSize >= captureIds.length };
  }
}

/** Reads a page of pairs. `part`: the condition on the view `pair` that tells which. */
const traitRows = async (
  store: Store,
  comparisonId: string,
  part: RawBuilder<unknown>,
): Promise<readonly TraitRow[]> => {
  const { rows } = await sql<TraitRow>`
    select p.capture_id, p.position, p.endpoint, p.outcome, o.details, o.settled_by,
      ${sideColumns('b')}, ${sideColumns('c')}
    from (
      select * from pair
      where comparison_id = ${comparisonId} and ${part}
      order by position limit ${pageSize}
    ) p
    left join outcome o on o.comparison_id = p.comparison_id and o.capture_id = p.capture_id
    left join response b on b.comparison_id = p.comparison_id and b.capture_id = p.capture_id
      and b.side = 'baseline' and b.sample = 0
    left join body bt on bt.number = b.answer_body
    left join response c on c.comparison_id = p.comparison_id and c.capture_id = p.capture_id
      and c.side = 'candidate' and c.sample = 0
    left join body ct on ct.number = c.answer_body
    order by p.position
  `.execute(store.db);
  return rows;
};

type SideColumn =
  'first' | 'total' | 'input' | 'output' | 'cached' | 'reasoning' | 'cost' | 'batch' | 'bytes';

type TraitRow = {
  readonly capture_id: string;
  readonly position: string;
  readonly endpoint: string;
  readonly outcome: Outcome | null;
  readonly details: string | null;
  readonly settled_by: string | null;
  readonly b_model: string | null;
  readonly c_model: string | null;
} & Readonly<Record<`${'b' | 'c'}_${SideColumn}`, number | null>>;

const sideColumns = (side: 'b' | 'c') =>
  sql.raw(
    [
      ['time_to_first_token_ms', 'first'],
      ['total_ms', 'total'],
      ['input_tokens', 'input'],
      ['output_tokens', 'output'],
      ['cached_input_tokens', 'cached'],
      ['reasoning_tokens', 'reasoning'],
      ['cost_usd', 'cost'],
      ['batch', 'batch'],
      ['model', 'model'],
    ]
      .map(([column, name]) => `${side}.${column} as ${side}_${name}`)
      .concat(`${side}t.bytes as ${side}_bytes`)
      .join(', '),
  );

/** The text of a rule that a filter searches. */
const searchedRule = (rule: Rule): string => `${ruleWords(rule)} ${rule.author}`;

const toTraits = (
  row: TraitRow,
  { marks, rules }: { readonly marks: PairMarks; readonly rules: ReadonlyMap<string, string> },
  cost: TraitCost,
): Omit<ListedPair, 'comparisonId'> => {
  const { reviewers } = marks;
  const comparison: PairComparison | null = row.details === null ? null : JSON.parse(row.details);
  return {
    captureId: row.capture_id,
    endpoint: row.endpoint,
    outcome: row.outcome,
    settledBy: settledBy(row),
    rules: idsIn(row.settled_by).flatMap((id) => rules.get(id) ?? []),
    reason: comparison?.reason ?? null,
    fields: comparison === null ? [] : differingFields(comparison),
    pattern:
      comparison === null || row.settled_by !== null
        ? null
        : differencePattern(row.endpoint, comparison),
    likeness: comparison === null ? null : pairLikeness(comparison),
    verdicts: reviewers.flatMap(({ reviewer, verdict }) =>
      verdict === null ? [] : [{ reviewer, verdict: verdict.verdict }],
    ),
    skipped: reviewers.some(({ skipped }) => skipped),
    ...tagsAndComments(marks),
    models: { baseline: row.b_model, candidate: row.c_model },
    numbers: {
      baseline: sideNumbers(row, 'baseline', cost),
      candidate: sideNumbers(row, 'candidate', cost),
    },
  };
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
export const differingFields = ({ changes }: Pick<PairComparison, 'changes'>): readonly string[] => [
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
      : { input, output, cachedInput: row[`${at}_cached`], reasoning: row[`${at}_reasoning`] };
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
