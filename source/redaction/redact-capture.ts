import type { Capture, RecordedResponse } from '../traffic/capture.ts';
import { derivedId, isDerivedId } from '../traffic/capture-id.ts';
import type { ImportRecord } from '../traffic/import-record.ts';
import { RedactionTally, type RedactionCounts } from '../traffic/redaction-counts.ts';
import { redactObject } from './redact-json.ts';
import { redactText } from './redact-text.ts';
import type { OnFound, Redactor } from './redactor.ts';

/** A capture without its sensitive values. */
export type RedactedCapture = {
  readonly capture: Capture;
  /** All replaced values, by rule. */
  readonly counts: RedactionCounts;
  /** The replaced values in the recorded responses. */
  readonly recordedCounts: RedactionCounts;
};

/**
 * Redacts an imported record and attaches the counts of replaced values. If the redactor is null,
 * returns the record unchanged.
 */
export const redactRecord = (record: ImportRecord, redactor: Redactor | null): ImportRecord => {
  if (redactor === null) return record;
  if (record.kind === 'capture') {
    const { capture, counts, recordedCounts } = redactCapture(record.capture, redactor);
    const redacted = capture.request !== record.capture.request;
    return { ...record, capture, redactions: { counts, recordedCounts, request: redacted } };
  }
  const tally = new RedactionTally();
  const text = (value: string): string => redactText(value, redactor, tally.found);
  switch (record.kind) {
    case 'answer': {
      const recorded =
        record.recorded === null ? null : redactRecorded(record.recorded, redactor, tally.found);
      const { error } = record;
      const message = error === undefined ? '' : text(error.message);
      const counts = tally.counts();
      const captureId = text(record.captureId);
      return {
        ...record,
        recorded,
        captureId,
        ...(error === undefined ? {} : { error: { ...error, message } }),
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

/**
 * Redacts the request, the recorded responses, the endpoint, the model, the metadata and the id of a capture.
 * Returns the same capture if nothing is found. An id that was derived from the request is derived
 * again from the redacted one. Otherwise anyone with the store could use the id to check guesses of
 * the values.
 */
export const redactCapture = (capture: Capture, redactor: Redactor): RedactedCapture => {
  const tally = new RedactionTally();
  const recordedTally = new RedactionTally();
  const text = (value: string): string => redactText(value, redactor, tally.found);
  const request = redactObject(capture.request, redactor, tally.found);
  const foundInResponse = (rule: string): void => {
    tally.found(rule);
    recordedTally.found(rule);
  };
  const responses = capture.recorded.map((response) =>
    redactRecorded(response, redactor, foundInResponse),
  );
  const recorded = responses.some((response, index) => response !== capture.recorded[index])
    ? responses
    : capture.recorded;
  const metadata =
    capture.metadata === null ? null : redactObject(capture.metadata, redactor, tally.found);
  const endpoint = text(capture.endpoint);
  const model = capture.model === null ? null : text(capture.model);
  const id = text(capture.id);
  const isSame =
    request === capture.request &&
    recorded === capture.recorded &&
    metadata === capture.metadata &&
    endpoint === capture.endpoint &&
    model === capture.model &&
    id === capture.id;
  const counts = tally.counts();
  if (isSame) return { capture, counts, recordedCounts: {} };
  const changed: Capture = { ...capture, id, model, request, recorded, metadata, endpoint };
  return {
    capture: { ...changed, id: rederivedId(capture, changed) },
    counts,
    recordedCounts: recordedTally.counts(),
  };
};

/**
 * Returns the id of the changed capture. If the original id was derived, it is derived again in the
 * same way.
 */
const rederivedId = (capture: Capture, changed: Capture): string => {
  if (!isDerivedId(capture.id)) return changed.id;
  if (capture.id === derivedId(capture)) return derivedId(changed);
  const fromRequest = ({ dialect, model, request }: Capture): string =>
    derivedId({ dialect, model, request, timestamp: null });
  return capture.id === fromRequest(capture) ? fromRequest(changed) : changed.id;
};

const redactRecorded = (
  response: RecordedResponse,
  redactor: Redactor,
  onFound: OnFound,
): RecordedResponse => {
  const body = redactObject(response.body, redactor, onFound);
  const model = redactText(response.model, redactor, onFound);
  return body === response.body && model === response.model
    ? response
    : { ...response, body, model };
};
