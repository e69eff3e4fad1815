import { sql } from 'kysely';
import {
  sides,
  type Badge,
  type Outcome,
  type PairComparison,
  type Verdict,
} from '../../comparison/outcome.ts';
import type { FailureReason } from '../../models/answer.ts';
import type { Store } from '../open.ts';
import type { SideState } from '../tables.ts';

/** The number of pairs of one endpoint that agree in everything that is counted. */
export type PairFact = {
  readonly endpoint: string;
  readonly baseline: SideState;
  readonly candidate: SideState;
  /** `failed` if a side failed; null while unknown. */
  readonly outcome: Outcome | null;
  /** The machine settled the pair, and neither answer can be used. */
  readonly unusable: boolean;
  /** The latest verdict in force, by any reviewer. */
  readonly verdict: Verdict | null;
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
 * Pairs of one endpoint that are neither answered nor failed, by each side's reason for not being sent.
 * Null for an answered side; an empty reason for a side that no replay has reached yet.
 */
export type NotSentFact = {
  readonly endpoint: string;
  readonly baseline: string | null;
  readonly candidate: string | null;
  readonly pairs: number;
};

/** Durations of the two answers of a pair, in milliseconds; null if unknown. */
export type LatencyFact = {
  readonly endpoint: string;
  readonly baselineRecorded: boolean;
  /** Answered in a batch, which measures no durations. */
  readonly baselineBatch: boolean;
  readonly baselineFirstMs: number | null;
  readonly baselineTotalMs: number | null;
  readonly candidateRecorded: boolean;
  readonly candidateBatch: boolean;
  readonly candidateFirstMs: number | null;
  readonly candidateTotalMs: number | null;
};

/** Counts the pairs of a comparison. */
export const pairFacts = async (
  store: Store,
  comparisonId: string,
): Promise<readonly PairFact[]> => {
  const { rows } = await sql<
    Omit<PairFact, 'skipped' | 'unusable'> & {
      readonly skipped: number;
      readonly details: string | null;
    }
  >`
    with
      verdicts as (
        select capture_id, verdict from (
          select capture_id, verdict,
            row_number() over (partition by capture_id order by event_id desc) as age
          from current_verdict where comparison_id = ${comparisonId}
        ) latest
        where age = 1
      ),
      skips as (
        select distinct e.capture_id
        from verdict_event e
        where e.comparison_id = ${comparisonId} and e.kind = 'skip'
          and not exists (
            select 1 from verdict_event u
            where u.kind = 'undo' and u.undoes = e.id and u.reviewer = e.reviewer
          )
      )
    select p.endpoint, p.baseline, p.candidate, p.outcome, ${settledDetails} as details, v.verdict,
      case when s.capture_id is null then 0 else 1 end as skipped, count(*) as pairs
    from pair p
    left join outcome o on o.comparison_id = p.comparison_id and o.capture_id = p.capture_id
    left join verdicts v on v.capture_id = p.capture_id
    left join skips s on s.capture_id = p.capture_id
    where p.comparison_id = ${comparisonId}
    group by p.endpoint, p.baseline, p.candidate, p.outcome, ${settledDetails}, v.verdict,
      case when s.capture_id is null then 0 else 1 end
  `.execute(store.db);
  return rows.map(({ details, ...row }) => ({
    ...row,
    unusable: details !== null && isUnusable(details),
    skipped: row.skipped === 1,
    pairs: Number(row.pairs),
  }));
};

/** What was found in settled pairs. There are few kinds of it, so it may be grouped by. */
const settledDetails = sql`case when p.outcome in ('identical', 'equivalent') then o.details end`;

/** The badges of an answer that no program and no reader can use. */
const unusableBadges: Readonly<Record<Badge, true>> = {
  json_invalid: true,
  truncated: true,
  refusal: true,
  empty: true,
  content_filter: true,
};

const isUnusable = (details: string): boolean => {
  const { badges }: PairComparison = JSON.parse(details);
  return sides.every((side) => badges[side].some((badge) => Object.hasOwn(unusableBadges, badge)));
};

/** Counts the failed pairs of a comparison, by the last failure of each side without an answer. */
export const failureFacts = async (
  store: Store,
  comparisonId: string,
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
    ) unsent
    group by endpoint, baseline, candidate
    order by count(*) desc, baseline nulls first, candidate nulls first
  `.execute(store.db);
  return rows.map((row) => ({ ...row, pairs: Number(row.pairs) }));
};

const latencyPage = 10_000;

/** Yields the durations of every answered pair of a comparison. Reads a page at a time. */
export async function* latencyFacts(
  store: Store,
  comparisonId: string,
): AsyncGenerator<LatencyFact, void, undefined> {
  let after = '';
  for (;;) {
    const { rows } = await sql<{
      readonly capture_id: string;
      readonly endpoint: string;
      readonly b_recorded: number;
      readonly b_batch: number;
      readonly b_first: number | null;
      readonly b_total: number | null;
      readonly c_recorded: number;
      readonly c_batch: number;
      readonly c_first: number | null;
      readonly c_total: number | null;
    }>`
      select b.capture_id, t.endpoint,
        b.recorded as b_recorded, b.batch as b_batch, c.batch as c_batch,
        b.time_to_first_token_ms as b_first, b.total_ms as b_total,
        c.recorded as c_recorded, c.time_to_first_token_ms as c_first, c.total_ms as c_total
      from response b
      join response c
        on c.comparison_id = b.comparison_id and c.capture_id = b.capture_id
        and c.sample = 0 and c.side = 'candidate'
      join capture t on t.id = b.capture_id
      where b.comparison_id = ${comparisonId} and b.sample = 0 and b.side = 'baseline'
        and b.capture_id > ${after}
      order by b.capture_id
      limit ${latencyPage}
    `.execute(store.db);
    for (const row of rows) {
      yield {
        endpoint: row.endpoint,
        baselineRecorded: row.b_recorded === 1,
        baselineBatch: row.b_batch === 1,
        baselineFirstMs: row.b_first,
        baselineTotalMs: row.b_total,
        candidateRecorded: row.c_recorded === 1,
        candidateBatch: row.c_batch === 1,
        candidateFirstMs: row.c_first,
        candidateTotalMs: row.c_total,
      };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < latencyPage) return;
    after = last.capture_id;
  }
}
