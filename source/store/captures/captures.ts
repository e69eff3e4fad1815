import type { Capture, RecordedResponse } from '../../traffic/capture.ts';
import { parseJsonObject } from '../../text/json.ts';
import { printable, printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { parseParts } from './partial-captures.ts';
import { compiledOnce } from '../compiled-queries.ts';
import type { Store } from '../open.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';

/** Loads a capture with its recorded responses, production's first. Null if there is none. */
export const loadCapture = async (store: Pick<Store, 'db'>, id: string): Promise<Capture | null> =>
  (await loadSizedCapture(store, id))?.capture ?? null;

/**
 * The error for a capture of a comparison that is not in the store. Nothing removes captures, so that another
 * store was copied over the file while it was open.
 */
export const captureGone = (store: Pick<Store, 'file'>, id: string): UserError =>
  new UserError(
    `${printable(store.file)} was replaced by another store while it was open: it has no capture ${printableLine(id)}, so nothing more is saved. Put the file back if you have it, and run the same command again.`,
  );

const selectCapture = compiledOnce((db) =>
  db
    .selectFrom('capture')
    .innerJoin('body', 'body.number', 'capture.request_body')
    .select([
      'capture.number',
      'id',
      'endpoint',
      'timestamp',
      'dialect',
      'model',
      'metadata',
      'partial',
      'redacted',
      'body.text as request',
    ])
    .where('id', '=', '')
    .compile(),
);

const selectRecordings = compiledOnce((db) =>
  db
    .selectFrom('recorded_response')
    .innerJoin('body', 'body.number', 'recorded_response.response_body')
    .select(['model', 'production', 'time_to_first_token_ms', 'total_ms', 'body.text as body'])
    .where('capture_number', '=', 0)
    .orderBy('production', 'desc')
    .orderBy('model')
    .compile(),
);

/** Loads a capture and the length of its JSON: request plus recorded responses, in characters. */
export const loadSizedCapture = async (
  store: Pick<Store, 'db'>,
  id: string,
): Promise<{ readonly capture: Capture; readonly characters: number } | null> => {
  const [row] = (await selectCapture(store.db, [id])).rows;
  if (row === undefined) return null;
  const recordings = (await selectRecordings(store.db, [row.number])).rows;
  const recorded = recordings.map((recording): RecordedResponse => ({
    model: recording.model,
    production: recording.production === 1,
    body: parseJsonObject(recording.body),
    timeToFirstTokenMs: recording.time_to_first_token_ms,
    totalMs: recording.total_ms,
  }));
  return {
    capture: {
      id: row.id,
      endpoint: row.endpoint,
      timestamp: row.timestamp,
      dialect: row.dialect,
      model: row.model,
      request: parseJsonObject(row.request),
      recorded,
      metadata: row.metadata === null ? null : parseJsonObject(row.metadata),
      partial: parseParts(row.partial),
      ...(row.redacted === 1 ? { redacted: true } : {}),
    },
    characters: recordings.reduce((sum, { body }) => sum + body.length, row.request.length),
  };
};

/** Counts of imported records: replayable ones, and the others by reason. */
export type RecordCounts = {
  readonly replayable: number;
  readonly notReplayable: number;
  /** Most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
};

/** Counts the records of a comparison, or of the whole store if none is given. */
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

/** The number of captures in one dialect. */
export type DialectCount = { readonly dialect: Dialect; readonly captures: number };

/** Counts the captures of a comparison, or of the whole store if none is given, by dialect, most first. */
export const countDialects = async (
  { db }: Store,
  comparisonId: string | null = null,
): Promise<readonly DialectCount[]> => {
  let query = db.selectFrom('capture');
  if (comparisonId !== null) {
    query = query.where('id', 'in', (e) =>
      e
        .selectFrom('comparison_capture')
        .select('capture_id')
        .where('comparison_id', '=', comparisonId),
    );
  }
  const rows = await query
    .select((e) => ['dialect', e.fn.countAll<number>().as('captures')])
    .groupBy('dialect')
    .orderBy('captures', 'desc')
    .orderBy('dialect')
    .execute();
  return rows.map(({ captures, dialect }) => ({ dialect, captures: Number(captures) }));
};

/** A recorded model that answered captures of a comparison or store. */
export type RecordedModel = {
  readonly model: string;
  /** Whether these are production's answers, which the label `recorded` without a name denotes. */
  readonly production: boolean;
  readonly captures: number;
};

/**
 * Lists the recorded models of a comparison's captures, or of the whole store if none is given, most
 * answers first.
 */
export const recordedModels = async (
  store: Store,
  comparisonId: string | null = null,
): Promise<readonly RecordedModel[]> => {
  let answers = store.db.selectFrom('recorded_response as recorded');
  if (comparisonId !== null) {
    answers = answers.where('recorded.capture_number', 'in', (e) =>
      e
        .selectFrom('comparison_capture as selected')
        .innerJoin('capture', 'capture.id', 'selected.capture_id')
        .select('capture.number')
        .where('comparison_id', '=', comparisonId),
    );
  }
  const rows = await answers
    .select((e) => ['recorded.model', 'production', e.fn.countAll<number>().as('captures')])
    .groupBy(['recorded.model', 'production'])
    .orderBy('captures', 'desc')
    .orderBy('recorded.model')
    .execute();
  return rows.map(({ model, production, captures }) => ({
    model,
    production: production === 1,
    captures: Number(captures),
  }));
};
