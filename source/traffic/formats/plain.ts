import {
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
} from '../../text/json.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { recogniseAnswerBody } from '../dialects/recognise-answer.ts';
import { recogniseCallBody, recogniseCallPath } from '../dialects/recognise-call.ts';
import { type Format, type FormatRecord, type FormatTools, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { unwrapJson } from './parts/embedded-json.ts';
import { errorMessage, failedWith, readOutcome } from './parts/recorded-outcome.ts';
import { chatRequest, promptOutside } from './parts/traced-call.ts';
import { besideRequest, readFields } from './record-fields.ts';

/**
 * Objects with a `request` and a `response`, as people log them themselves. The request is a body in any
 * dialect, an object that holds one in `body` or `json`, also with its `url`, or its JSON text. The response
 * is the body of an answer, an object that holds one, a message, text, or a stream as it came.
 */
export const requestResponse: Format = {
  name: 'requests and responses',
  holdsAnswers: false,
  recognises: (record) => findBody(record['request']) !== null,
  open: oneByOne((record, _, tools) => {
    const { request, response, output, completion, chunks } = record;
    const parts = {
      request: findBody(request) ?? unwrapJson(request),
      response: response ?? output ?? completion ?? chunks,
      ...pathBeside(unwrapJson(request), record),
    };
    return plainCapture(record, parts, tools);
  }),
};

/** The object that is the body of a request; null if there is none. */
const findBody = (request: JsonValue | undefined): JsonObject | null => {
  const outer = unwrapJson(request);
  if (!isJsonObject(outer)) return null;
  return readWholeBody(outer) ?? readWholeBody(unwrapJson(outer['body'] ?? outer['json']));
};

/**
 * Reads the body of a request in any dialect, with its messages as a list if they are stored as JSON text. Null
 * for anything else.
 */
export const readWholeBody = (value: JsonValue | undefined): JsonObject | null => {
  if (!isJsonObject(value)) return null;
  const { messages } = value;
  if (messages !== undefined) {
    const list = readMessageList(messages);
    if (list === null) return null;
    return typeof messages === 'string' ? { ...value, messages: list } : value;
  }
  const body = recogniseCallBody(value);
  return body.kind === 'call' && body.sure ? value : null;
};

type PathFacts = { readonly dialect: Dialect | null; readonly pathModel: string | null };

/** What the URL of a request says, if one was logged with it. */
const pathBeside = (...sources: readonly (JsonValue | undefined)[]): PathFacts => {
  for (const source of sources) {
    if (!isJsonObject(source)) continue;
    const url = firstString(source['url'], source['uri'], source['path']);
    const call = url === null ? null : recogniseCallPath(url, 'POST');
    if (call?.kind === 'call') return { dialect: call.dialect, pathModel: call.model };
  }
  return { dialect: null, pathModel: null };
};

/**
 * Objects with an `input` and an `output`. The input is the whole request (exports of OpenPipe, with `tags`,
 * https://docs.openpipe.ai), a list of messages, or the text of a user; except for a whole request, the
 * parameters are not known.
 */
export const inputOutput: Format = {
  name: 'inputs and outputs',
  holdsAnswers: false,
  recognises: (record) =>
    readInput(record) !== null && record['output'] !== undefined && !isLoggedResponse(record),
  open: oneByOne((record, _, tools) => {
    const found = readInput(record);
    if (found === null) {
      return { kind: 'rejected', reason: 'no messages in the input', recordId: null };
    }
    const { tags, metadata, output } = record;
    const labelled =
      isJsonObject(tags) && metadata === undefined ? { ...record, metadata: tags } : record;
    return plainCapture(labelled, { ...withPromptBeside(found, record), response: output }, tools);
  }),
};

/** A request to the Responses API has an `input` as well, beside which its answer may be logged. */
const isLoggedResponse = (record: JsonObject): boolean => {
  const output = unwrapJson(record['output']);
  return (
    isJsonObject(output) &&
    recogniseAnswerBody(output) === 'responses' &&
    readWholeBody(record) !== null
  );
};

/** Puts the system prompt beside an input that is not a whole request before its messages. */
const withPromptBeside = (found: PartialRequest, record: JsonObject): PartialRequest => {
  if (found.partial.length === 0) return found;
  const { messages, ...rest } = found.request;
  const list = objectsIn(messages);
  const { messages: all = [] } = chatRequest({
    model: undefined,
    instructions: promptOutside(list, record),
    messages: list,
    tools: [],
    parameters: {},
  });
  return { ...found, request: { ...rest, messages: all } };
};

const readInput = (record: JsonObject): PartialRequest | null => {
  const { model } = record;
  return readRequestValue(record['input'], typeof model === 'string' ? model : null);
};

/** A request, and the parts of it that were lost. */
export type PartialRequest = { readonly request: JsonObject; readonly partial: readonly string[] };

/**
 * Reads a whole request body; or messages, or the text of a user, which have lost the parameters. Null for
 * anything else. `model` is the model of a request that names none.
 */
export const readRequestValue = (
  value: JsonValue | undefined,
  model: string | null,
): PartialRequest | null => {
  const given = unwrapJson(value);
  if (isJsonObject(given)) {
    const request = readWholeBody(given);
    return request === null ? null : { request, partial: [] };
  }
  const userText = firstString(given);
  const messages =
    readMessageList(given) ?? (userText === null ? null : [{ role: 'user', content: userText }]);
  if (messages === null) return null;
  return {
    request: { ...(model === null ? {} : { model }), messages },
    partial: ['parameters'],
  };
};

const answerNames = ['completion', 'response', 'output', 'answer'] as const;

const besideBody: ReadonlySet<string> = new Set([...besideRequest, ...answerNames, 'error']);

/**
 * Request bodies as they were sent. Fields that are not parameters (an id, a time, the answer) are read as
 * such. Rows for fine-tuning have no model and end with the answer: it counts as
 * what production answered, and the parameters are not known.
 */
export const bareRequest: Format = {
  name: 'request bodies',
  holdsAnswers: false,
  recognises: (record) => readWholeBody(record) !== null,
  open: oneByOne((record, _, tools) => readBareRequest(record, tools)),
};

const readBareRequest = (record: JsonObject, tools: FormatTools): FormatRecord => {
  const whole = readWholeBody(record);
  if (whole === null) {
    return plainCapture(record, { request: record, response: undefined }, tools);
  }
  const body = Object.fromEntries(Object.entries(whole).filter(([name]) => !besideBody.has(name)));
  const response =
    record['response'] ?? record['completion'] ?? record['output'] ?? record['answer'];
  const messages = objectsIn(body['messages']);
  const last = messages.at(-1);
  const hasAnswer = response !== undefined && response !== null;
  if (hasAnswer || record['model'] !== undefined || last?.['role'] !== 'assistant') {
    return plainCapture(record, { request: body, response: response ?? undefined }, tools);
  }
  const { weight: _, ...answer } = last;
  const request: JsonObject = { ...body, messages: messages.slice(0, -1) };
  return plainCapture(record, { request, response: answer, partial: ['parameters'] }, tools);
};

/**
 * A `prompt`, as text or a list of messages, with the answer in `completion`, `response`, `output` or
 * `answer`. Text becomes the message of a user, after the system prompt beside it if there is one.
 * Parameters are not known.
 */
export const promptCompletion: Format = {
  name: 'prompts and completions',
  holdsAnswers: false,
  recognises: (record) =>
    isPrompt(record['prompt']) && answerNames.some((name) => record[name] !== undefined),
  open: oneByOne((record, _, tools) => readPromptCompletion(record, tools)),
};

const isPrompt = (prompt: JsonValue | undefined): boolean =>
  firstString(prompt) !== null || readMessageList(prompt) !== null;

const readPromptCompletion = (record: JsonObject, tools: FormatTools): FormatRecord => {
  const { prompt, model } = record;
  if (!isPrompt(prompt)) return { kind: 'rejected', reason: 'no prompt', recordId: null };
  const messages = readMessageList(prompt) ?? [{ role: 'user', content: prompt ?? '' }];
  const request = chatRequest({
    model,
    instructions: promptOutside(messages, record),
    messages,
    tools: [],
    parameters: {},
  });
  const response = answerNames.map((name) => record[name]).find((value) => value !== undefined);
  return plainCapture(record, { request, response, partial: ['parameters'] }, tools);
};

/** The capture of a record with `request` and `response`, and every other field of the record. */
const plainCapture = (
  record: JsonObject,
  parts: {
    readonly request: JsonValue | undefined;
    readonly response: JsonValue | undefined;
    readonly partial?: readonly string[];
  } & Partial<PathFacts>,
  tools: FormatTools,
): FormatRecord => {
  const { status: statusBeside, error, ...fields } = readFields(record);
  const response = openResponse(parts.response);
  const status = response.status ?? statusBeside;
  const failure = error === undefined ? null : errorMessage(error);
  const { dialect = null, pathModel = null } = parts;
  return captureRecord({
    ...fields,
    dialect,
    model: pathModel ?? fields.model ?? null,
    request: parts.request,
    outcome:
      failure === null
        ? readOutcome(response.body, { status, tools, dialect, plainText: 'answer' })
        : failedWith(status, failure),
    partial: parts.partial ?? [],
  });
};

/** A response may be an object that holds its status and body: `{"status": 200, "body": …}`. */
const openResponse = (
  value: JsonValue | undefined,
): { readonly status: number | null; readonly body: JsonValue | undefined } => {
  const response = unwrapJson(value);
  if (!isJsonObject(response) || response['body'] === undefined) {
    return { status: null, body: value };
  }
  const { status } = readFields(response);
  // The text of an answer may be JSON that has a `body`.
  const isAnswerText = typeof value === 'string' && status === null;
  return { status, body: isAnswerText ? value : response['body'] };
};

/** Reads a list of messages, also from its JSON text; null for anything else. */
export const readMessageList = (value: JsonValue | undefined): readonly JsonObject[] | null => {
  const list = unwrapJson(value);
  if (!isJsonArray(list) || list.length === 0) return null;
  const messages = objectsIn(list).filter(({ role }) => typeof role === 'string');
  return messages.length === list.length ? messages : null;
};
