import { firstString, type JsonObject, type JsonValue, objectOrEmpty } from '../../../text/json.ts';

/** The content of a call as a trace has it. */
export type TracedCall =
  | {
      /** The body of a chat completions request. */
      readonly request: JsonObject;
      /** A `chat.completion`; null if the trace has none. */
      readonly answer: JsonObject | null;
      /** Parts of the request that the trace does not have. */
      readonly partial: readonly string[];
    }
  | {
      readonly request: null;
      /** Why the trace does not have the messages. */
      readonly reason: string;
    };

/** The body of a chat completions request from its parts; parts that are unknown are left out. */
export const chatRequest = (parts: {
  readonly model: JsonValue | undefined;
  readonly instructions?: JsonValue | undefined;
  readonly messages: readonly JsonObject[];
  readonly tools: readonly JsonObject[];
  readonly parameters: JsonObject;
}): JsonObject => {
  const { messages, tools, parameters } = parts;
  const model = firstString(parts.model);
  const instructions = firstString(parts.instructions);
  return {
    ...(model === null ? {} : { model }),
    messages:
      instructions === null ? messages : [{ role: 'system', content: instructions }, ...messages],
    ...(tools.length === 0 ? {} : { tools }),
    ...parameters,
  };
};

/**
 * The body that a Python SDK sent, from the arguments that were stored. What is not part of the body is
 * left out (headers may hold secrets); `extra_body` is merged into it.
 */
export const bodyFromArguments = (stored: JsonObject): JsonObject => {
  const {
    extra_headers: _headers,
    extra_query: _query,
    timeout: _timeout,
    extra_body: extraBody,
    ...body
  } = stored;
  return { ...body, ...objectOrEmpty(extraBody) };
};

/**
 * The parameters that a trace may have lost: those of `names` that the request does not have. A
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
