import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Answer, Failure, FailureReason } from '../answer.ts';
import { readCompletion } from '../stream/accumulator.ts';
import { chunkError } from '../stream/error-chunk.ts';
import { brokenFinish, createStreamReader } from '../stream/stream-reader.ts';
import type { Deadlines, Watch } from './deadlines.ts';
import { errorText, shortened } from './error-message.ts';
import { cutOffFailure, failureOf } from './failures.ts';
import { bodyOf } from './http-fetch.ts';
import { readBody, type BodyEnd } from './read-body.ts';

/** What came of a call: an answer, or why there is none with what came before. */
export type Ending =
  { readonly answer: Answer } | { readonly failure: Failure; readonly partial: Answer | null };

/** The ending, and the name of the request that the body holds. */
export type Read = { readonly ending: Ending; readonly requestId: string | null };

export type Reading = {
  /** What was sent. */
  readonly body: JsonObject;
  readonly deadlines: Deadlines;
  readonly maximumBytes: number;
  readonly onText?: (text: string) => void;
};

/** Reads the body of a good response, a stream or a whole completion. Never rejects. */
export const readAnswer = async (
  response: Response,
  reading: Reading,
  watch: Watch,
  onFirstToken: () => void,
): Promise<Read> =>
  // A stream is one whatever it is called: it was paid for.
  isJson(mediaType(response)) || mediaType(response) === 'text/html'
    ? await readWhole(response, reading, watch)
    : await readStream(response, reading, watch, onFirstToken);

const readStream = async (
  response: Response,
  reading: Reading,
  watch: Watch,
  onFirstToken: () => void,
): Promise<Read> => {
  const { body, maximumBytes, onText } = reading;
  const { n } = body;
  const stream = createStreamReader(typeof n === 'number' ? n : 1);
  let visible = false;
  let alive = false;
  /** What came before anything of an answer: some servers send JSON and call it a stream. */
  let before: Uint8Array[] = [];
  const show = (text: string): void => {
    if (!alive && stream.alive()) {
      alive = true;
      watch.lived();
    }
    if (!visible && stream.visible()) {
      visible = true;
      onFirstToken();
    }
    if (text !== '') onText?.(text);
  };
  const end = await readBody(bodyOf(response), maximumBytes, watch, (bytes) => {
    show(stream.push(bytes));
    if (!stream.begun()) before.push(bytes);
    else if (before.length > 0) before = [];
    return !stream.ended();
  });
  if (end === 'end') show(stream.end());

  const partial = stream.answer();
  const requestId = stream.requestId();
  const fail = (reason: FailureReason, message: string): Read => {
    const failure = failureOf(reason, shortened(message), response.status);
    return { ending: failed(failure, partial), requestId };
  };
  const standing = stream.standing();
  if (standing.kind === 'error') {
    return fail('stream_error', `The server broke off its answer: ${standing.message}`);
  }
  if (standing.kind === 'complete' && partial !== null) {
    return { ending: { answer: partial }, requestId };
  }
  const cut = cutShort(end, reading, watch, response.status);
  if (cut !== null) return { ending: failed(cut, partial), requestId };
  if (partial !== null || end === 'broken') {
    return fail('truncated', 'The answer ended before it was complete.');
  }
  const text = Buffer.concat(before).toString();
  const json = parse(text);
  if (json !== undefined) return wholeAnswer(json, response.status);
  const type = mediaType(response);
  if (type !== 'text/event-stream') return noAnswer(text, type, response.status);
  return fail('truncated', 'The server sent a stream with nothing in it.');
};

/** A body that is no stream: a whole completion is taken as the answer, anything else is none. */
const readWhole = async (response: Response, reading: Reading, watch: Watch): Promise<Read> => {
  const { status } = response;
  const decoder = new TextDecoder();
  let text = '';
  const end = await readBody(bodyOf(response), reading.maximumBytes, watch, (bytes) => {
    const piece = decoder.decode(bytes, { stream: true });
    // Some servers send blank lines until the answer is there.
    if (/\S/.test(piece)) watch.lived();
    text += piece;
    return true;
  });
  text += decoder.decode();
  const cut = cutShort(end, reading, watch, status);
  const without = (failure: Failure): Read => ({ ending: failed(failure), requestId: null });
  if (cut !== null) return without(cut);
  if (end === 'broken') {
    return without(failureOf('truncated', 'The answer ended before it was complete.', status));
  }
  const type = mediaType(response);
  const json = isJson(type) ? parse(text) : undefined;
  if (json !== undefined) return wholeAnswer(json, status);
  return noAnswer(text, type, status);
};

const noAnswer = (text: string, type: string, status: number): Read => {
  const message = `The server answered ${status}, but with no answer: ${whatCame(text, type)}`;
  const failure = failureOf('not_an_answer', shortened(message), status);
  return { ending: failed(failure), requestId: null };
};

/** What a body of JSON says: an answer, one that broke off, or none. */
const wholeAnswer = (json: JsonValue, status: number): Read => {
  const completion = isJsonObject(json) && !json['error'] ? readCompletion(json) : null;
  if (completion === null || !isJsonObject(json)) {
    const what = errorText(json) ?? 'JSON that is no chat completion.';
    const message = shortened(`The server answered ${status}, but with no answer: ${what}`);
    return { ending: failed(failureOf('not_an_answer', message, status)), requestId: null };
  }
  const answer = completion.answer();
  const requestId = completion.requestId();
  const broken = chunkError(json) ?? brokenFinish(answer);
  if (broken === null) return { ending: { answer }, requestId };
  const message = shortened(`The server broke off its answer: ${broken}`);
  return { ending: failed(failureOf('stream_error', message, status), answer), requestId };
};

const whatCame = (text: string, type: string): string => {
  if (text.trim() === '') return 'the body is empty.';
  if (type === 'text/html') return 'a web page. Is the base URL right?';
  return `a body of type ${type || 'unknown'}. Is the base URL right?`;
};

/** The failure of a body that the watch or the cap has cut; null when neither has. */
const cutShort = (
  end: BodyEnd,
  { deadlines, maximumBytes }: Reading,
  watch: Watch,
  status: number,
): Failure | null => {
  const cutOff = watch.cutOff();
  if (end === 'broken' && cutOff !== null) return cutOffFailure(cutOff, deadlines, status);
  if (end !== 'too large') return null;
  return failureOf('too_large', `The answer has more than ${maximumBytes} bytes.`, status);
};

const failed = (failure: Failure, partial: Answer | null = null): Ending => ({ failure, partial });

const mediaType = (response: Response): string =>
  (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

const isJson = (type: string): boolean => /^application\/(?:.+\+)?json$/.test(type);

const parse = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
};
