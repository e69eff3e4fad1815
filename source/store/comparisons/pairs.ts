import type { Outcome, PairComparison, Side, Verdict } from '../../comparison/outcome.ts';
import { storedAnswer, type Answer, type Failure, type Timings } from '../../models/answer.ts';
import type { Adaptation } from '../../models/model.ts';
import type { Capture } from '../../traffic/capture.ts';
import { loadBody, storable } from '../database/bodies.ts';
import { loadCapture } from '../captures/captures.ts';
import type { Store } from '../open.ts';
import type { Schema, SideState } from '../database/schema.ts';

/** A pair as the queue needs it. */
export type PairRow = {
  readonly captureId: string;
  readonly endpoint: string;
  readonly baseline: SideState;
  readonly candidate: SideState;
  /** `failed` when a side failed; null while it is not known. */
  readonly outcome: Outcome | null;
  /** The reviewer's verdict that stands. */
  readonly verdict: Verdict | null;
  /** The reviewer skipped the pair and has given no verdict. */
  readonly skipped: boolean;
};

/** A try that failed; `number` counts from 1. */
export type AttemptRecord = {
  readonly number: number;
  readonly failure: Failure;
  readonly final: boolean;
  readonly timings: Timings;
  readonly providerRequestId: string | null;
  readonly at: string;
};

/** What the store knows of one side of a pair. `attempts` are the tries that failed, in order. */
export type SideRecord =
  | {
      readonly kind: 'answered';
      readonly answer: Answer;
      readonly timings: Timings;
      readonly attempts: readonly AttemptRecord[];
      readonly adaptations: readonly Adaptation[];
      /** So many placeholders of the request had their values put back when it was sent. */
      readonly originals: number;
      readonly recorded: boolean;
      /** Answered in a batch: at its price, and with no times. */
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

export type Pair = {
  readonly capture: Capture;
  readonly sides: Readonly<Record<Side, SideRecord>>;
  /** What the machine says of two answers; null while it is not known. */
  readonly comparison: PairComparison | null;
};

/** The pairs of a comparison in queue order, with the verdicts and skips of one reviewer. */
export const listPairs = async (
  store: Store,
  comparisonId: string,
  reviewer: string,
): Promise<readonly PairRow[]> => {
  const { db } = store;
  const rows = await db
    .selectFrom('pair')
    .select(['capture_id', 'endpoint', 'baseline', 'candidate', 'outcome'])
    .where('comparison_id', '=', comparisonId)
    .orderBy('position')
    .execute();
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
    .where('undo.id', 'is', null)
    .execute();
  const verdictOf = new Map(verdicts.map((row) => [row.capture_id, row.verdict]));
  const skipped = new Set(skips.map((row) => row.capture_id));
  return rows.map((row) => {
    const verdict = verdictOf.get(row.capture_id) ?? null;
    return {
      captureId: row.capture_id,
      endpoint: row.endpoint,
      baseline: row.baseline,
      candidate: row.candidate,
      outcome: row.outcome,
      verdict,
      skipped: verdict === null && skipped.has(row.capture_id),
    };
  });
};

/** One pair with all that is known of it. Rejects when the comparison does not select the capture. */
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
  return {
    capture,
    sides: {
      baseline: await loadSide(store, comparisonId, captureId, 'baseline'),
      candidate: await loadSide(store, comparisonId, captureId, 'candidate'),
    },
    comparison: outcome === undefined ? null : (JSON.parse(outcome.details) as PairComparison),
  };
};

const loadSide = async (
  store: Store,
  comparisonId: string,
  captureId: string,
  side: Side,
): Promise<SideRecord> => {
  const { db } = store;
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
    return {
      kind: 'answered',
      answer: await loadAnswer(store, response.answer_body),
      timings: toTimings(response),
      attempts,
      adaptations: JSON.parse(response.adaptations) as readonly Adaptation[],
      originals: response.originals,
      recorded: response.recorded === 1,
      batch: response.batch === 1,
      providerRequestId: response.provider_request_id,
      at: response.created_at,
    };
  }
  const last = failed.findLast(({ final }) => final === 1);
  if (last !== undefined) {
    return {
      kind: 'failed',
      failure: toAttempt(last).failure,
      attempts,
      partial: last.partial_body === null ? null : await loadAnswer(store, last.partial_body),
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

const loadAnswer = async (store: Store, body: number): Promise<Answer> =>
  storedAnswer(await loadBody(store.db, body));

const toAttempt = (row: Schema['attempt']): AttemptRecord => ({
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
