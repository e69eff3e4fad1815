import { firstString, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { modelName } from '../../chat-request.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import type { FormatRecord } from '../format.ts';
import { captureRecord } from './capture-record.ts';
import { errorMessage, recordedError } from './recorded-outcome.ts';

/**
 * The capture of a request in a batch, under the id that joins it with its result. Batches record no times of
 * single requests. `call` is what the file says about the API.
 */
export const batchRequest = (
  id: string,
  body: JsonValue | undefined,
  call: { readonly dialect: Dialect | null; readonly model?: string | null },
): FormatRecord =>
  captureRecord({
    ...call,
    id,
    timestamp: undefined,
    request: body,
    outcome: { kind: 'unknown' },
    totalMs: null,
    timeToFirstTokenMs: null,
    isWire: true,
  });

/** The answer to a request in a batch. */
export const batchAnswer = (captureId: string, body: JsonObject): FormatRecord => ({
  kind: 'answer',
  captureId,
  recorded: {
    model: modelName(body),
    production: true,
    body,
    timeToFirstTokenMs: null,
    totalMs: null,
  },
});

/** Why a request in a batch got no answer: the first of some values that says it. */
export const batchFailure = (
  captureId: string,
  status: number | null,
  ...reasons: readonly (JsonValue | undefined)[]
): FormatRecord => {
  const message = firstString(...reasons.map(errorMessage)) ?? 'no reason given';
  return { kind: 'answer', captureId, recorded: null, error: recordedError(status, message) };
};
