import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import type { FormatTools } from '../format.ts';
import { unwrapJson } from './json-text.ts';

/**
 * What production got for a request. `answered`: a `chat.completion` object. `failed`: an error, with
 * the HTTP status where it is known. `unknown`: the recording does not say.
 */
export type RecordedOutcome =
  | { readonly kind: 'answered'; readonly body: JsonObject }
  | { readonly kind: 'failed'; readonly status: number | null; readonly message: string }
  | { readonly kind: 'unknown' };

/** Longer messages are cut: a page of HTML says no more in full. */
const maximumMessageLength = 500;

export const failedWith = (status: number | null, message: string): RecordedOutcome => ({
  kind: 'failed',
  status,
  message: message.slice(0, maximumMessageLength),
});

/**
 * Reads a recorded response however it was written down: a completion or an error as an object or as
 * its text, a stream as server-sent events or as an array of chunks. A text that is none of these is
 * taken as `plainText` says: for the text of the answer, or for no answer at all.
 */
export const readOutcome = (
  value: JsonValue | undefined,
  options: {
    readonly status: number | null;
    readonly tools: FormatTools;
    readonly plainText: 'answer' | 'no answer';
  },
): RecordedOutcome => {
  const { status, tools } = options;
  const response = unwrapJson(value);
  if (status !== null && status >= 400) {
    return failedWith(status, errorMessage(response) ?? `status ${status}`);
  }
  if (response === undefined || response === null || response === '') return { kind: 'unknown' };
  if (Array.isArray(response)) return readArray(response, options);
  if (isJsonObject(response)) return readObject(response, options);
  const text = String(response as string | number | boolean);
  if (isEventStream(text)) {
    const stream = tools.assembleStream(text);
    if (stream === null) return { kind: 'unknown' };
    return stream.problem === null
      ? { kind: 'answered', body: stream.body }
      : failedWith(status, stream.problem);
  }
  if (options.plainText === 'answer') return { kind: 'answered', body: completionOfText(text) };
  return failedWith(status, 'the response is no chat completion');
};

type Options = Parameters<typeof readOutcome>[1];

const readObject = (response: JsonObject, options: Options): RecordedOutcome => {
  const choices = response['choices'];
  const hasMessage =
    Array.isArray(choices) &&
    choices.some((choice: JsonValue) => isJsonObject(choice) && isJsonObject(choice['message']));
  if (hasMessage && !response['error']) return { kind: 'answered', body: response };
  if (typeof response['role'] === 'string' && !Array.isArray(choices)) {
    return { kind: 'answered', body: completionOfMessage(response) };
  }
  const message = errorMessage(response);
  return failedWith(options.status, message ?? 'the response is no chat completion');
};

/** Of chunks, of messages, or an error in an array, as Gemini sends it. */
const readArray = (response: readonly JsonValue[], options: Options): RecordedOutcome => {
  const objects = response.map(unwrapJson).filter(isJsonObject);
  const isStream = objects.some(
    ({ object, choices }) => object === 'chat.completion.chunk' || Array.isArray(choices),
  );
  if (isStream) {
    const stream = options.tools.assembleChunks(objects);
    if (stream !== null) {
      return stream.problem === null
        ? { kind: 'answered', body: stream.body }
        : failedWith(options.status, stream.problem);
    }
  }
  const last = objects.at(-1);
  return last === undefined ? { kind: 'unknown' } : readObject(last, options);
};

const isEventStream = (text: string): boolean => /^\s*(?:data|event|id|retry)?:/.test(text);

/** A message as the completion that holds it. Why it ended is not known. */
export const completionOfMessage = (message: JsonObject): JsonObject => ({
  object: 'chat.completion',
  choices: [{ index: 0, message, finish_reason: null }],
});

export const completionOfText = (content: string): JsonObject =>
  completionOfMessage({ role: 'assistant', content });

/** What an error body says, in the spellings of OpenAI, vLLM, FastAPI and Gemini; null for nothing. */
export const errorMessage = (body: JsonValue | undefined): string | null => {
  if (typeof body === 'string') return body.trim() === '' ? null : body.trim();
  if (Array.isArray(body)) return errorMessage((body as readonly JsonValue[])[0]);
  if (!isJsonObject(body)) return null;
  for (const key of ['error', 'message', 'detail', 'error_message'] as const) {
    const said = body[key];
    if (typeof said === 'string' && said !== '') return said;
    if (isJsonObject(said)) return errorMessage(said) ?? JSON.stringify(said);
  }
  return null;
};
