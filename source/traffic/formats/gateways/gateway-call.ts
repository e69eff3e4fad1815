import { firstString, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../capture-id.ts';
import {
  otherDialectReason,
  recogniseCallBody,
  recogniseCallPath,
} from '../../dialects/recognise-call.ts';
import type { FormatRecord } from '../format.ts';
import type { RecordedOutcome } from '../parts/recorded-outcome.ts';

/**
 * What a gateway's row is if its path shows that it is not a chat completion; null if it may be one. `id`
 * is the row's own id.
 */
export const otherCallByPath = (
  { url, method }: { readonly url: string; readonly method: string },
  id: JsonValue | undefined,
): FormatRecord | null => {
  const { kind, path } = recogniseCallPath(url, method);
  return kind === 'chat' || kind === 'elsewhere' ? null : otherCall(kind, path, id);
};

/** Returns the fate of a gateway's row whose request is not a chat completion; null if it is one. */
export const otherCallByBody = (
  body: JsonObject,
  id: JsonValue | undefined,
): FormatRecord | null => {
  const recognised = recogniseCallBody(body);
  if (recognised.kind === 'chat') return null;
  if (recognised.kind === 'no model call') return otherCall(recognised.kind, recognised.what, id);
  const reason = otherDialectReason(recognised.what);
  return { kind: 'rejected', reason, recordId: readRecordId(id) };
};

/** The record of a call that is not a chat completion. `what` is cut to 60 characters. */
export const otherCall = (
  kind: 'other model call' | 'no model call',
  what: string,
  id: JsonValue | undefined,
): FormatRecord => {
  const reason = `not a chat completion (${what.slice(0, 60)})`;
  return kind === 'no model call'
    ? { kind: 'ignored', what: reason }
    : { kind: 'rejected', reason, recordId: readRecordId(id) };
};

/** A request body with the row's model, if the body names none. */
export const withModel = (
  body: JsonObject,
  ...models: readonly (JsonValue | undefined)[]
): JsonObject => {
  const model = firstString(...models);
  return body['model'] === undefined && model !== null ? { model, ...body } : body;
};

/** An answer with the row's model and `usage`, if the answer has none. */
export const withKnownFacts = (
  outcome: RecordedOutcome,
  known: { readonly model: string | null; readonly usage: JsonObject | null },
): RecordedOutcome => {
  if (outcome.kind !== 'answered') return outcome;
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
