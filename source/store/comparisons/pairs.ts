import type { Kysely, Selectable } from 'kysely';
import type { Outcome, PairComparison, Side } from '../../comparison/outcome.ts';
import { appliesTo, type Rule } from '../../comparison/settling-rules.ts';
import type { RequestPath } from '../../models/request-path.ts';
import { storedAnswer, type Answer, type Failure, type Timings } from '../../models/answer.ts';
import type { Adaptation } from '../../traffic/dialects/adaptation.ts';
import type { Capture } from '../../traffic/capture.ts';
import { loadBody } from '../bodies.ts';
import { compiledOnce } from '../compiled-queries.ts';
import { captureGone, loadCapture } from '../captures/captures.ts';
import type { Store } from '../open.ts';
import type { Tables, SideState } from '../tables.ts';
import { rulesInForce } from './stored-rules.ts';

/** A pair in the review queue. */
export type QueuedPair = {
  readonly captureId: string;
  /** Orders the queue. */
  readonly position: string;
  readonly endpoint: string;
  readonly baseline: SideState;
  readonly candidate: SideState;
  /** The sides that were not sent for a stored reason, and so are not on their way. */
  readonly withheld: readonly Side[];
  /** `failed` if a side failed; null while unknown. */
  readonly outcome: Outcome | null;
  /** Whether rules settle the pair, and not the machine. */
  readonly byRule: boolean;
};

/** A failed attempt. `number` counts from 1. */
export type AttemptRecord = {
  readonly number: number;
  readonly failure: Failure;
  readonly final: boolean;
  readonly timings: Timings;
  readonly providerRequestId: string | null;
  readonly at: string;
};

/** The stored state of one side of a pair. `attempts` are the failed attempts, in order. */
export type SideRecord =
  | {
      readonly kind: 'answered';
      readonly answer: Answer;
      readonly timings: Timings;
      readonly attempts: readonly AttemptRecord[];
      readonly adaptations: readonly Adaptation[];
      /** How the request reached the model. */
      readonly path: RequestPath;
      /**
       * The number of placeholders in the request that were replaced by their values when it was
       * sent.
       */
      readonly originals: number;
      readonly recorded: boolean;
      /** Whether it was answered in a batch: at the batch price, without durations. */
      readonly batch: boolean;
      readonly providerRequestId: string | null;
      readonly at: string;
    }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      readonly attempts: readonly AttemptRecord[];
      readonly partial: Answer | null;
    }
  | {
      readonly kind: 'not_sent';
      readonly reason: string | null;
      readonly attempts: readonly AttemptRecord[];
    };

/** A capture with its two sides in a comparison. */
export type Pair = {
  readonly capture: Capture;
  readonly sides: Readonly<Record<Side, SideRecord>>;
  /** The machine's result for the two answers; null while unknown. */
  readonly comparison: PairComparison | null;
  /** The rules in force that are about its endpoint. */
  readonly rules: readonly Rule[];
};

/** Returns whether both sides have an answer, for each capture of a comparison. */
export const listJudgeable = async (
  store: Store,
  comparisonId: string,
): Promise<ReadonlyMap<string, boolean>> => {
  const rows = await store.db
    .selectFrom('pair')
    .select(['capture_id', 'baseline', 'candidate'])
    .where('comparison_id', '=', comparisonId)
    .execute();
  return new Map(
    rows.map(({ baseline, candidate, capture_id }) => [
      capture_id,
      baseline === 'answered' && candidate === 'answered',
    ]),
  );
};

/**
 * Lists pairs of a comparison in queue order: by default all of them. `after`: those after a position;
 * `limit`: at most this many; `captureIds`: those of these captures.
 */
export const listPairs = async (
  store: Store,
  comparisonId: string,
  part: {
    readonly after?: string;
    readonly limit?: number;
    readonly captureIds?: readonly string[];
  } = {},
): Promise<readonly QueuedPair[]> => {
  const { after, captureIds, limit } = part;
  let query = store.db
    .selectFrom('pair as p')
    .leftJoin('not_sent as b', (join) =>
      join
        .onRef('b.comparison_id', '=', 'p.comparison_id')
        .onRef('b.capture_id', '=', 'p.capture_id')
        .on('b.side', '=', 'baseline')
        .on('b.sample', '=', 0),
    )
    .leftJoin('not_sent as c', (join) =>
      join
        .onRef('c.comparison_id', '=', 'p.comparison_id')
        .onRef('c.capture_id', '=', 'p.capture_id')
        .on('c.side', '=', 'candidate')
        .on('c.sample', '=', 0),
    )
    .leftJoin('outcome as o', (join) =>
      join
        .onRef('o.comparison_id', '=', 'p.comparison_id')
        .onRef('o.capture_id', '=', 'p.capture_id'),
    )
    .select([
      'p.capture_id',
      'p.position',
      'p.endpoint',
      'p.baseline',
      'p.candidate',
      'p.outcome',
      'b.side as baseline_reason',
      'c.side as candidate_reason',
      'o.settled_by',
    ])
    .where('p.comparison_id', '=', comparisonId)
    .orderBy('p.position');
  if (after !== undefined) query = query.where('p.position', '>', after);
  if (captureIds !== undefined) query = query.where('p.capture_id', 'in', captureIds);
  if (limit !== undefined) query = query.limit(limit);
  const rows = await query.execute();
  return rows.map((row) => ({
    captureId: row.capture_id,
    position: row.position,
    endpoint: row.endpoint,
    baseline: row.baseline,
    candidate: row.candidate,
    withheld: [row.baseline_reason, row.candidate_reason].flatMap((side) =>
      side !== null && row[side] === 'not_sent' ? [side] : [],
    ),
    outcome: row.outcome,
    byRule: row.settled_by !== null,
  }));
};

const selectDetails = compiledOnce((db) =>
  db
    .selectFrom('outcome')
    .select('details')
    .where('comparison_id', '=', '')
    .where('capture_id', '=', '')
    .compile(),
);

/** Loads a pair with everything known about it. Rejects with a UserError if the capture does not exist. */
export const loadPair = async (
  store: Store,
  comparisonId: string,
  captureId: string,
): Promise<Pair> => {
  const capture = await loadCapture(store, captureId);
  if (capture === null) throw captureGone(store, captureId);
  const [outcome] = (await selectDetails(store.db, [comparisonId, captureId])).rows;
  const comparison: PairComparison | null =
    outcome === undefined ? null : JSON.parse(outcome.details);
  const rules = await rulesInForce(store.db, comparisonId);
  return {
    capture,
    sides: {
      baseline: await loadSide(store, comparisonId, captureId, 'baseline'),
      candidate: await loadSide(store, comparisonId, captureId, 'candidate'),
    },
    comparison,
    rules: rules.filter((rule) => appliesTo(rule, capture.endpoint)),
  };
};

const selectAttempts = compiledOnce((db) =>
  db
    .selectFrom('attempt')
    .selectAll()
    .where('comparison_id', '=', '')
    .where('capture_id', '=', '')
    .where('side', '=', 'baseline')
    .where('sample', '=', 0)
    .orderBy('number')
    .compile(),
);

const selectResponse = compiledOnce((db) =>
  db
    .selectFrom('response')
    .selectAll()
    .where('comparison_id', '=', '')
    .where('capture_id', '=', '')
    .where('side', '=', 'baseline')
    .where('sample', '=', 0)
    .compile(),
);

const loadSide = async (
  { db }: Store,
  comparisonId: string,
  captureId: string,
  side: Side,
): Promise<SideRecord> => {
  const key = [comparisonId, captureId, side, 0] as const;
  const failed = (await selectAttempts(db, key)).rows;
  const attempts = failed.map(toAttempt);
  const [response] = (await selectResponse(db, key)).rows;
  if (response !== undefined) {
    return toAnswered(response, await loadAnswer(db, response.answer_body), attempts);
  }
  const last = failed.findLast(({ final }) => final === 1);
  if (last !== undefined) {
    return {
      kind: 'failed',
      failure: toAttempt(last).failure,
      attempts,
      partial: last.partial_body === null ? null : await loadAnswer(db, last.partial_body),
    };
  }
  const notSent = await db
    .selectFrom('not_sent')
    .select('reason')
    .where('comparison_id', '=', comparisonId)
    .where('capture_id', '=', captureId)
    .where('side', '=', side)
    .where('sample', '=', 0)
    .executeTakeFirst();
  return { kind: 'not_sent', reason: notSent?.reason ?? null, attempts };
};

const loadAnswer = async (db: Kysely<Tables>, body: number): Promise<Answer> =>
  storedAnswer(await loadBody(db, body));

const toAnswered = (
  row: Selectable<Tables['response']>,
  answer: Answer,
  attempts: readonly AttemptRecord[],
): SideRecord => {
  const adaptations: readonly Adaptation[] = JSON.parse(row.adaptations);
  return {
    kind: 'answered',
    answer,
    timings: toTimings(row),
    attempts,
    adaptations,
    path: row.path,
    originals: row.originals,
    recorded: row.recorded === 1,
    batch: row.batch === 1,
    providerRequestId: row.provider_request_id,
    at: row.created_at,
  };
};

const toAttempt = (row: Tables['attempt']): AttemptRecord => ({
  number: row.number,
  failure: {
    reason: row.reason,
    message: row.message,
    status: row.status,
    retryAfterMs: row.retry_after_ms,
    parameter: row.parameter,
  },
  final: row.final === 1,
  timings: toTimings(row),
  providerRequestId: row.provider_request_id,
  at: row.created_at,
});

const toTimings = (row: {
  queue_ms: number | null;
  time_to_first_token_ms: number | null;
  total_ms: number | null;
}): Timings => ({
  queueMs: row.queue_ms,
  connectMs: null,
  timeToFirstTokenMs: row.time_to_first_token_ms,
  totalMs: row.total_ms,
});
