import type { Transaction } from 'kysely';
import { canonicalJson, parseJsonObject } from '../../text/json.ts';
import { sha256 } from '../../traffic/hash.ts';
import type { ImportRecord, RecordedError, RecordFate } from '../../traffic/import-record.ts';
import { RedactionTally, type RedactionCounts } from '../../traffic/redaction-counts.ts';
import { decodeBody, loadBodyText, storable, type BodyText } from '../bodies.ts';
import { compiledOnce, insertOnce } from '../compiled-queries.ts';
import { queuePosition } from '../comparisons/queue-order.ts';
import type { CaptureWriter, KnownCapture } from '../engine/engine.ts';
import type { Store } from '../open.ts';
import { addRedactions } from '../redaction/redactions.ts';
import type { Tables } from '../tables.ts';
import { forgetRejected, rejectRecord, type ImportSource } from './rejected-records.ts';
import {
  toStorable,
  type StorableCapture,
  type StorableRecord,
  type StorableRecording,
} from './storable-record.ts';

/** Reasons for not merging a capture into the stored capture with the same id. */
const captureProblems = {
  otherRequest: 'same id as another capture but another request',
  otherResponse: 'same id as another capture but another recorded response',
} as const;

/** Reasons for not joining an answer to a request. */
const answerProblems = {
  noRequest: 'batch output without its input',
  twoRequests: 'batch output for an id of two inputs',
  otherResponse: 'batch output for an input that has another',
} as const;

/**
 * The options of an import. `comparisonId` selects all records, including those already in the
 * store.
 */
export type AddOptions = ImportSource & {
  /**
   * If true, captures are not selected: the caller offers them (see `offerCaptures`). Rejected
   * records are selected.
   */
  readonly offer?: boolean;
};

/** The results of adding records. */
export type Added = {
  readonly added: number;
  readonly duplicates: number;
  readonly merged: number;
  readonly rejected: number;
  readonly rejectedDuplicates: number;
  /** One for each record, in the same order. */
  readonly fates: readonly RecordFate[];
  /** The counts of redacted values in the new records. */
  readonly redactions: RedactionCounts;
};

/**
 * Adds records in one transaction. Existing rows do not change: captures are identified by their
 * id, rejected records by the hash of their source. A capture with a known id but another request,
 * or with another recorded response of the same model, is rejected; new recorded responses are
 * added.
 */
export const addRecords = async (
  store: Store,
  records: readonly ImportRecord[],
  options: AddOptions,
): Promise<Added> => {
  const storables = records.map(toStorable);
  return store.db
    .transaction()
    .execute((transaction) => addWithin(store, transaction, storables, options));
};

/** Adds records like `addRecords`, within a transaction that may write more. */
export const addWithin = async (
  store: Store,
  transaction: Transaction<Tables>,
  records: readonly StorableRecord[],
  options: AddOptions,
): Promise<Added> => {
  const context = { writer: store.engine.captureWriter(), transaction, options };
  const counts = { added: 0, had: 0, merged: 0, rejected: 0, had_rejected: 0 };
  const fates: RecordFate[] = [];
  const tally = new RedactionTally();
  for (const record of records) {
    const fate = await addRecord(context, record);
    fates.push(fate);
    counts[fate.kind] += 1;
    tally.add(redactionsOf(record, fate));
  }
  const redactions = tally.counts();
  await addRedactions(transaction, redactions);
  return {
    added: counts.added,
    duplicates: counts.had,
    merged: counts.merged,
    rejected: counts.rejected,
    rejectedDuplicates: counts.had_rejected,
    fates,
    redactions,
  };
};

type Context = {
  readonly writer: CaptureWriter;
  readonly transaction: Transaction<Tables>;
  readonly options: AddOptions;
};

/** Returns the redactions in the parts of a record that the store did not have. */
const redactionsOf = (record: StorableRecord, fate: RecordFate): RedactionCounts => {
  const redactions = record.kind === 'rejected' ? undefined : record.redactions;
  if (fate.kind === 'added') return redactions?.counts ?? {};
  return fate.kind === 'merged' ? (redactions?.recordedCounts ?? {}) : {};
};

const addRecord = async (context: Context, record: StorableRecord): Promise<RecordFate> => {
  switch (record.kind) {
    case 'capture':
      return addCapture(context, record);
    case 'answer':
      return addAnswer(context, record);
    case 'rejected': {
      const rejected = { ...record, recordId: record.recordId ?? null };
      return rejectRecord(context.transaction, rejected, context.options);
    }
  }
};

const addCapture = async (context: Context, capture: StorableCapture): Promise<RecordFate> => {
  const { options, writer } = context;
  const known = await writer.find(capture.id);
  if (known !== undefined) return mergeCapture(context, capture, known);
  await writer.add(capture, storable(options.source), options.at);
  if (options.comparisonId !== null) await selectCapture(context, capture.id);
  return { kind: 'added' };
};

const mergeCapture = async (
  context: Context,
  capture: StorableCapture,
  known: KnownCapture,
): Promise<RecordFate> => {
  const { transaction, writer } = context;
  const isSame =
    isSameCall(known, capture) &&
    (await isSameBody(transaction, known.request_body, capture.request));
  if (!isSame) {
    return rejectCapture(context, capture, captureProblems.otherRequest);
  }
  const fresh = await newRecordings(transaction, known.number, capture.recorded);
  if (fresh === null) return rejectCapture(context, capture, captureProblems.otherResponse);
  await writer.addRecordings(known.number, fresh);
  await selectCapture(context, capture.id);
  return { kind: fresh.length > 0 ? 'merged' : 'had' };
};

/** Chat completions of older stores have no model of their path. */
const isSameCall = (known: KnownCapture, { dialect, model }: StorableCapture): boolean =>
  known.dialect === dialect && (dialect === 'chat' || known.model === model);

/** Returns whether a stored body has the same meaning, regardless of key order. */
const isSameBody = async (
  transaction: Transaction<Tables>,
  number: number,
  given: BodyText,
): Promise<boolean> => {
  const body = decodeBody(given);
  const text = await loadBodyText(transaction, number);
  return text === body || canonicalJson(JSON.parse(text)) === canonicalJson(JSON.parse(body));
};

const recordingsOf = compiledOnce((db) =>
  db
    .selectFrom('recorded_response')
    .select(['model', 'production', 'response_body'])
    .where('capture_number', '=', 0)
    .compile(),
);

/**
 * Returns the recordings that a capture does not have yet. Null if it has a different one of the
 * same model, or of production.
 */
const newRecordings = async (
  transaction: Transaction<Tables>,
  captureNumber: number,
  recordings: readonly StorableRecording[],
): Promise<readonly StorableRecording[] | null> => {
  const known = (await recordingsOf(transaction, [captureNumber])).rows;
  const fresh: StorableRecording[] = [];
  for (const recording of recordings) {
    const { production } = recording;
    const kept = known.find(
      (row) =>
        row.production === Number(production) && (production || row.model === recording.model),
    );
    if (kept === undefined) fresh.push(recording);
    else if (!(await isSameBody(transaction, kept.response_body, recording.body))) return null;
  }
  return fresh;
};

const insertSelected = insertOnce('comparison_capture');

const selectCapture = async (
  { options: { comparisonId, offer }, transaction }: Context,
  captureId: string,
): Promise<void> => {
  if (comparisonId === null || offer === true) return;
  await insertSelected(transaction, {
    comparison_id: comparisonId,
    capture_id: captureId,
    position: queuePosition(comparisonId, captureId),
  });
};

/** Reasons that reject an answer, or a request whose stored answer differs. */
const answerReasons = [...Object.values(answerProblems), captureProblems.otherResponse];

const findRejectedRequest = compiledOnce((db) =>
  db
    .selectFrom('rejected_record')
    .select('id')
    .where('record_id', '=', '')
    .where('reason', 'not in', answerReasons)
    .compile(),
);

const addAnswer = async (
  context: Context,
  record: Extract<StorableRecord, { kind: 'answer' }>,
): Promise<RecordFate> => {
  const { transaction, writer } = context;
  const { captureId, id, line } = record;
  const reject = (reason: string): Promise<RecordFate> =>
    rejectRecord(transaction, { id, line, recordId: captureId, reason }, context.options);
  const capture = await writer.find(captureId);
  const found = await findRejectedRequest(transaction, [captureId, ...answerReasons]);
  const hasRejectedRequest = found.rows.length > 0;
  if (capture === undefined) {
    // The request was already counted as rejected; do not count its answer too.
    return hasRejectedRequest ? { kind: 'had_rejected' } : reject(answerProblems.noRequest);
  }
  const recordings = record.recorded === null ? [] : [record.recorded];
  const fresh = await newRecordings(transaction, capture.number, recordings);
  if (fresh === null) return reject(answerProblems.otherResponse);
  if (fresh.length > 0 && hasRejectedRequest) return reject(answerProblems.twoRequests);
  // An earlier import may have read the answer before its request.
  await forgetRejected(transaction, id);
  await writer.addRecordings(capture.number, fresh);
  const isNewError = await keepError(transaction, capture, record.error);
  await selectCapture(context, captureId);
  return { kind: fresh.length > 0 || isNewError ? 'merged' : 'had' };
};

/** Keeps why production got no answer with the capture; false if there is nothing new to keep. */
const keepError = async (
  transaction: Transaction<Tables>,
  { metadata, number }: KnownCapture,
  error: RecordedError | undefined,
): Promise<boolean> => {
  const known = metadata === null ? {} : parseJsonObject(metadata);
  if (error === undefined || known['recordedError'] !== undefined) return false;
  await transaction
    .updateTable('capture')
    .set({ metadata: JSON.stringify({ ...known, recordedError: error }) })
    .where('number', '=', number)
    .execute();
  return true;
};

const rejectCapture = async (
  { options, transaction }: Context,
  capture: StorableCapture,
  reason: string,
): Promise<RecordFate> => {
  const { id: recordId, line, endpoint, timestamp, metadata } = capture;
  const request = decodeBody(capture.request);
  const recorded = capture.recorded.map(({ body, ...rest }) => ({
    ...rest,
    body: decodeBody(body),
  }));
  const id = sha256(JSON.stringify([recordId, request, recorded, endpoint, timestamp, metadata]));
  return rejectRecord(transaction, { id, recordId, line, reason }, options);
};
