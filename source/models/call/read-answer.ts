import { parseAnswerJson } from '../../text/exact-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import type { Answer, Failure, FailureReason } from '../answer.ts';
import { readWholeAnswer } from '../stream/answer-dialects.ts';
import { brokenFinish, StreamReader } from '../stream/stream-reader.ts';
import type { ThinkTags } from '../stream/think-tags.ts';
import type { CallWatch, Deadlines } from './deadlines.ts';
import { errorText, shortened } from './error-message.ts';
import { cutOffFailure, plainFailure, reportedFailure } from './failures.ts';
import { unreadableCoding } from './http-transport.ts';

/** The end of a call: an answer, or a failure with the partial answer before it. */
export type CallEnding =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly partial: Answer | null };

/** `requestId` is the request id in the body; null if there is none. */
export type ReadAnswer = { readonly ending: CallEnding; readonly requestId: string | null };

export type ReadAnswerOptions = {
  /** The request. */
  readonly body: JsonObject;
  /** Of the request and its answer; default: `chat`. */
  readonly dialect?: Dialect;
  readonly deadlines: Deadlines;
  readonly maximumBytes: number;
  /** How to treat reasoning within the text. */
  readonly thinkTags: ThinkTags;
  readonly onText?: (text: string) => void;
};

/**
 * Reads the body of a 2xx response, a stream or a whole completion. Never rejects. `onFirstToken` is
 * called again where what was visible first has turned out to be reasoning.
 */
export const readAnswerBody = async (
  response: Response,
  options: ReadAnswerOptions,
  watch: CallWatch,
  onFirstToken: () => void,
): Promise<ReadAnswer> => {
  const coding = unreadableCoding(response.headers);
  if (coding !== null) {
    await response.body?.cancel().catch(() => {});
    return { ending: undecoded(`compressed as ${coding}`, response.status), requestId: null };
  }
  const type = mediaType(response);
  // A stream with another content type, or none, is still a stream, and it was paid for.
  return isJsonType(type) || type === 'text/html'
    ? await readUnstreamedAnswer(response, options, watch)
    : await readStreamedAnswer(response, options, watch, onFirstToken);
};

const readStreamedAnswer = async (
  response: Response,
  options: ReadAnswerOptions,
  watch: CallWatch,
  onFirstToken: () => void,
): Promise<ReadAnswer> => {
  const { dialect, maximumBytes, onText, thinkTags } = options;
  const { n } = options.body;
  const stream = new StreamReader(typeof n === 'number' ? n : 1, thinkTags, dialect);
  /** The bytes before the first event: some servers send JSON and call it a stream. */
  let preamble: Uint8Array[] = [];
  let beginnings = 0;
  const show = (text: string): void => {
    if (stream.alive) watch.noteToken();
    if (stream.beginnings > beginnings) {
      ({ beginnings } = stream);
      onFirstToken();
    }
    if (text !== '') onText?.(text);
  };
  const bytesWatch: BytesWatch = {
    signal: watch.signal,
    noteBytes: () => {
      // The Responses API sends its first events at once, and nothing while the model thinks.
      if (dialect !== 'responses' || stream.alive) watch.noteBytes();
    },
  };
  const end = await readResponseBytes(response.body, maximumBytes, bytesWatch, (bytes) => {
    show(stream.push(bytes));
    if (!stream.begun) preamble.push(bytes);
    else if (preamble.length > 0) preamble = [];
    return !stream.ended;
  });
  if (end === 'end') show(stream.end());
  const ending =
    streamEnding(stream, response) ??
    unfinishedEnding(stream.answer(), end, response, options, watch);
  if (ending !== null) return { ending, requestId: stream.requestId };
  return readPreamble(Buffer.concat(preamble).toString(), response, options);
};

/** The ending that the stream itself tells: whole, or broken off by the server; else null. */
const streamEnding = (stream: StreamReader, { headers, status }: Response): CallEnding | null => {
  const { standing } = stream;
  const answer = stream.answer();
  if (standing.kind === 'error') {
    // An error before the answer is the server's response, whatever it is wrapped in.
    const failure = stream.alive ? null : reportedFailure(status, headers, stream.errorBody);
    if (failure !== null) return { kind: 'failed', failure, partial: answer };
    const message = `The server broke off its answer: ${standing.message}`;
    return failed('stream_error', message, status, answer);
  }
  return standing.kind === 'complete' && answer !== null ? { kind: 'answered', answer } : null;
};

/** Returns the ending of an aborted or truncated body; null if it ended without any event. */
const unfinishedEnding = (
  partial: Answer | null,
  end: BodyEnd,
  { status }: Response,
  options: ReadAnswerOptions,
  watch: CallWatch,
): CallEnding | null => {
  const cut = cutFailure(end, options, watch, status);
  if (cut !== null) return { kind: 'failed', failure: cut, partial };
  if (end === 'damaged') return undecoded('not compressed as its headers say', status);
  return partial !== null || end === 'broken'
    ? failed('truncated', 'The answer ended before it was complete.', status, partial)
    : null;
};

/** A stream without events may be a completion under the wrong name. */
const readPreamble = (text: string, response: Response, options: ReadAnswerOptions): ReadAnswer => {
  const json = parseAnswerJson(text);
  if (json !== undefined) return readWholeBody(json, response, options);
  const type = mediaType(response);
  const ending =
    type === 'text/event-stream'
      ? failed('truncated', 'The server sent an empty stream.', response.status)
      : notAnAnswer(bodyDescription(text, type), response.status);
  return { ending, requestId: null };
};

/** Reads a body that is not a stream. */
const readUnstreamedAnswer = async (
  response: Response,
  options: ReadAnswerOptions,
  watch: CallWatch,
): Promise<ReadAnswer> => {
  const { status } = response;
  const decoder = new TextDecoder();
  let text = '';
  const end = await readResponseBytes(response.body, options.maximumBytes, watch, (bytes) => {
    const piece = decoder.decode(bytes, { stream: true });
    // Some servers send blank lines until the answer is ready.
    if (/\S/.test(piece)) watch.noteToken();
    text += piece;
    return true;
  });
  text += decoder.decode();
  const ending = unfinishedEnding(null, end, response, options, watch);
  if (ending !== null) return { ending, requestId: null };
  const type = mediaType(response);
  const json = isJsonType(type) ? parseAnswerJson(text) : undefined;
  if (json !== undefined) return readWholeBody(json, response, options);
  return { ending: notAnAnswer(bodyDescription(text, type), status), requestId: null };
};

/** Reads a JSON body: an answer, one that broke off, or none. */
const readWholeBody = (
  json: JsonValue,
  { headers, status }: Response,
  { dialect = 'chat', thinkTags }: ReadAnswerOptions,
): ReadAnswer => {
  const isError = isJsonObject(json) && Boolean(json['error']);
  const whole = isError ? null : readWholeAnswer(dialect, json, thinkTags);
  if (whole === null) {
    const failure = reportedFailure(status, headers, json);
    if (failure !== null) {
      return { ending: { kind: 'failed', failure, partial: null }, requestId: null };
    }
    const description = errorText(json) ?? `JSON that is not ${answerNames[dialect]}.`;
    return { ending: notAnAnswer(description, status), requestId: null };
  }
  const { answer, problem, requestId } = whole;
  const error = problem?.message ?? brokenFinish(answer);
  const ending: CallEnding =
    error === null
      ? { kind: 'answered', answer }
      : failed('stream_error', `The server broke off its answer: ${error}`, status, answer);
  return { ending, requestId };
};

/** What an answer is called in each dialect. */
const answerNames: Readonly<Record<Dialect, string>> = {
  chat: 'a chat completion',
  responses: 'a finished response of the Responses API',
  messages: 'a message of Anthropic',
  gemini: 'a response of Gemini',
};

const failed = (
  reason: FailureReason,
  message: string,
  status: number,
  partial: Answer | null = null,
): CallEnding => ({
  kind: 'failed',
  failure: plainFailure(reason, shortened(message), status),
  partial,
});

const notAnAnswer = (description: string, status: number): CallEnding =>
  failed(
    'not_an_answer',
    `The server answered ${status}, but with no answer: ${description}`,
    status,
  );

const undecoded = (how: string, status: number): CallEnding =>
  notAnAnswer(`a body that is ${how} and cannot be read.`, status);

const bodyDescription = (text: string, type: string): string => {
  if (text.trim() === '') return 'the body is empty.';
  if (type === 'text/html') return 'a web page. Is the base URL right?';
  return `a body of type ${type || 'unknown'}. Is the base URL right?`;
};

/** Returns the failure of a body that was cut by a deadline or the byte limit; otherwise null. */
const cutFailure = (
  end: BodyEnd,
  { deadlines, maximumBytes }: ReadAnswerOptions,
  watch: CallWatch,
  status: number,
): Failure | null => {
  if (end === 'broken' && watch.cutOff !== null) {
    return cutOffFailure(watch.cutOff, deadlines, status);
  }
  if (end !== 'too large') return null;
  return plainFailure('too_large', `The answer has more than ${maximumBytes} bytes.`, status);
};

const mediaType = (response: Response): string =>
  (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

const isJsonType = (type: string): boolean => /^application\/(?:.+\+)?json$/.test(type);

/**
 * The way in which reading a body stopped: at its end, because the caller had enough, at the byte
 * limit, because it cannot be decompressed, or early because the connection broke or the call was aborted.
 */
export type BodyEnd = 'end' | 'enough' | 'too large' | 'damaged' | 'broken';

/** What zlib reports of bytes that are not in the announced format; a body that was cut is none of these. */
const isDamage = (error: unknown): boolean =>
  /^(?:Z_DATA_ERROR|ERR_+ERROR_FORMAT|ERR_BROTLI|ZSTD_error_)/.test(
    String((error as { readonly code?: unknown }).code),
  );

/** What is told of the bytes of a body, and when to stop reading them. */
type BytesWatch = Pick<CallWatch, 'noteBytes' | 'signal'>;

const drainMs = 1000;

/**
 * Passes the chunks of a body to `take` until it returns false, and reports each to the watch.
 * Never rejects.
 */
export const readResponseBytes = async (
  body: Response['body'],
  maximumBytes: number,
  watch: BytesWatch,
  take: (bytes: Uint8Array) => boolean,
): Promise<BodyEnd> => {
  if (body === null) return 'end';
  const reader = body.getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      // A body without a length also ends when the watch closes the connection.
      if (done) return watch.signal.aborted ? 'broken' : 'end';
      watch.noteBytes();
      bytes += value.length;
      if (bytes > maximumBytes) {
        cancel(reader);
        return 'too large';
      }
      if (!take(value)) {
        drain(reader);
        return 'enough';
      }
    }
  } catch (error) {
    return isDamage(error) ? 'damaged' : 'broken';
  }
};

type BodyReader = ReadableStreamDefaultReader<Uint8Array>;

/** Closes the connection. */
const cancel = (reader: BodyReader): void => {
  // A body that breaks at the same moment has nothing left to cancel.
  reader.cancel().catch(() => {});
};

/**
 * Reads the rest of the body, which has usually arrived already, so that the connection can be
 * reused. It runs in the background and closes the connection after a second.
 */
const drain = (reader: BodyReader): void => {
  const timer = setTimeout(cancel, drainMs, reader);
  timer.unref();
  const readOn = async (): Promise<void> => {
    while (!(await reader.read()).done);
  };
  readOn()
    .catch(() => {})
    .finally(() => clearTimeout(timer));
};
