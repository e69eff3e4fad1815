import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import type { AssembledStream, FormatTools } from '../format.ts';
import { unwrapJson } from './embedded-json.ts';

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
  const { status } = options;
  const response = unwrapJson(value);
  if (status !== null && status >= 400) {
    return failedWith(status, errorMessage(response) ?? `status ${status}`);
  }
  if (response === undefined || response === null || response === '') return { kind: 'unknown' };
  const read = Array.isArray(response)
    ? readArray(response as readonly JsonValue[], options)
    : isJsonObject(response)
      ? readObject(response, options, typeof value === 'string')
      : readText(String(response as string | number | boolean), options);
  if (read !== null) return read;
  return typeof value === 'string' && options.plainText === 'answer'
    ? { kind: 'answered', body: completionOfText(value) }
    : failedWith(status, 'the response is no chat completion');
};

type Options = Parameters<typeof readOutcome>[1];

const readText = (text: string, { status, tools, plainText }: Options): RecordedOutcome | null => {
  // The text of an answer may begin with any word.
  const isStream = plainText === 'answer' ? /^data: ?[{[]/m : /^\s*(?:data|event|id|retry)?:/;
  if (!isStream.test(text)) return null;
  const stream = tools.assembleStream(text);
  return stream === null ? { kind: 'unknown' } : outcomeOfStream(stream, status);
};

const outcomeOfStream = (stream: AssembledStream, status: number | null): RecordedOutcome =>
  stream.problem === null
    ? { kind: 'answered', body: stream.body }
    : failedWith(status, stream.problem);

const readObject = (
  response: JsonObject,
  { status, plainText }: Options,
  wasText = false,
): RecordedOutcome | null => {
  // An answer in JSON may have an `error` of its own.
  const mayBeAnswer = wasText && plainText === 'answer' && !isJsonObject(response['error']);
  if (response['error'] && !mayBeAnswer)
    return failedWith(status, errorMessage(response) ?? 'an error');
  const { choices } = response;
  if (Array.isArray(choices)) return readChoices(response, choices, status);
  const isMessage = response['role'] === 'assistant';
  if (isMessage) return { kind: 'answered', body: completionOfMessage(response) };
  const said = response['object'] === 'error' ? errorMessage(response) : null;
  return said === null ? null : failedWith(status, said);
};

const readChoices = (
  body: JsonObject,
  choices: readonly JsonValue[],
  status: number | null,
): RecordedOutcome => {
  const objects = choices.filter(isJsonObject);
  if (objects.some(({ message }) => isJsonObject(message))) return { kind: 'answered', body };
  // Azure leaves the message out of what it has filtered.
  const reason = objects.find(({ finish_reason }) => typeof finish_reason === 'string');
  const why = reason === undefined ? '' : ` (${String(reason['finish_reason'])})`;
  return failedWith(status, `the response has no message${why}`);
};

/** Of chunks, or an error in an array, as Gemini sends it. */
const readArray = (response: readonly JsonValue[], options: Options): RecordedOutcome | null => {
  const objects = response.map(unwrapJson).filter(isJsonObject);
  const isStream = objects.some(
    ({ object, choices }) => object === 'chat.completion.chunk' || Array.isArray(choices),
  );
  const stream = isStream ? options.tools.assembleChunks(objects) : null;
  if (stream !== null) return outcomeOfStream(stream, options.status);
  const last = objects.at(-1);
  return last === undefined ? null : readObject(last, options);
};

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
