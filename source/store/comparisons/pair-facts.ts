import { sql, type RawBuilder } from 'kysely';
import type { Outcome, Verdict } from '../../comparison/outcome.ts';
import type { FailureReason } from '../../models/answer.ts';
import { storable } from '../bodies.ts';
import type { Store } from '../open.ts';
import type { SideState } from '../tables.ts';
import { unanswered } from './incomplete-pairs.ts';
import { firstPairs, within, type PairScope } from './pair-scope.ts';
import { needsMetadata, stratumOfRow, type Stratification } from './strata.ts';

/** The number of reviewers by their verdict in force on one pair. */
export type Votes = Readonly<Record<Verdict, number>>;

/** The number of pairs of one endpoint that are equal in all of these properties. */
export type PairFact = {
  readonly endpoint: string;
  /** The empty string unless the comparison's selection has strata. */
  readonly stratum: string;
  readonly baseline: SideState;
  readonly candidate: SideState;
  /** `failed` if a side failed; null while unknown. */
  readonly outcome: Outcome | null;
  /** Rules settle the pair, and not the machine. Its outcome is `equivalent`. */
  readonly byRule: boolean;
  /** The machine settled the pair, and neither answer can be used. */
  readonly unusable: boolean;
  /** How many reviewers have given each verdict. */
  readonly votes: Votes;
  /** The verdict that resolves a conflict of the reviewers; null without one. */
  readonly resolved: Verdict | null;
  /**
   * `drawn`: the random order had come to the pair. `ahead`: every verdict on it was given ahead of the
   * order, which has not come to it since. `unknown`: the version that stored the verdicts did not record
   * it. Null without a verdict.
   */
  readonly order: 'drawn' | 'ahead' | 'unknown' | null;
  /** Whether a filter or a pattern chose the pair for a verdict in force. */
  readonly chosen: boolean;
  /** Whether a verdict in force was given to a whole pattern, without a look at the pair. */
  readonly unseen: boolean;
  /** A reviewer skipped the pair and has not undone that. */
  readonly skipped: boolean;
  readonly pairs: number;
};

/** Failed pairs of one endpoint by each side's failure; null for a side that did not fail. */
export type FailureFact = {
  readonly endpoint: string;
  readonly baseline: FailureReason | null;
  readonly candidate: FailureReason | null;
  readonly pairs: number;
};

/**
 * Pairs of one endpoint that are neither answered nor failed, by each side's reason for not being
 * sent. Null for an answered side; an empty reason for a side that no replay has reached yet.
 */
export type NotSentFact = {
  readonly endpoint: string;
  readonly baseline: string | null;
  readonly candidate: string | null;
  readonly pairs: number;
};

type PairFactOptions = {
  readonly reviewer: string | null;
  readonly stratify: Stratification | null;
  readonly scope?: PairScope;
  readonly first?: number;
};

/**
 * Counts the pairs of a comparison by stratum, with the verdicts and skips of one reviewer or, for null,
 * of all. `scope`: which pairs count, by default all. This and the functions below need the tables that
 * `fillStandingVerdicts` fills.
 */
export const pairFacts = (
  store: Store,
  comparisonId: string,
  options: PairFactOptions,
): Promise<readonly PairFact[]> =>
  loadPairFacts(store, comparisonId, options, { groupColumn: sql`null`, which: 'all' });

/** The same of the pairs that have verdicts or skips, which are read without the others. */
export const markedPairFacts = (
  store: Store,
  comparisonId: string,
  options: PairFactOptions,
): Promise<readonly PairFact[]> =>
  loadPairFacts(store, comparisonId, options, { groupColumn: sql`null`, which: 'marked' });

/** The facts about one pair. Its number of pairs is 1. */
export type SinglePairFact = PairFact & { readonly captureId: string };

/**
 * Lists every pair of a comparison by itself; see `pairFacts`. `first`: at most so many, the first of the random
 * order.
 */
export const singlePairFacts = (
  store: Store,
  comparisonId: string,
  options: Omit<PairFactOptions, 'stratify'> & { readonly first?: number },
): Promise<readonly SinglePairFact[]> => listSingly(store, comparisonId, options, 'all');

/** Lists every pair that has verdicts or skips by itself; see `markedPairFacts`. */
export const markedSingleFacts = (
  store: Store,
  comparisonId: string,
  options: Omit<PairFactOptions, 'stratify'>,
): Promise<readonly SinglePairFact[]> => listSingly(store, comparisonId, options, 'marked');

/** Lists every pair with a tag or a comment by itself, in the order of their captures. */
export const describedPairFacts = (
  store: Store,
  comparisonId: string,
  options: Omit<PairFactOptions, 'stratify'>,
): Promise<readonly SinglePairFact[]> => listSingly(store, comparisonId, options, 'described');

/** The same of the pairs that were put to a judge, each by itself. */
export const judgePairFacts = (
  store: Store,
  comparisonId: string,
  options: Omit<PairFactOptions, 'stratify'>,
): Promise<readonly SinglePairFact[]> => listSingly(store, comparisonId, options, 'for_judge');

const listSingly = (
  store: Store,
  comparisonId: string,
  options: Omit<PairFactOptions, 'stratify'> & { readonly first?: number },
  which: keyof typeof isIn,
): Promise<readonly SinglePairFact[]> =>
  loadPairFacts(
    store,
    comparisonId,
    { ...options, stratify: null },
    { groupColumn: sql`p.capture_id`, which },
  );

/**
 * `groupColumn`: pairs that differ in it are counted apart; the result has it as `captureId`. `which`: all pairs,
 * those with verdicts or skips, with tags or comments, or those that were put to a judge.
 */
const loadPairFacts = async (
  store: Store,
  comparisonId: string,
  options: PairFactOptions,
  {
    groupColumn,
    which,
  }: { readonly groupColumn: RawBuilder<unknown>; readonly which: keyof typeof isIn },
): Promise<readonly SinglePairFact[]> => {
  const { first, reviewer, scope = 'all', stratify } = options;
  // Every metadata is a group of its own, so it is read only if strata depend on it.
  const byMetadata = stratify !== null && needsMetadata(stratify);
  const end = await orderEnd(store, comparisonId, reviewer);
  const { rows } = await sql<
    Omit<
      PairFact,
      'byRule' | 'chosen' | 'order' | 'skipped' | 'stratum' | 'unseen' | 'unusable' | 'votes'
    > &
      Votes & {
        readonly capture_id: string | null;
        readonly by_rule: number;
        readonly skipped: number;
        readonly metadata: string | null;
        readonly unusable: number;
        readonly ahead: number | null;
        readonly chosen: number;
        readonly unseen: number;
      }
  >`
    with
      votes as (
        select v.capture_id, ${countOf('agree')}, ${countOf('worse')}, ${countOf('better')},
          ${countOf('both_bad')}, min(v.ahead) as ahead,
          max(case when v.chosen_by is null then 0 else 1 end) as chosen,
          max(case when v.group_id is null then 0 else 1 end) as unseen
        from standing_verdict v
        where ${isBy(reviewer)}
        group by v.capture_id
      ),
      skips as (
        select v.capture_id
        from verdict_event v
        where v.comparison_id = ${comparisonId} and v.kind = 'skip' and v.resolves = 0
          and ${isBy(reviewer)}
          and not exists (
            select 1 from verdict_event u
            where u.kind = 'undo' and u.undoes = v.id and u.reviewer = v.reviewer
          )
      )
    select ${groups}, count(*) as pairs
    from (
      select ${groupColumn} as capture_id, p.endpoint, ${byMetadata ? sql`t.metadata` : sql`null`} as metadata,
        p.baseline, p.candidate, p.outcome,
        ${machineColumns},
        coalesce(v.agree, 0) as agree, coalesce(v.worse, 0) as worse,
        coalesce(v.better, 0) as better, coalesce(v.both_bad, 0) as both_bad,
        case when v.ahead = 1 and ${position} < ${end} then 0 else v.ahead end as ahead,
        ${reviewer === null ? sql`r.verdict` : sql`null`} as resolved,
        coalesce(v.chosen, 0) as chosen, coalesce(v.unseen, 0) as unseen,
        case when p.capture_id in (select capture_id from skips) then 1 else 0 end as skipped
      from ${which === 'marked' ? sql`marked_pair` : sql`pair`} p
      ${byMetadata ? sql`join capture t on t.id = p.capture_id` : sql``}
      left join votes v on v.capture_id = p.capture_id
      left join resolved_verdict r
        on r.comparison_id = p.comparison_id and r.capture_id = p.capture_id
      where p.comparison_id = ${comparisonId} and ${within(scope, 'p.capture_id')}
        and ${first === undefined ? sql`1 = 1` : sql`p.capture_id in (${firstPairs(comparisonId, scope, first)})`}
        and ${isIn[which](comparisonId)}
    ) of_pair
    group by ${groups}
  `.execute(store.db);
  return rows.map((row) => {
    const votes = {
      agree: Number(row.agree),
      worse: Number(row.worse),
      better: Number(row.better),
      both_bad: Number(row.both_bad),
    };
    const isJudged = votes.agree + votes.worse + votes.better + votes.both_bad > 0;
    const order = row.ahead === null ? 'unknown' : Number(row.ahead) === 1 ? 'ahead' : 'drawn';
    return {
      captureId: row.capture_id ?? '',
      endpoint: row.endpoint,
      stratum: stratify === null ? '' : stratumOfRow(stratify, row.endpoint, row.metadata),
      baseline: row.baseline,
      candidate: row.candidate,
      outcome: row.outcome,
      byRule: row.outcome === 'equivalent' && Number(row.by_rule) === 1,
      unusable: Number(row.unusable) === 1,
      votes,
      resolved: row.resolved,
      order: isJudged ? order : null,
      chosen: Number(row.chosen) === 1,
      unseen: Number(row.unseen) === 1,
      skipped: Number(row.skipped) === 1,
      pairs: Number(row.pairs),
    };
  });
};

/**
 * The position of `p`, which only few pairs need. As a column of `p` it would make SQLite read all pairs in the
 * order of their positions, which is that of no other index.
 */
const position = sql`(
  select s.position from comparison_capture s
  where s.comparison_id = p.comparison_id and s.capture_id = p.capture_id
)`;

/** Sorts after every position in the random order, which are hexadecimal. */
const afterAll = 'g';

/**
 * The position of the first pair that waits for its answers or its verdict, if there are verdicts ahead of
 * the random order; those before it are part of the random sample after all.
 */
const orderEnd = async (
  store: Store,
  comparisonId: string,
  reviewer: string | null,
): Promise<string> => {
  const ahead = await sql`select 1 from standing_verdict where ahead = 1 limit 1`.execute(store.db);
  if (ahead.rows.length === 0) return afterAll;
  const { rows } = await sql<{ readonly position: string | null }>`
    select p.position
    from pair p
    where p.comparison_id = ${comparisonId} and (p.outcome is null or p.outcome = 'different')
      and not exists (
        select 1 from standing_verdict v
        where v.capture_id = p.capture_id and ${isBy(reviewer)}
      )
      and not exists (
        select 1 from verdict_event v
        where v.comparison_id = p.comparison_id and v.capture_id = p.capture_id
          and v.kind = 'skip' and v.resolves = 0 and ${isBy(reviewer)}
          and not exists (
            select 1 from verdict_event u
            where u.kind = 'undo' and u.undoes = v.id and u.reviewer = v.reviewer
          )
      )
      and not exists (
        select 1 from not_sent n
        where n.comparison_id = p.comparison_id and n.capture_id = p.capture_id
          and n.sample = 0 and p.outcome is null
      )
    order by p.position
    limit 1
  `.execute(store.db);
  return rows[0]?.position ?? afterAll;
};

/** What the machine knows of a pair `p`, as columns. */
export const machineColumns = sql.raw(`
  case when p.settled_by is null then 0 else 1 end as by_rule,
  case when p.outcome in ('identical', 'equivalent') and p.settled_by is null
    then p.unusable else 0 end as unusable
`);

/** Which pairs are counted, as conditions. */
const isIn = {
  all: () => sql`1 = 1`,
  marked: (comparisonId: string) => sql`
    p.capture_id in (
      select capture_id from votes
      union select capture_id from skips
      union select capture_id from resolved_verdict where comparison_id = ${comparisonId}
    )
  `,
  described: (comparisonId: string) => sql`
    p.capture_id in (
      select capture_id from verdict_event
      where comparison_id = ${comparisonId} and kind in ('tag', 'comment')
    )
  `,
  for_judge: (comparisonId: string) => sql`
    p.capture_id in (select j.capture_id from judge_call j where j.comparison_id = ${comparisonId})
  `,
} as const;

const groups = sql.raw(
  'capture_id, endpoint, metadata, baseline, candidate, outcome, by_rule, unusable, agree, worse, better, both_bad, ahead, resolved, chosen, unseen, skipped',
);

const countOf = (verdict: Verdict) =>
  sql`sum(case when v.verdict = ${verdict} then 1 else 0 end) as ${sql.ref(verdict)}`;

/** The condition that an event `v` is of a reviewer or, for null, of anybody. */
export const isBy = (reviewer: string | null) =>
  reviewer === null ? sql`1 = 1` : sql`v.reviewer = ${storable(reviewer)}`;

/** Counts the failed pairs of a comparison, by the last failure of each side without an answer. */
export const failureFacts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly FailureFact[]> => {
  const { rows } = await sql<FailureFact>`
    select endpoint, baseline, candidate, count(*) as pairs
    from (
      select p.endpoint,
        case when p.baseline = 'failed' then (
          select a.reason from attempt a
          where a.comparison_id = p.comparison_id and a.capture_id = p.capture_id
            and a.side = 'baseline' and a.sample = 0 and a.final = 1
          order by a.number desc limit 1
        ) end as baseline,
        case when p.candidate = 'failed' then (
          select a.reason from attempt a
          where a.comparison_id = p.comparison_id and a.capture_id = p.capture_id
            and a.side = 'candidate' and a.sample = 0 and a.final = 1
          order by a.number desc limit 1
        ) end as candidate
      from pair p
      where p.comparison_id = ${comparisonId} and (p.baseline = 'failed' or p.candidate = 'failed')
        and p.capture_id in (
          select a.capture_id from attempt a
          where a.comparison_id = ${comparisonId} and a.sample = 0 and a.final = 1
        )
        and ${within(scope, 'p.capture_id')}
    ) failed
    group by endpoint, baseline, candidate
    order by count(*) desc, baseline nulls first, candidate nulls first
  `.execute(store.db);
  return rows.map((row) => ({ ...row, pairs: Number(row.pairs) }));
};

/** Counts the pairs of a comparison that were not sent, by the latest reason of each side. */
export const notSentFacts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope = 'all',
): Promise<readonly NotSentFact[]> => {
  const { rows } = await sql<NotSentFact>`
    select endpoint, baseline, candidate, count(*) as pairs
    from (
      select p.endpoint,
        case when p.baseline = 'not_sent' then coalesce(b.reason, (
          select 'interrupted before its next try' from attempt a
          where a.comparison_id = p.comparison_id and a.capture_id = p.capture_id
            and a.side = 'baseline' and a.sample = 0
          limit 1
        ), '') end as baseline,
        case when p.candidate = 'not_sent' then coalesce(c.reason, (
          select 'interrupted before its next try' from attempt a
          where a.comparison_id = p.comparison_id and a.capture_id = p.capture_id
            and a.side = 'candidate' and a.sample = 0
          limit 1
        ), '') end as candidate
      from pair p
      left join not_sent b
        on b.comparison_id = p.comparison_id and b.capture_id = p.capture_id
        and b.side = 'baseline' and b.sample = 0
      left join not_sent c
        on c.comparison_id = p.comparison_id and c.capture_id = p.capture_id
        and c.side = 'candidate' and c.sample = 0
      where p.comparison_id = ${comparisonId}
        and p.baseline <> 'failed' and p.candidate <> 'failed'
        and (p.baseline = 'not_sent' or p.candidate = 'not_sent')
        and ${scope === 'incomplete' ? sql`1 = 1` : sql`p.capture_id in (${unanswered(comparisonId)})`}
        and ${within(scope, 'p.capture_id')}
    ) unsent
    group by endpoint, baseline, candidate
    order by count(*) desc, baseline nulls first, candidate nulls first
  `.execute(store.db);
  return rows.map((row) => ({ ...row, pairs: Number(row.pairs) }));
};
