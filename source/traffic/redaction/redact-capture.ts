import { derivedId, isDerivedId } from '../derived-id.ts';
import type { Capture, RecordedResponse } from '../capture.ts';
import { createTally, type RedactionCounts } from './counts.ts';
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
  const tally = createTally();
  const recordedTally = createTally();
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
