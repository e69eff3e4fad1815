import { derivedId, isDerivedId } from '../traffic/capture-id.ts';
import type { Capture, RecordedResponse } from '../traffic/capture.ts';
import type { ImportRecord } from '../traffic/import-record.ts';
import { createRedactionTally, type RedactionCounts } from '../traffic/redaction-counts.ts';
import { redactObject } from './redact-json.ts';
import { redactText } from './redact-text.ts';
import type { OnFound, Redactor } from './redactor.ts';

/** A capture without its sensitive values. */
export type RedactedCapture = {
  readonly capture: Capture;
  /** Findings by rule, all in all. */
  readonly counts: RedactionCounts;
  /** Of these, those in the recorded responses. */
  readonly recordedCounts: RedactionCounts;
};

/**
 * The capture with every text in it redacted: request, recorded responses, endpoint, metadata and
 * ids. Without findings it is the same capture. An id that was derived from the request becomes the
 * one of the redacted request, so that nothing in the store can be checked against a guess.
 */
export const redactCapture = (capture: Capture, redactor: Redactor): RedactedCapture => {
  const tally = createRedactionTally();
  const recordedTally = createRedactionTally();
  const text = (value: string): string => redactText(value, redactor, tally.found);
  const request = redactObject(capture.request, redactor, tally.found);
  const found = (rule: string): void => {
    tally.found(rule);
    recordedTally.found(rule);
  };
  const responses = capture.recorded.map((response) => redactRecorded(response, redactor, found));
  const recorded = responses.some((response, index) => response !== capture.recorded[index])
    ? responses
    : capture.recorded;
  const metadata =
    capture.metadata === null ? null : redactObject(capture.metadata, redactor, tally.found);
  const endpoint = text(capture.endpoint);
  const id = text(capture.id);
  const same =
    request === capture.request &&
    recorded === capture.recorded &&
    metadata === capture.metadata &&
    endpoint === capture.endpoint &&
    id === capture.id;
  const counts = tally.counts();
  if (same) return { capture, counts, recordedCounts: {} };
  const changed: Capture = { ...capture, id, request, recorded, metadata, endpoint };
  return {
    capture: { ...changed, id: idAgain(capture, changed) },
    counts,
    recordedCounts: recordedTally.counts(),
  };
};

/** The id by the rule that the capture's own was derived by, if it was. */
const idAgain = (capture: Capture, changed: Capture): string => {
  if (!isDerivedId(capture.id)) return changed.id;
  if (capture.id === derivedId(capture)) return derivedId(changed);
  const alone = ({ request }: Capture): string => derivedId({ request, timestamp: null });
  return capture.id === alone(capture) ? alone(changed) : changed.id;
};

/** The recorded response without its sensitive values; the same one where it has none. */
export const redactRecorded = (
  response: RecordedResponse,
  redactor: Redactor,
  found: OnFound,
): RecordedResponse => {
  const body = redactObject(response.body, redactor, found);
  const model = redactText(response.model, redactor, found);
  return body === response.body && model === response.model
    ? response
    : { ...response, body, model };
};

/**
 * A record as it may be stored: without sensitive values, and with the counts of what was found.
 * Records with null as the redactor stay as they are.
 */
export const redactRecord = (record: ImportRecord, redactor: Redactor | null): ImportRecord => {
  if (redactor === null) return record;
  const tally = createRedactionTally();
  const text = (value: string): string => redactText(value, redactor, tally.found);
  switch (record.kind) {
    case 'capture': {
      const { capture, counts, recordedCounts } = redactCapture(record.capture, redactor);
      const redacted = capture.request !== record.capture.request;
      return { ...record, capture, redactions: { counts, recordedCounts, request: redacted } };
    }
    case 'answer': {
      const recorded =
        record.recorded === null ? null : redactRecorded(record.recorded, redactor, tally.found);
      const counts = tally.counts();
      const captureId = text(record.captureId);
      return {
        ...record,
        recorded,
        captureId,
        redactions: { counts, recordedCounts: counts, request: false },
      };
    }
    case 'rejected':
      return {
        ...record,
        reason: text(record.reason),
        ...(record.recordId === null || record.recordId === undefined
          ? {}
          : { recordId: text(record.recordId) }),
      };
  }
};
