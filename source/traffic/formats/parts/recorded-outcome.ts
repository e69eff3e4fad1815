import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import {
  recogniseAnswerBody,
  recogniseEvent,
  recogniseStream,
} from '../../dialects/recognise-answer.ts';
import type { RecordedError } from '../../import-record.ts';
import type { AssembledStream, FormatTools } from '../format.ts';
import { completionOfMessage, completionOfText } from './chat-completion.ts';
import { unwrapJson } from './embedded-json.ts';

/**
 * What production got for a request. `answered`: the body of an answer in any dialect. `failed`: an error,
 * with the HTTP status if it is known. `unreadable`: there is a response that this program cannot read,
 * which says nothing about production; `why` is a short, stable phrase. `unknown`: the recording does not
 * say.
 */
export type RecordedOutcome =
  | { readonly kind: 'answered'; readonly body: JsonObject }
  | { readonly kind: 'failed'; readonly status: number | null; readonly message: string }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'unknown' };

/** Longer messages are cut: the rest of an HTML page says no more. */
const maximumMessageLength = 500;

export const failedWith = (status: number | null, message: string): RecordedOutcome => ({
  kind: 'failed',
  ...recordedError(status, message),
});

/** A failure of which only a message is known, with the HTTP status that it names. */
export const failedSaying = (message: string): RecordedOutcome =>
  failedWith(statusInText(message), message);

/** The error that production got, as captures keep it. Longer messages are cut. */
export const recordedError = (status: number | null, message: string): RecordedError => ({
  status,
  message: message.slice(0, maximumMessageLength),
});

/** An answer as an outcome; null, where the recording has none, is `unknown`. */
export const answeredWith = (body: JsonObject | null): RecordedOutcome =>
  body === null ? { kind: 'unknown' } : { kind: 'answered', body };

type OutcomeOptions = {
  readonly status: number | null;
  readonly tools: FormatTools;
  readonly plainText: 'answer' | 'no answer';
  /** The dialect of the path; null or left out where the events of a stream must say it. */
  readonly dialect?: Dialect | null;
};

/**
 * Reads a recorded response in any form: a completion or an error, as an object or as its text; a stream,
 * as server-sent events or as an array of chunks. `plainText` says what any other text is: the text of
 * the answer, or no answer at all.
 */
export const readOutcome = (
  value: JsonValue | undefined,
  options: OutcomeOptions,
): RecordedOutcome => {
  const { status } = options;
  const response = unwrapJson(value);
  if (status !== null && status >= 400) {
    return failedWith(status, errorMessage(response) ?? `status ${status}`);
  }
  if (response === undefined || response === null || response === '') return { kind: 'unknown' };
  const source = typeof value === 'string' ? 'text' : 'object';
  const read = isJsonArray(response)
    ? readArray(response, options)
    : isJsonObject(response)
      ? readObject(response, options, source)
      : readText(String(response), options);
  if (read !== null) return read;
  return typeof value === 'string' && options.plainText === 'answer'
    ? answeredWith(completionOfText(value))
    : unreadText(response, status);
};

/** Text in place of a JSON body is what production got; of JSON in a form that is not known nobody knows. */
const unreadText = (response: JsonValue, status: number | null): RecordedOutcome => {
  const why = 'the response is not an answer of a model';
  return typeof response === 'string' ? failedWith(status, why) : { kind: 'unreadable', why };
};

const readText = (
  text: string,
  { status, tools, plainText, dialect = null }: OutcomeOptions,
): RecordedOutcome | null => {
  // The text of an answer may begin with any word, so a stream must be recognised by more.
  const stream = plainText === 'answer' ? /^data: ?[{[]/m : /^\s*(?:data|event|id|retry)?:/;
  if (!stream.test(text)) return null;
  const assembled = tools.assembleStream(text, recogniseStream(text) ?? dialect ?? 'chat');
  return assembled === null ? { kind: 'unknown' } : streamOutcome(assembled, status);
};

const streamOutcome = (stream: AssembledStream, status: number | null): RecordedOutcome =>
  stream.problem === null ? answeredWith(stream.body) : failedWith(status, stream.problem);

const readObject = (
  response: JsonObject,
  options: OutcomeOptions,
  source: 'text' | 'object',
): RecordedOutcome | null => {
  const { status, plainText } = options;
  // An answer that is JSON may have a member `error` of its own.
  const mayBeAnswer =
    source === 'text' && plainText === 'answer' && !isJsonObject(response['error']);
  if (response['error'] && !mayBeAnswer) {
    return failedWith(status, errorMessage(response) ?? 'an error');
  }
  const { choices } = response;
  if (isJsonArray(choices)) return readChoices(response, choices, status);
  // LiteLLM keeps the event that ends a stream, which has all of the answer.
  const ended = /^response\.\w+$/.test(String(response['type'])) ? response['response'] : undefined;
  if (isJsonObject(ended)) return readObject(ended, options, source);
  const dialect = recogniseAnswerBody(response);
  if (dialect === 'responses') return readResponse(response, status);
  if (dialect !== null) return answeredWith(response);
  if (response['role'] === 'assistant') return answeredWith(completionOfMessage(response));
  const message = response['object'] === 'error' ? errorMessage(response) : null;
  return message === null ? null : failedWith(status, message);
};

const unfinished: ReadonlySet<string> = new Set(['queued', 'in_progress', 'cancelled', 'failed']);

/** A response of the Responses API, which may be fetched before it is finished. */
const readResponse = (body: JsonObject, code: number | null): RecordedOutcome => {
  const { status } = body;
  return typeof status === 'string' && unfinished.has(status)
    ? failedWith(code, `the response is ${status}`)
    : answeredWith(body);
};

const readChoices = (
  body: JsonObject,
  choices: readonly JsonValue[],
  status: number | null,
): RecordedOutcome => {
  const objects = choices.filter(isJsonObject);
  if (objects.some(({ message }) => isJsonObject(message))) return answeredWith(body);
  if (objects.some(({ text }) => typeof text === 'string')) {
    return { kind: 'unreadable', why: 'the response is a text completion' };
  }
  // Azure leaves the message out of an answer that it has filtered.
  const choice = objects.find(({ finish_reason: reason }) => typeof reason === 'string');
  const reason = choice === undefined ? '' : ` (${String(choice['finish_reason'])})`;
  return failedWith(status, `the response has no message${reason}`);
};

/** An array of chunks or of choices, or an error in an array, as Gemini sends it. */
const readArray = (
  response: readonly JsonValue[],
  options: OutcomeOptions,
): RecordedOutcome | null => {
  const objects = response.map(unwrapJson).filter(isJsonObject);
  const stream = objects.some((event) => recogniseEvent(event) !== null)
    ? options.tools.assembleChunks(
        objects,
        objects.map(recogniseEvent).find((known) => known !== null) ?? options.dialect ?? 'chat',
      )
    : null;
  if (stream !== null) return streamOutcome(stream, options.status);
  if (objects.length > 0 && objects.every(({ message }) => isJsonObject(message))) {
    return readChoices({ object: 'chat.completion', choices: objects }, objects, options.status);
  }
  const last = objects.at(-1);
  return last === undefined ? null : readObject(last, options, 'object');
};

/** The message of an error body, as OpenAI, vLLM, FastAPI and Gemini spell it; null if there is none. */
export const errorMessage = (body: JsonValue | undefined): string | null => {
  if (typeof body === 'string') return body.trim() === '' ? null : body.trim();
  if (isJsonArray(body)) return errorMessage(body[0]);
  if (!isJsonObject(body)) return null;
  for (const key of ['error', 'message', 'detail', 'error_message'] as const) {
    const found = body[key];
    if (typeof found === 'string' && found !== '') return found;
    if (isJsonObject(found)) return errorMessage(found) ?? JSON.stringify(found);
  }
  return null;
};

/** The HTTP status that an error message names; null if it names none. */
export const statusInText = (message: string): number | null => {
  const found = /\b(?:error code|status(?: code)?|HTTP)\D{0,3}([45]\d\d)\b|^([45]\d\d)\b/i.exec(
    message,
  );
  return found === null ? null : Number(found[1] ?? found[2]);
};
