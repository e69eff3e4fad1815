import { sql } from 'kysely';
import type { Side } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import { tierColumn } from '../tier-column.ts';

/** Tokens of one side over the answers of some pairs. `answers` is how many counted them. */
export type TokenSum = {
  readonly answers: number;
  readonly input: number;
  readonly output: number;
  /** Null when no answer says. */
  readonly cachedInput: number | null;
  readonly reasoning: number | null;
};

/** What the cost of some answers of one side is made of; they were all asked at the same prices. */
export type CostFact = {
  /** USD, where the provider said it in the answer, and of how many answers. */
  readonly said: number;
  readonly saidAnswers: number;
  /** The tokens of the others, as far as they were counted. */
  readonly counted: TokenSum;
  /** The input of the longest of them: every one is in the same tier of the price. */
  readonly promptTokens: number;
  /** They were answered in a batch. */
  readonly batch: boolean;
};

/**
 * Tokens and costs over pairs of one endpoint that both sides answered, each side at one tier of its
 * price: an endpoint may have several.
 */
export type TokenFact = {
  readonly endpoint: string;
  readonly baseline: TokenSum;
  readonly candidate: TokenSum;
  readonly baselineCost: CostFact;
  readonly candidateCost: CostFact;
  /** The costs over those pairs only in which both sides can be reckoned. */
  readonly bothBaselineCost: CostFact;
  readonly bothCandidateCost: CostFact;
};

/**
 * The answered pairs of a comparison, their tokens and what the providers said of their costs summed.
 * `tiers` are the lengths of a prompt, in tokens, above which each side has another price.
 */
export const tokenFacts = async (
  store: Store,
  comparisonId: string,
  tiers: Readonly<Record<Side, readonly number[]>> = { baseline: [], candidate: [] },
): Promise<readonly TokenFact[]> => {
  const { rows } = await sql<
    { readonly endpoint: string } & { readonly [column: string]: number | string | null }
  >`
    select a.endpoint, a.b_batch, a.c_batch, max(b_prompt) as b_prompt, max(c_prompt) as c_prompt,
      ${tokenColumns('baseline', 'b', 'b_counted = 1')},
      ${tokenColumns('candidate', 'c', 'c_counted = 1')},
      ${costColumns('baseline', 'b', '1 = 1')},
      ${costColumns('candidate', 'c', '1 = 1')},
      ${costColumns('bothBaseline', 'b', bothKnown)},
      ${costColumns('bothCandidate', 'c', bothKnown)}
    from (
      select t.endpoint, b.batch as b_batch, c.batch as c_batch,
        ${tierColumn('b.input_tokens', tiers.baseline)} as b_tier,
        ${tierColumn('c.input_tokens', tiers.candidate)} as c_tier,
        b.input_tokens as b_input, b.output_tokens as b_output,
        b.cached_input_tokens as b_cached, b.reasoning_tokens as b_reasoning,
        case when b.cached_input_tokens > b.input_tokens then b.input_tokens
          else b.cached_input_tokens end as b_cheap,
        b.cost_usd as b_cost, coalesce(b.input_tokens, 0) as b_prompt,
        case when b.input_tokens is null or b.output_tokens is null then 0 else 1 end as b_counted,
        c.input_tokens as c_input, c.output_tokens as c_output,
        c.cached_input_tokens as c_cached, c.reasoning_tokens as c_reasoning,
        case when c.cached_input_tokens > c.input_tokens then c.input_tokens
          else c.cached_input_tokens end as c_cheap,
        c.cost_usd as c_cost, coalesce(c.input_tokens, 0) as c_prompt,
        case when c.input_tokens is null or c.output_tokens is null then 0 else 1 end as c_counted
      from response b
      join response c
        on c.comparison_id = b.comparison_id and c.capture_id = b.capture_id
        and c.sample = 0 and c.side = 'candidate'
      join capture t on t.id = b.capture_id
      where b.comparison_id = ${comparisonId} and b.sample = 0 and b.side = 'baseline'
    ) a
    group by a.endpoint, a.b_batch, a.c_batch, a.b_tier, a.c_tier
  `.execute(store.db);
  return rows.map((row) => {
    const sum = (group: string): TokenSum => ({
      answers: Number(row[`${group}Answers`] ?? 0),
      input: Number(row[`${group}Input`] ?? 0),
      output: Number(row[`${group}Output`] ?? 0),
      cachedInput: numberOrNull(row[`${group}Cached`]),
      reasoning: numberOrNull(row[`${group}Reasoning`]),
    });
    const cost = (group: string, side: 'b' | 'c'): CostFact => ({
      said: Number(row[`${group}Said`] ?? 0),
      saidAnswers: Number(row[`${group}SaidAnswers`] ?? 0),
      counted: sum(`${group}Counted`),
      promptTokens: Number(row[`${side}_prompt`] ?? 0),
      batch: Number(row[`${side}_batch`]) === 1,
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
  });
};

const bothKnown = '(b_counted = 1 or b_cost is not null) and (c_counted = 1 or c_cost is not null)';

const tokenColumns = (group: string, side: 'b' | 'c', holds: string) => {
  const sumOf = (column: string) =>
    `sum(case when ${holds} then ${side}_${column} end) as "${group}${column[0]?.toUpperCase()}${column.slice(1)}"`;
  const sums = ['input', 'output', 'cached', 'reasoning'].map(sumOf);
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
      // No more of a prompt can have come from a cache than there was of it.
      `sum(case when ${counted} then ${side}_cheap end) as "${group}CountedCached"`,
    ].join(', '),
  );
};

const numberOrNull = (value: number | string | null | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);
