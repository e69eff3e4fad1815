import { sql } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { fromAnsweredPairs, type PairScope } from './pair-scope.ts';
import { cachedColumn, hourWrittenColumn, tierColumn, writtenColumn } from '../usage-columns.ts';

/** Sums of tokens of one side. `answers` is the number of answers that report them. */
export type TokenSum = {
  readonly answers: number;
  readonly input: number;
  readonly output: number;
  /** Null if no answer reports it. */
  readonly cachedInput: number | null;
  readonly cacheWrite: number | null;
  readonly hourCacheWrite: number | null;
  readonly reasoning: number | null;
};

/** The parts of the cost of answers of one side, all at the same prices. */
export type CostFact = {
  /** The costs reported by the provider, in USD, and the number of answers with one. */
  readonly said: number;
  readonly saidAnswers: number;
  /** The tokens of the other answers, if reported. */
  readonly counted: TokenSum;
  /** The input tokens of the longest prompt. All are in the same price tier. */
  readonly promptTokens: number;
  /** Answered in a batch. */
  readonly batch: boolean;
  /** When they were answered, within ten minutes, ISO 8601; null where moments are not told apart. */
  readonly at: string | null;
  /** The model that the answers name; null where models are not told apart. */
  readonly model: string | null;
};

/** By what the costs of a side are told apart, besides tiers. */
export type CostGroups = { readonly moments: boolean; readonly models: boolean };

const noGroups: CostGroups = { moments: false, models: false };

/**
 * Tokens and costs of the pairs of one endpoint that both sides answered, with each side in one
 * price tier. An endpoint may have several.
 */
export type TokenFact = {
  readonly endpoint: string;
  readonly baseline: TokenSum;
  readonly candidate: TokenSum;
  readonly baselineCost: CostFact;
  readonly candidateCost: CostFact;
  /** The costs of those pairs in which both costs are known. */
  readonly bothBaselineCost: CostFact;
  readonly bothCandidateCost: CostFact;
};

/**
 * Adds up the tokens and the reported costs of the answered pairs of a comparison. `tiers` are the prompt
 * lengths, in tokens, above which each side's price changes. A recorded answer is as old as its capture.
 */
export const tokenFacts = async (
  store: Store,
  comparisonId: string,
  tiers: Readonly<Record<Side, readonly number[]>> = { baseline: [], candidate: [] },
  groups: Readonly<Record<Side, CostGroups>> = { baseline: noGroups, candidate: noGroups },
  scope: PairScope = 'all',
): Promise<readonly TokenFact[]> => {
  const { rows } = await sql<TokenRow>`
    select a.endpoint, a.b_batch, a.c_batch, a.b_at, a.c_at, a.b_model, a.c_model, max(b_prompt) as b_prompt, max(c_prompt) as c_prompt,
      ${tokenColumns('baseline', 'b', 'b_counted = 1')},
      ${tokenColumns('candidate', 'c', 'c_counted = 1')},
      ${costColumns('baseline', 'b', '1 = 1')},
      ${costColumns('candidate', 'c', '1 = 1')},
      ${costColumns('bothBaseline', 'b', bothKnown)},
      ${costColumns('bothCandidate', 'c', bothKnown)}
    from (${answeredPairs(comparisonId, tiers, groups, scope)}) a
    group by a.endpoint, a.b_batch, a.c_batch, a.b_tier, a.c_tier, a.b_at, a.c_at, a.b_model,
      a.c_model
  `.execute(store.db);
  return rows.map(toTokenFact);
};

/** Adds up the facts of several parts of a comparison. `tiers` are those of `tokenFacts`. */
export const mergeTokens = (
  facts: readonly TokenFact[],
  tiers: Readonly<Record<Side, readonly number[]>>,
): readonly TokenFact[] => {
  const groupOf = ({ at, batch, model, promptTokens }: CostFact, side: Side) => [
    batch,
    at,
    model,
    tiers[side].findIndex((above) => promptTokens <= above),
  ];
  const groups = Map.groupBy(facts, ({ baselineCost, candidateCost, endpoint }) =>
    JSON.stringify([
      endpoint,
      groupOf(baselineCost, 'baseline'),
      groupOf(candidateCost, 'candidate'),
    ]),
  );
  return Array.from(groups.values(), (own) =>
    own.reduce((sum, fact) => ({
      endpoint: sum.endpoint,
      baseline: addTokens(sum.baseline, fact.baseline),
      candidate: addTokens(sum.candidate, fact.candidate),
      baselineCost: addCosts(sum.baselineCost, fact.baselineCost),
      candidateCost: addCosts(sum.candidateCost, fact.candidateCost),
      bothBaselineCost: addCosts(sum.bothBaselineCost, fact.bothBaselineCost),
      bothCandidateCost: addCosts(sum.bothCandidateCost, fact.bothCandidateCost),
    })),
  );
};

const addTokens = (a: TokenSum, b: TokenSum): TokenSum => ({
  answers: a.answers + b.answers,
  input: a.input + b.input,
  output: a.output + b.output,
  cachedInput: addKnown(a.cachedInput, b.cachedInput),
  cacheWrite: addKnown(a.cacheWrite, b.cacheWrite),
  hourCacheWrite: addKnown(a.hourCacheWrite, b.hourCacheWrite),
  reasoning: addKnown(a.reasoning, b.reasoning),
});

const addKnown = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : a + b;

const addCosts = (a: CostFact, b: CostFact): CostFact => ({
  ...a,
  said: a.said + b.said,
  saidAnswers: a.saidAnswers + b.saidAnswers,
  counted: addTokens(a.counted, b.counted),
  promptTokens: Math.max(a.promptTokens, b.promptTokens),
});

/** The models that the first answers of a side name. */
export const answeringModels = async (
  store: Store,
  comparisonId: string,
  side: Side,
): Promise<readonly string[]> => {
  const rows = await store.db
    .selectFrom('response')
    .select('model')
    .distinct()
    .where('comparison_id', '=', comparisonId)
    .where('side', '=', side)
    .where('sample', '=', 0)
    .execute();
  return rows.flatMap(({ model }) => model ?? []);
};

type TokenRow = { readonly endpoint: string } & {
  readonly [column: string]: number | string | null;
};

/**
 * Lists the pairs of a comparison with two answers: each side's usage, whether it was counted, and
 * its tier.
 */
const answeredPairs = (
  comparisonId: string,
  tiers: Readonly<Record<Side, readonly number[]>>,
  groups: Readonly<Record<Side, CostGroups>>,
  scope: PairScope,
) => sql`
    select t.endpoint, b.batch as b_batch, c.batch as c_batch,
      ${groupColumns('b', groups.baseline)}, ${groupColumns('c', groups.candidate)},
      ${tierColumn('b.input_tokens', tiers.baseline)} as b_tier,
      ${tierColumn('c.input_tokens', tiers.candidate)} as c_tier,
      b.input_tokens as b_input, b.output_tokens as b_output,
      b.cached_input_tokens as b_cached, b.cache_write_tokens as b_written,
      b.hour_cache_write_tokens as b_hour, b.reasoning_tokens as b_reasoning,
      ${cachedColumn('b')} as b_cached_at_most, ${writtenColumn('b')} as b_written_at_most,
      ${hourWrittenColumn('b')} as b_hour_at_most,
      b.cost_usd as b_cost, coalesce(b.input_tokens, 0) as b_prompt,
      case when b.input_tokens is null or b.output_tokens is null then 0 else 1 end as b_counted,
      c.input_tokens as c_input, c.output_tokens as c_output,
      c.cached_input_tokens as c_cached, c.cache_write_tokens as c_written,
      c.hour_cache_write_tokens as c_hour, c.reasoning_tokens as c_reasoning,
      ${cachedColumn('c')} as c_cached_at_most, ${writtenColumn('c')} as c_written_at_most,
      ${hourWrittenColumn('c')} as c_hour_at_most,
      c.cost_usd as c_cost, coalesce(c.input_tokens, 0) as c_prompt,
      case when c.input_tokens is null or c.output_tokens is null then 0 else 1 end as c_counted
    ${fromAnsweredPairs(comparisonId, scope)}
`;

/** Ten minutes are the first 15 characters of a moment. */
const groupColumns = (side: 'b' | 'c', { models, moments }: CostGroups) =>
  sql.raw(
    [
      moments
        ? `substr(case when ${side}.recorded = 1 then coalesce(t.timestamp, ${side}.created_at) else ${side}.created_at end, 1, 15) as ${side}_at`
        : `null as ${side}_at`,
      `${models ? `${side}.model` : 'null'} as ${side}_model`,
    ].join(', '),
  );

const toTokenFact = (row: TokenRow): TokenFact => {
  const sum = (group: string): TokenSum => ({
    answers: Number(row[`${group}Answers`] ?? 0),
    input: Number(row[`${group}Input`] ?? 0),
    output: Number(row[`${group}Output`] ?? 0),
    cachedInput: numberOrNull(row[`${group}Cached`]),
    cacheWrite: numberOrNull(row[`${group}Written`]),
    hourCacheWrite: numberOrNull(row[`${group}Hour`]),
    reasoning: numberOrNull(row[`${group}Reasoning`]),
  });
  const cost = (group: string, side: 'b' | 'c'): CostFact => ({
    said: Number(row[`${group}Said`] ?? 0),
    saidAnswers: Number(row[`${group}SaidAnswers`] ?? 0),
    counted: sum(`${group}Counted`),
    promptTokens: Number(row[`${side}_prompt`] ?? 0),
    batch: Number(row[`${side}_batch`]) === 1,
    at: momentOf(row[`${side}_at`]),
    model: textOrNull(row[`${side}_model`]),
  });
  return {
    endpoint: row.endpoint,
    baseline: sum('baseline'),
    candidate: sum('candidate'),
    baselineCost: cost('baseline', 'b'),
    candidateCost: cost('candidate', 'c'),
    bothBaselineCost: cost('bothBaseline', 'b'),
    bothCandidateCost: cost('bothCandidate', 'c'),
  };
};

const bothKnown = '(b_counted = 1 or b_cost is not null) and (c_counted = 1 or c_cost is not null)';

const tokenColumns = (group: string, side: 'b' | 'c', holds: string) => {
  const sumOf = (column: string) =>
    `sum(case when ${holds} then ${side}_${column} end) as "${group}${column[0]?.toUpperCase()}${column.slice(1)}"`;
  const sums = ['input', 'output', 'cached', 'written', 'hour', 'reasoning'].map(sumOf);
  const answers = `sum(case when ${holds} then 1 else 0 end) as "${group}Answers"`;
  return sql.raw([answers, ...sums].join(', '));
};

const costColumns = (group: string, side: 'b' | 'c', holds: string) => {
  const counted = `${side}_counted = 1 and ${side}_cost is null and ${holds}`;
  return sql.raw(
    [
      `sum(case when ${holds} then ${side}_cost end) as "${group}Said"`,
      `count(case when ${holds} then ${side}_cost end) as "${group}SaidAnswers"`,
      `sum(case when ${counted} then 1 else 0 end) as "${group}CountedAnswers"`,
      `sum(case when ${counted} then ${side}_input end) as "${group}CountedInput"`,
      `sum(case when ${counted} then ${side}_output end) as "${group}CountedOutput"`,
      `sum(case when ${counted} then ${side}_cached_at_most end) as "${group}CountedCached"`,
      `sum(case when ${counted} then ${side}_written_at_most end) as "${group}CountedWritten"`,
      `sum(case when ${counted} then ${side}_hour_at_most end) as "${group}CountedHour"`,
    ].join(', '),
  );
};

const momentOf = (start: number | string | null | undefined): string | null =>
  typeof start === 'string' && start.length === 15 ? `${start}0:00Z` : null;

const textOrNull = (value: number | string | null | undefined): string | null =>
  typeof value === 'string' ? value : null;

const numberOrNull = (value: number | string | null | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);
