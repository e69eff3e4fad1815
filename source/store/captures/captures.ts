import type { Capture, RecordedResponse } from '../../traffic/capture.ts';
import type { JsonObject } from '../../text/json.ts';
import { compiledOnce } from '../database/compiled-once.ts';
import type { Store } from '../open.ts';

/** The capture with its recorded responses (production's first); null when there is none. */
export const loadCapture = async (store: Pick<Store, 'db'>, id: string): Promise<Capture | null> =>
  (await loadSizedCapture(store, id))?.capture ?? null;

const captureOf = compiledOnce((db) =>
  db
    .selectFrom('capture')
    .innerJoin('body', 'body.number', 'capture.request_body')
    .select([
      'capture.number',
      'id',
      'endpoint',
      'timestamp',
      'metadata',
      'partial',
      'redacted',
      'body.text as request',
    ])
    .where('id', '=', '')
    .compile(),
);

const recordingsOf = compiledOnce((db) =>
  db
    .selectFrom('recorded_response')
    .innerJoin('body', 'body.number', 'recorded_response.response_body')
    .select(['model', 'production', 'time_to_first_token_ms', 'total_ms', 'body.text as body'])
    .where('capture_number', '=', 0)
    .orderBy('production', 'desc')
    .orderBy('model')
    .compile(),
);

/** The capture with the characters of JSON that its request and recorded responses have. */
export const loadSizedCapture = async (
  store: Pick<Store, 'db'>,
  id: string,
): Promise<{ readonly capture: Capture; readonly characters: number } | null> => {
  const [row] = (await captureOf(store.db, [id])).rows;
  if (row === undefined) return null;
  const recordings = (await recordingsOf(store.db, [row.number])).rows;
  const recorded = recordings.map((recording): RecordedResponse => ({
    model: recording.model,
    production: recording.production === 1,
    body: JSON.parse(recording.body) as JsonObject,
    timeToFirstTokenMs: recording.time_to_first_token_ms,
    totalMs: recording.total_ms,
  }));
  return {
    capture: {
      id: row.id,
      endpoint: row.endpoint,
      timestamp: row.timestamp,
      request: JSON.parse(row.request) as JsonObject,
      recorded,
      metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as JsonObject),
      partial: row.partial === null ? [] : (JSON.parse(row.partial) as readonly string[]),
      ...(row.redacted === 1 ? { redacted: true } : {}),
    },
    characters: recordings.reduce((sum, { body }) => sum + body.length, row.request.length),
  };
};

/** How many records were imported: those that can be replayed, and the others by reason. */
export type RecordCounts = {
  readonly replayable: number;
  readonly notReplayable: number;
  /** Most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
};

/** Counts the records of a comparison or, without one, of the whole store. */
export const countRecords = async (
  store: Store,
  comparisonId: string | null = null,
): Promise<RecordCounts> => {
  const { db } = store;
  const replayable = await (
    comparisonId === null
      ? db.selectFrom('capture').select((e) => e.fn.countAll<number>().as('count'))
      : db
          .selectFrom('comparison_capture')
          .where('comparison_id', '=', comparisonId)
          .select((e) => e.fn.countAll<number>().as('count'))
  ).executeTakeFirstOrThrow();
  let rejected = db.selectFrom('rejected_record');
  if (comparisonId !== null) {
    rejected = rejected.where('id', 'in', (e) =>
      e
        .selectFrom('comparison_rejected')
        .select('rejected_id')
        .where('comparison_id', '=', comparisonId),
    );
  }
  const rows = await rejected
    .select((e) => ['reason', e.fn.countAll<number>().as('count')])
    .groupBy('reason')
    .orderBy('count', 'desc')
    .orderBy('reason')
    .execute();
  const reasons = rows.map(({ reason, count }) => ({ reason, count: Number(count) }));
  return {
    replayable: Number(replayable.count),
    notReplayable: reasons.reduce((sum, { count }) => sum + count, 0),
    reasons,
  };
};
