import type { Transaction } from 'kysely';
import type { Capture } from '../../traffic/capture.ts';
import { sha256 } from '../../traffic/hash.ts';
import type { ImportRecord, RecordFate } from '../../traffic/import-record.ts';
import { createTally, type RedactionCounts } from '../../traffic/redaction/counts.ts';
import { bodyOf, saveBodies, storable } from '../database/bodies.ts';
import { queuePosition } from '../comparisons/comparisons.ts';
import { compiledOnce } from '../database/compiled-once.ts';
import { insertOnce } from '../database/insert-once.ts';
import type { Store } from '../open.ts';
import { isSameBody, newRecordings, saveRecordings, toRecording } from './recordings.ts';
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
  /** Captures are only offered to the comparison, see `offerNone`; rejected records are selected. */
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
  const { fates, redactions } = await store.db.transaction().execute(async (transaction) => {
    const done: RecordFate[] = [];
    const tally = createTally();
    for (const record of records) {
      const fate = await addRecord(transaction, record, options);
      done.push(fate);
      tally.add(redactionsOf(record, fate));
    }
    const counts = tally.counts();
    await addRedactions(transaction, counts);
    return { fates: done, redactions: counts };
  });
  const count = (kind: RecordFate['kind']): number =>
    fates.filter((fate) => fate.kind === kind).length;
  return {
    added: count('added'),
    duplicates: count('had'),
    merged: count('merged'),
    rejected: count('rejected'),
    rejectedDuplicates: count('had_rejected'),
    fates,
    redactions,
  };
};

/** What was redacted of what the store did not have. */
const redactionsOf = (record: ImportRecord, fate: RecordFate): RedactionCounts => {
  const redactions = record.kind === 'rejected' ? undefined : record.redactions;
  if (fate.kind === 'added') return redactions?.counts ?? {};
  return fate.kind === 'merged' ? (redactions?.recordedCounts ?? {}) : {};
};

const addRecord = async (
  transaction: Transaction<Schema>,
  record: ImportRecord,
  options: AddOptions,
): Promise<RecordFate> => {
  switch (record.kind) {
    case 'capture':
      return addCapture(transaction, record, options);
    case 'answer':
      return addAnswer(transaction, record, options);
    case 'rejected':
      return reject(transaction, { ...record, recordId: record.recordId ?? null }, options);
  }
};

const requestHashOf = compiledOnce((db) =>
  db.selectFrom('capture').select('request_hash').where('id', '=', '').compile(),
);
const insertCapture = insertOnce('capture');
const insertSelected = insertOnce('comparison_capture');
const insertOffered = insertOnce('offered');

const addCapture = async (
  transaction: Transaction<Schema>,
  { capture, line = 0, redactions }: Extract<ImportRecord, { kind: 'capture' }>,
  options: AddOptions,
): Promise<RecordFate> => {
  const id = storable(capture.id);
  const request = bodyOf(capture.request);
  const [known] = (await requestHashOf(transaction, [id])).rows;
  if (known !== undefined && !(await isSameBody(transaction, known.request_hash, request))) {
    return rejectCapture(transaction, capture, line, captureProblems.otherRequest, options);
  }
  const recordings = capture.recorded.map(toRecording);
  const fresh = known === undefined ? recordings : await newRecordings(transaction, id, recordings);
  if (fresh === null) {
    return rejectCapture(transaction, capture, line, captureProblems.otherResponse, options);
  }
  if (known === undefined) {
    await saveBodies(transaction, [request]);
    await insertCapture(transaction, {
      id,
      endpoint: storable(capture.endpoint),
      timestamp: capture.timestamp,
      request_hash: request.hash,
      metadata: capture.metadata === null ? null : JSON.stringify(capture.metadata),
      partial: capture.partial.length === 0 ? null : JSON.stringify(capture.partial),
      redacted: Number(redactions?.request ?? false),
      source: storable(options.source),
      imported_at: options.at,
    });
  }
  await saveRecordings(transaction, id, fresh);
  await select(transaction, id, options);
  if (known === undefined) return { kind: 'added' };
  return { kind: fresh.length > 0 ? 'merged' : 'had' };
};

const select = async (
  transaction: Transaction<Schema>,
  captureId: string,
  { comparisonId, offer }: AddOptions,
): Promise<void> => {
  if (comparisonId === null) return;
  if (offer === true) {
    await insertOffered(transaction, { capture_id: captureId });
    return;
  }
  await insertSelected(transaction, {
    comparison_id: comparisonId,
    capture_id: captureId,
    position: queuePosition(comparisonId, captureId),
  });
};

const addAnswer = async (
  transaction: Transaction<Schema>,
  record: Extract<ImportRecord, { kind: 'answer' }>,
  options: AddOptions,
): Promise<RecordFate> => {
  const captureId = storable(record.captureId);
  const rejectFor = (reason: string): Promise<RecordFate> =>
    reject(transaction, { id: record.id, line: record.line, recordId: captureId, reason }, options);
  const capture = await transaction
    .selectFrom('capture')
    .select('id')
    .where('id', '=', captureId)
    .executeTakeFirst();
  const rejectedRequest = await transaction
    .selectFrom('rejected_record')
    .select('id')
    .where('record_id', '=', captureId)
    .where('reason', 'not in', [...Object.values(answerProblems), captureProblems.otherResponse])
    .executeTakeFirst();
  if (capture === undefined) {
    // A request that cannot be replayed is counted already, and its answer is not counted again.
    return rejectedRequest === undefined
      ? rejectFor(answerProblems.noRequest)
      : { kind: 'had_rejected' };
  }
  const recordings = record.recorded === null ? [] : [toRecording(record.recorded)];
  const fresh = await newRecordings(transaction, captureId, recordings);
  if (fresh === null) return rejectFor(answerProblems.otherResponse);
  if (fresh.length > 0 && rejectedRequest !== undefined) {
    return rejectFor(answerProblems.twoRequests);
  }
  // An earlier import may have met the answer before its request.
  await forgetRejected(transaction, record.id);
  await saveRecordings(transaction, captureId, fresh);
  await select(transaction, captureId, options);
  return { kind: fresh.length > 0 ? 'merged' : 'had' };
};

const rejectCapture = async (
  transaction: Transaction<Schema>,
  capture: Capture,
  line: number,
  reason: string,
  options: AddOptions,
): Promise<RecordFate> =>
  reject(
    transaction,
    { id: sha256(JSON.stringify(capture)), recordId: capture.id, line, reason },
    options,
  );
