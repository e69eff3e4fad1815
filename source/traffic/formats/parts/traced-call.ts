import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';

/** What a trace keeps of the content of a call. */
export type TracedCall = {
  /** A body of a chat completion; null where the trace does not have the messages. */
  readonly request: JsonObject | null;
  /** A `chat.completion`; null where the trace has none. */
  readonly answer: JsonObject | null;
  /** What of the request the trace does not have. */
  readonly partial: readonly string[];
  /** Why there is no request; null with one. */
  readonly reason: string | null;
};

/** The body of a chat completion from its pieces; what is unknown is left out. */
export const chatRequest = (pieces: {
  readonly model: JsonValue | undefined;
  readonly instructions?: JsonValue | undefined;
  readonly messages: readonly JsonObject[];
  readonly tools: readonly JsonObject[];
  readonly parameters: JsonObject;
}): JsonObject => {
  const { model, instructions, messages, tools, parameters } = pieces;
  return {
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
    messages:
      typeof instructions === 'string' && instructions !== ''
        ? [{ role: 'system', content: instructions }, ...messages]
        : messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...parameters,
  };
};

/**
 * A request that was stored as it was sent by an SDK of Python: what it sent beside the body is left out
 * (headers may hold secrets), what it sent as more of the body is in it.
 */
export const bodyAsSent = (stored: JsonObject): JsonObject => {
  const {
    extra_headers: _headers,
    extra_query: _query,
    timeout: _timeout,
    extra_body: more,
    ...body
  } = stored;
  return { ...body, ...(isJsonObject(more) ? more : {}) };
};

/**
 * Names of parameters that a format may not have kept: those that a request already has are known, and a
 * `tool_choice` means nothing without tools.
 */
export const missingParameters = (
  request: JsonObject,
  names: readonly string[],
): readonly string[] =>
  names.filter(
    (name) =>
      request[name] === undefined && (name !== 'tool_choice' || request['tools'] !== undefined),
  );
