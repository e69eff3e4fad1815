import type { Kysely } from 'kysely';
import type { Outcome, PairComparison, Side, Verdict } from '../../comparison/outcome.ts';
import { storedAnswer, type Answer, type Failure, type Timings } from '../../models/answer.ts';
import type { Adaptation } from '../../models/model.ts';
import type { Capture } from '../../traffic/capture.ts';
import { loadBody, storable } from '../bodies.ts';
import { loadCapture } from '../captures/captures.ts';
import type { Store } from '../open.ts';
import type { Tables, SideState } from '../tables.ts';

/** A pair in the review queue. */
export type PairRow = {
  readonly captureId: string;
  readonly endpoint: string;
  readonly baseline: SideState;
  readonly candidate: SideState;
  /** The sides that were not sent for a stored reason, and so are not on their way. */
  readonly withheld: readonly Side[];
  /** `failed` if a side failed; null while unknown. */
  readonly outcome: Outcome | null;
  /** The reviewer's verdict in force. */
  readonly verdict: Verdict | null;
  /** Whether the reviewer skipped the pair and has given no verdict. */
  readonly skipped: boolean;
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
};

/** Lists the captures of a comparison in the random order of its queue. */
export const listQueue = async (store: Store, comparisonId: string): Promise<readonly string[]> => {
  const rows = await store.db
    .selectFrom('comparison_capture')
    .select('capture_id')
    .where('comparison_id', '=', comparisonId)
    .orderBy('position')
    .execute();
  return rows.map(({ capture_id }) => capture_id);
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

/** Lists the pairs of a comparison in queue order, with the verdicts and skips of one reviewer. */
export const listPairs = async (
  store: Store,
  comparisonId: string,
  reviewer: string,
): Promise<readonly PairRow[]> => {
  const { db } = store;
  const queue = await listQueue(store, comparisonId);
  // Not in the order of the queue, which is random: neighbours in the tables are read together, in half
  // the time.
  const pairs = await db
    .selectFrom('pair')
    .select(['capture_id', 'endpoint', 'baseline', 'candidate', 'outcome'])
    .where('comparison_id', '=', comparisonId)
    .execute();
  const pairOf = new Map(pairs.map((row) => [row.capture_id, row]));
  const verdicts = await db
    .selectFrom('current_verdict')
    .select(['capture_id', 'verdict'])
    .where('comparison_id', '=', comparisonId)
    .where('reviewer', '=', storable(reviewer))
    .execute();
  const skips = await db
    .selectFrom('verdict_event as event')
    .leftJoin('verdict_event as undo', (join) =>
      join
        .onRef('undo.undoes', '=', 'event.id')
        .onRef('undo.reviewer', '=', 'event.reviewer')
        .on('undo.kind', '=', 'undo'),
    )
    .select('event.capture_id')
    .where('event.comparison_id', '=', comparisonId)
    .where('event.reviewer', '=', storable(reviewer))
    .where('event.kind', '=', 'skip')
    .where('event.resolves', '=', 0)
    .where('undo.id', 'is', null)
    .execute();
  const notSent = await db
    .selectFrom('not_sent')
    .select(['capture_id', 'side'])
    .where('comparison_id', '=', comparisonId)
    .where('sample', '=', 0)
    .execute();
  const withheld = Map.groupBy(notSent, (row) => row.capture_id);
  const verdictOf = new Map(verdicts.map((row) => [row.capture_id, row.verdict]));
  const skipped = new Set(skips.map((row) => row.capture_id));
  return queue.flatMap((captureId) => {
    const row = pairOf.get(captureId);
    if (row === undefined) return [];
    const verdict = verdictOf.get(captureId) ?? null;
    return {
      captureId,
      endpoint: row.endpoint,
      baseline: row.baseline,
      candidate: row.candidate,
      withheld: (withheld.get(captureId) ?? [])
        .map(({ side }) => side)
        .filter((side) => row[side] === 'not_sent'),
      outcome: row.outcome,
      verdict,
      skipped: verdict === null && skipped.has(captureId),
    };
  });
};

/** Loads a pair with everything known about it. Rejects if the capture does not exist. */
export const loadPair = async (
  store: Store,
  comparisonId: string,
  captureId: string,
): Promise<Pair> => {
  const capture = await loadCapture(store, captureId);
  if (capture === null) throw new Error(`The store has no capture ${captureId}.`);
  const outcome = await store.db
    .selectFrom('outcome')
    .select('details')
    .where('comparison_id', '=', comparisonId)
    .where('capture_id', '=', captureId)
    .executeTakeFirst();
  const comparison: PairComparison | null =
    outcome === undefined ? null : JSON.parse(outcome.details);
  return {
    capture,
    sides: {
      baseline: await loadSide(store, comparisonId, captureId, 'baseline'),
      candidate: await loadSide(store, comparisonId, captureId, 'candidate'),
    },
    comparison,
  };
};

const loadSide = async (
  { db }: Store,
  comparisonId: string,
  captureId: string,
  side: Side,
): Promise<SideRecord> => {
  const failed = await db
    .selectFrom('attempt')
    .selectAll()
    .where('comparison_id', '=', comparisonId)
    .where('capture_id', '=', captureId)
    .where('side', '=', side)
    .where('sample', '=', 0)
    .orderBy('number')
    .execute();
  const attempts = failed.map(toAttempt);
  const response = await db
    .selectFrom('response')
    .selectAll()
    .where('comparison_id', '=', comparisonId)
    .where('capture_id', '=', captureId)
    .where('side', '=', side)
    .where('sample', '=', 0)
    .executeTakeFirst();
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
  row: Tables['response'],
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
