import type { Transaction } from 'kysely';
import { sha256 } from '../../traffic/hash.ts';
import type { ImportRecord, RecordFate } from '../../traffic/import-record.ts';
import { RedactionTally, type RedactionCounts } from '../../traffic/redaction-counts.ts';
import { storable, textOf } from '../database/bodies.ts';
import { queuePosition } from '../comparisons/comparisons.ts';
import { compiledOnce } from '../database/compiled-once.ts';
import { insertOnce } from '../database/insert-once.ts';
import { storeError } from '../database/store-errors.ts';
import type { Store } from '../open.ts';
import { captureWriter, type CaptureWriter, type KnownCapture } from './capture-writer.ts';
import { isSameBody, newRecordings } from './recordings.ts';
import { toStorable, type StorableCapture, type StorableRecord } from './storable-record.ts';
import { addRedactions } from '../redaction/redactions.ts';
import { forgetRejected, reject } from './reject.ts';
import type { Schema } from '../database/schema.ts';

/** Why a capture with a known id is not merged into that one. */
const captureProblems = {
  otherRequest: 'same id as another capture but another request',
  otherResponse: 'same id as another capture but another recorded response',
} as const;

/** Why an answer is not joined to a request. */
const answerProblems = {
  noRequest: 'batch output without its input',
  twoRequests: 'batch output for an id of two inputs',
  otherResponse: 'batch output for an input that has another',
} as const;

export type AddOptions = {
  /** Where the records are from; the name of the file. */
  readonly source: string;
  /** Records are selected into this comparison, also those that the store had already. */
  readonly comparisonId: string | null;
  /** Captures are not selected, for the caller offers them (`offerCaptures`); rejected records are. */
  readonly offer?: boolean;
  readonly at: string;
};

export type Added = {
  readonly added: number;
  readonly duplicates: number;
  readonly merged: number;
  readonly rejected: number;
  readonly rejectedDuplicates: number;
  /** One for each record, in their order. */
  readonly fates: readonly RecordFate[];
  /** What was redacted of what is new. */
  readonly redactions: RedactionCounts;
};

/**
 * Adds records in one transaction. What the store has already stays as it is: a capture by its id, a
 * rejected record by the hash of its source. A capture with a known id and another request, or with
 * another recorded response of the same model, is rejected; new recorded responses are added.
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

/** `addRecords` within a transaction that may hold more of them. */
export const addWithin = async (
  store: Store,
  transaction: Transaction<Schema>,
  records: readonly StorableRecord[],
  options: AddOptions,
): Promise<Added> => {
  const writer = captureWriter(store.database);
  const place = { writer, transaction };
  const counts = { added: 0, had: 0, merged: 0, rejected: 0, had_rejected: 0 };
  const fates: RecordFate[] = [];
  const tally = new RedactionTally();
  try {
    for (const record of records) {
      const fate = await addRecord(place, record, options);
      fates.push(fate);
      counts[fate.kind] += 1;
      tally.add(redactionsOf(record, fate));
    }
  } catch (error) {
    throw storeError(error, store.file);
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

type Place = { readonly writer: CaptureWriter; readonly transaction: Transaction<Schema> };

/** What was redacted of what the store did not have. */
const redactionsOf = (record: StorableRecord, fate: RecordFate): RedactionCounts => {
  const redactions = record.kind === 'rejected' ? undefined : record.redactions;
  if (fate.kind === 'added') return redactions?.counts ?? {};
  return fate.kind === 'merged' ? (redactions?.recordedCounts ?? {}) : {};
};

const addRecord = async (
  { writer, transaction }: Place,
  record: StorableRecord,
  options: AddOptions,
): Promise<RecordFate> => {
  switch (record.kind) {
    case 'capture':
      return addCapture({ writer, transaction }, record, options);
    case 'answer':
      return addAnswer({ writer, transaction }, record, options);
    case 'rejected':
      return reject(transaction, { ...record, recordId: record.recordId ?? null }, options);
  }
};

const insertSelected = insertOnce('comparison_capture');

const addCapture = async (
  place: Place,
  capture: StorableCapture,
  options: AddOptions,
): Promise<RecordFate> => {
  const { writer, transaction } = place;
  const known = writer.find(capture.id);
  if (known !== undefined) return mergeCapture(place, capture, known, options);
  const number = writer.add(capture, storable(options.source), options.at);
  for (const recording of capture.recorded) writer.record(number, recording);
  if (options.comparisonId !== null) await select(transaction, capture.id, options);
  return { kind: 'added' };
};

const mergeCapture = async (
  { writer, transaction }: Place,
  capture: StorableCapture,
  known: KnownCapture,
  options: AddOptions,
): Promise<RecordFate> => {
  if (!(await isSameBody(transaction, known.request_body, capture.request))) {
    return rejectCapture(transaction, capture, captureProblems.otherRequest, options);
  }
  const fresh = await newRecordings(transaction, known.number, capture.recorded);
  if (fresh === null) {
    return rejectCapture(transaction, capture, captureProblems.otherResponse, options);
  }
  for (const recording of fresh) writer.record(known.number, recording);
  await select(transaction, capture.id, options);
  return { kind: fresh.length > 0 ? 'merged' : 'had' };
};

const select = async (
  transaction: Transaction<Schema>,
  captureId: string,
  { comparisonId, offer }: AddOptions,
): Promise<void> => {
  if (comparisonId === null || offer === true) return;
  await insertSelected(transaction, {
    comparison_id: comparisonId,
    capture_id: captureId,
    position: queuePosition(comparisonId, captureId),
  });
};

/** Of an answer, or of a request that is there with another answer. */
const ofAnswers = [...Object.values(answerProblems), captureProblems.otherResponse];

const rejectedRequestOf = compiledOnce((db) =>
  db
    .selectFrom('rejected_record')
    .select('id')
    .where('record_id', '=', '')
    .where('reason', 'not in', ofAnswers)
    .compile(),
);

const addAnswer = async (
  { writer, transaction }: Place,
  record: Extract<StorableRecord, { kind: 'answer' }>,
  options: AddOptions,
): Promise<RecordFate> => {
  const { captureId } = record;
  const rejectFor = (reason: string): Promise<RecordFate> =>
    reject(transaction, { id: record.id, line: record.line, recordId: captureId, reason }, options);
  const capture = writer.find(captureId);
  const [rejectedRequest] = (await rejectedRequestOf(transaction, [captureId, ...ofAnswers])).rows;
  if (capture === undefined) {
    // A request that cannot be replayed is counted already, and its answer is not counted again.
    return rejectedRequest === undefined
      ? rejectFor(answerProblems.noRequest)
      : { kind: 'had_rejected' };
  }
  const recordings = record.recorded === null ? [] : [record.recorded];
  const fresh = await newRecordings(transaction, capture.number, recordings);
  if (fresh === null) return rejectFor(answerProblems.otherResponse);
  if (fresh.length > 0 && rejectedRequest !== undefined) {
    return rejectFor(answerProblems.twoRequests);
  }
  // An earlier import may have met the answer before its request.
  await forgetRejected(transaction, record.id);
  for (const recording of fresh) writer.record(capture.number, recording);
  await select(transaction, captureId, options);
  return { kind: fresh.length > 0 ? 'merged' : 'had' };
};

const rejectCapture = async (
  transaction: Transaction<Schema>,
  capture: StorableCapture,
  reason: string,
  options: AddOptions,
): Promise<RecordFate> => {
  const { id: recordId, line, endpoint, timestamp, metadata } = capture;
  const request = textOf(capture.request);
  const recorded = capture.recorded.map(({ body, ...rest }) => ({ ...rest, body: textOf(body) }));
  const id = sha256(JSON.stringify([recordId, request, recorded, endpoint, timestamp, metadata]));
  return reject(transaction, { id, recordId, line, reason }, options);
};
