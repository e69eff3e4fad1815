import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Answer, Failure } from '../answer.ts';
import { errorCodes, errorText, shortened } from '../call/error-message.ts';
import { plainFailure, statusFailure } from '../call/failures.ts';
import { answerOfCompletion } from '../stream/accumulator.ts';
import { brokenFinish } from '../stream/stream-reader.ts';
import type { ThinkTags } from '../stream/think-tags.ts';
import type { BatchProfile } from './batch-profile.ts';

/** Returns a line of an input file, including its line end. Removes streaming from the request. */
export const batchInputLine = (
  profile: BatchProfile,
  customId: string,
  request: JsonObject,
): string => {
  const { stream: _, stream_options: __, ...body } = request;
  const line = { custom_id: customId, method: 'POST', url: profile.endpoint, body };
  return `${JSON.stringify(line)}\n`;
};

/** The result in a line of an output or error file. */
export type BatchResult =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type BatchOutputLine = {
  readonly customId: string;
  readonly providerRequestId: string | null;
  readonly result: BatchResult;
};

/**
 * Reads a line of an output or error file; null when it is not such a line. `thinkTags`: what becomes
 * of reasoning that comes within the text.
 */
export const readBatchOutputLine = (text: string, thinkTags: ThinkTags): BatchOutputLine | null => {
  const line = parse(text);
  if (!isJsonObject(line)) return null;
  const customId = line['custom_id'];
  if (typeof customId !== 'string') return null;
  const { response } = line;
  const error = present(line['error']);
  const requestId = isJsonObject(response) ? response['request_id'] : null;
  return {
    customId,
    providerRequestId:
      typeof requestId === 'string' && requestId !== '' ? shortened(requestId) : null,
    result:
      isJsonObject(response) && error === undefined
        ? responseResult(response, thinkTags)
        : { kind: 'failed', failure: errorFailure(error ?? response) },
  };
};

const responseResult = (response: JsonObject, thinkTags: ThinkTags): BatchResult => {
  const { body } = response;
  const status = typeof response['status_code'] === 'number' ? response['status_code'] : 200;
  if (status < 200 || status > 299) {
    return { kind: 'failed', failure: statusFailure(status, new Headers(), body) };
  }
  const answer = isJsonObject(body) && !body['error'] ? answerOfCompletion(body, thinkTags) : null;
  if (answer === null) {
    const said = errorText(body) ?? 'it is not a chat completion';
    const message = shortened(`The batch holds no answer to this request: ${said}`);
    return { kind: 'failed', failure: plainFailure('not_an_answer', message) };
  }
  const broken = brokenFinish(answer);
  if (broken !== null) {
    const message = `The answer broke off: ${broken}.`;
    return { kind: 'failed', failure: plainFailure('stream_error', message) };
  }
  return { kind: 'answered', answer };
};

/**
 * Returns the failure of a line without a response: the batch ended first, or the request never
 * ran.
 */
const errorFailure = (error: JsonValue | undefined): Failure => {
  const said = shortened(errorText(error) ?? 'it does not say why');
  const codes = errorCodes(error);
  const ended = (word: string): boolean => codes.some((code) => code.includes(word));
  if (ended('expired')) return plainFailure('timeout', `The batch expired: ${said}`);
  if (ended('cancel')) return plainFailure('interrupted', `The batch was cancelled: ${said}`);
  const code = codes.find((one) => /^[45]\d\d$/.test(one));
  if (code !== undefined) return statusFailure(Number(code), new Headers(), error);
  const refused = codes.some((one) => /invalid|not_found|unsupported|parse|mismatch/.test(one));
  return plainFailure(refused ? 'rejected' : 'server_error', `The batch failed here: ${said}`);
};

const present = (value: JsonValue | undefined): JsonValue | undefined =>
  value === null || (isJsonObject(value) && Object.values(value).every((one) => one === null))
    ? undefined
    : value;

const parse = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
};
