import { firstString, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import { recogniseAnswerBody } from '../../dialects/recognise-answer.ts';
import {
  notPrompt,
  otherApiReason,
  recogniseCallBody,
  recogniseCallPath,
} from '../../dialects/recognise-call.ts';
import type { FormatRecord } from '../format.ts';
import type { CallFacts } from '../parts/capture-record.ts';
import type { RecordedOutcome } from '../parts/recorded-outcome.ts';

/** The dialect and the model in the path of a gateway's row; nulls where it says nothing. */
export type GatewayPath = { readonly dialect: Dialect | null; readonly model: string | null };

/**
 * Reads the path of a gateway's row: the dialect and the model in it, or the record of a call that is not
 * replayed. `id` is the row's own id.
 */
export const readGatewayPath = (
  { url, method }: { readonly url: string; readonly method: string },
  id: JsonValue | undefined,
): GatewayPath | { readonly other: FormatRecord } => {
  const call = recogniseCallPath(url, method);
  switch (call.kind) {
    case 'call':
      return { dialect: call.dialect, model: call.model };
    case 'elsewhere':
      return { dialect: null, model: null };
    case 'no model call':
      return { other: { kind: 'ignored', what: notPrompt(call.path) } };
    case 'other model call':
      return { other: rejectedCall(otherApiReason(call.api), id) };
  }
};

/** The record of a request body that answers no prompt; null for any other body. */
export const ignoredBody = (body: JsonObject): FormatRecord | null => {
  const recognised = recogniseCallBody(body);
  return recognised.kind === 'no model call'
    ? { kind: 'ignored', what: notPrompt(recognised.api) }
    : null;
};

/** The record of a call that is not replayed, under the row's own id. */
export const rejectedCall = (reason: string, id: JsonValue | undefined): FormatRecord => ({
  kind: 'rejected',
  reason,
  recordId: readRecordId(id),
});

/**
 * The request of a gateway's row, with the first of the row's models where neither body nor path names one: in
 * the body of a chat completion, and beside any other body, which stays as it came.
 */
export const gatewayRequest = (
  body: JsonObject,
  { dialect, model }: GatewayPath,
  ...models: readonly (JsonValue | undefined)[]
): Pick<CallFacts, 'dialect' | 'model' | 'request'> => {
  const rowModel = firstString(...models);
  const recognised = recogniseCallBody(body);
  const isChat =
    (dialect === null || dialect === 'chat') &&
    recognised.kind === 'call' &&
    recognised.dialect === 'chat';
  const isNamed = body['model'] !== undefined || rowModel === null;
  const request = isChat && !isNamed ? { model: rowModel, ...body } : body;
  return { dialect, model: model ?? rowModel, request };
};

/**
 * An answer of a chat completion with the row's model and `usage`, if the answer has none. Answers in other
 * dialects stay as they came, because they count tokens in other ways.
 */
export const withKnownFacts = (
  outcome: RecordedOutcome,
  known: { readonly model: string | null; readonly usage: JsonObject | null },
): RecordedOutcome => {
  if (outcome.kind !== 'answered' || recogniseAnswerBody(outcome.body) !== 'chat') return outcome;
  const { body } = outcome;
  const model = body['model'] ?? known.model;
  const usage = body['usage'] ?? known.usage;
  return {
    kind: 'answered',
    body: {
      ...body,
      ...(model === null ? {} : { model }),
      ...(usage === null ? {} : { usage }),
    },
  };
};

/** Metadata without the members that identify persons. */
export const withoutMembers = (object: JsonObject, pattern: RegExp): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !pattern.test(name)));
