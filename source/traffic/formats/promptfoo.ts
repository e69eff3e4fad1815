import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { RecordedResponse } from '../capture.ts';
import { requestProblem } from '../chat-request.ts';
import { sha256 } from '../hash.ts';
import type { Surroundings } from '../reading/read-records.ts';
import type { Format, FormatReader, FormatRecord } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import {
  type AnswerFacts,
  completionOfMessages,
  completionUsage,
  firstCount,
  readFinishReason,
} from './parts/chat-completion.ts';
import { unwrapJson } from './parts/embedded-json.ts';
import { readMessages } from './parts/messages.ts';
import { readRecordedAnswer } from './parts/recorded-answer.ts';
import { errorMessage, failedWith, type RecordedOutcome } from './parts/recorded-outcome.ts';
import { readDuration } from './plain/record-fields.ts';

/**
 * Results of promptfoo, as JSON or JSON Lines (promptfoo/promptfoo, examples/french-greeting-test/output.json,
 * results of version 3). What several providers answered to one prompt of one test becomes one capture
 * with a recorded answer of each, under the provider's name: `promptIdx` counts prompts and providers
 * together, so that the rendered prompt tells which rows belong together. An `error` may be an assertion
 * that failed, which is no failure of the model: `failureReason` is 2 where that failed.
 */
export const promptfoo: Format = {
  name: 'promptfoo results',
  holdsAnswers: false,
  recognises: (row) =>
    isJsonObject(row['prompt']) &&
    typeof row['prompt']['raw'] === 'string' &&
    (isJsonObject(row['provider']) || typeof row['provider'] === 'string') &&
    ['failureReason', 'gradingResult', 'testIdx', 'success'].some(
      (name) => row[name] !== undefined,
    ),
  ready: async () => {
    const { readYamlList } = await import('../reading/yaml.ts');
    return { ...promptfoo, open: () => openResults(readYamlList) };
  },
  open: () => openResults(() => null),
};

/** The list that a text in YAML is; null where it is none. */
type ReadYamlList = (text: string) => readonly JsonValue[] | null;

const openResults = (readYamlList: ReadYamlList): FormatReader => {
  const known = new Set<string>();
  return {
    read: (row, around) => [readRow(row, around, known, readYamlList)],
    end: () => [],
  };
};

const readRow = (
  row: JsonObject,
  around: Surroundings | null,
  known: Set<string>,
  readYamlList: ReadYamlList,
): FormatRecord => {
  const prompt = isJsonObject(row['prompt']) ? row['prompt'] : {};
  const { raw, label } = prompt;
  const rowId = typeof row['id'] === 'string' ? row['id'] : null;
  const messages = typeof raw === 'string' ? messagesOf(raw, readYamlList) : null;
  if (messages === null) {
    const reason = 'chat prompt in YAML that holds no messages';
    return { kind: 'rejected', reason, recordId: rowId };
  }
  const request: JsonObject = { messages };
  const problem = requestProblem(request);
  if (problem !== null) return { kind: 'rejected', reason: problem, recordId: rowId };
  const id = groupId(row, around, request);
  const recorded = answerIn(row);
  if (known.has(id)) return { kind: 'answer', captureId: id, recorded };
  known.add(id);
  const { description, timestamp } = describe(row, around);
  const isLabel = typeof label === 'string' && label !== raw && /^.{1,80}$/.test(label);
  const read = captureRecord({
    id,
    timestamp,
    request,
    outcome: recorded === null ? failureOf(row) : { kind: 'unknown' },
    totalMs: null,
    timeToFirstTokenMs: null,
    endpoints: [isLabel ? label : undefined],
    metadata: description === undefined ? null : { test: description },
    partial: ['parameters'],
  });
  if (read.kind !== 'capture' || recorded === null) return read;
  return { kind: 'capture', capture: { ...read.capture, recorded: [recorded] } };
};

/**
 * A prompt is the text of messages in JSON or, where it begins with a role, in YAML, as promptfoo tells
 * them (src/providers/shared.ts, parseChatPrompt); any other is sent as the message of a user.
 */
const messagesOf = (raw: string, readYamlList: ReadYamlList): readonly JsonObject[] | null => {
  if (/^\s*- role:/.test(raw)) {
    return readMessages(readYamlList(raw) ?? [], { lost: new Set() })?.messages ?? null;
  }
  const list = unwrapJson(raw);
  const read = Array.isArray(list) ? readMessages(list, { lost: new Set() }) : null;
  return read?.messages ?? [{ role: 'user', content: raw }];
};

const groupId = (row: JsonObject, around: Surroundings | null, request: JsonObject): string => {
  const evaluation = row['evalId'] ?? around?.rest['evalId'] ?? null;
  const test = row['testIdx'] ?? row['vars'] ?? null;
  const mark = [evaluation, test, row['repeatIndex'] ?? 0, request];
  return `promptfoo-${sha256(canonicalJson(mark)).slice(0, 16)}`;
};

const describe = (
  row: JsonObject,
  around: Surroundings | null,
): { readonly description: string | undefined; readonly timestamp: JsonValue | undefined } => {
  const test = isJsonObject(row['testCase']) ? row['testCase'] : {};
  const results = isJsonObject(around?.rest['results']) ? around.rest['results'] : {};
  const description = row['description'] ?? test['description'];
  return {
    description: typeof description === 'string' && description !== '' ? description : undefined,
    timestamp: row['timestamp'] ?? results['timestamp'],
  };
};

/** `label` where the user gave one: the same model may stand in several providers. */
const providerOf = (row: JsonObject): string => {
  const { provider } = row;
  if (typeof provider === 'string') return provider;
  const { label, id } = isJsonObject(provider) ? provider : {};
  const name = [label, id].find((text) => typeof text === 'string' && text !== '');
  return typeof name === 'string' ? name : 'unknown';
};

const answerIn = (row: JsonObject): RecordedResponse | null => {
  const response = isJsonObject(row['response']) ? row['response'] : {};
  const output = response['output'] ?? row['output'];
  if (row['failureReason'] === 2 || output === undefined || output === null) return null;
  if (response['error']) return null;
  const model = providerOf(row);
  const reason = readFinishReason(response['finishReason']);
  const facts: AnswerFacts = {
    id: null,
    model,
    finishReasons: [reason],
    usage: usageIn(response['tokenUsage']),
    choices: 1,
  };
  const body =
    typeof output === 'string'
      ? completionOfMessages([{ role: 'assistant', content: output }], facts)
      : readRecordedAnswer(output, facts);
  if (body === null) return null;
  // What came from promptfoo's cache took no time of a model.
  const ms = readDuration(response['latencyMs'] ?? row['latencyMs']);
  const totalMs = response['cached'] === true ? null : ms;
  return { model, production: false, body, timeToFirstTokenMs: null, totalMs };
};

const usageIn = (value: JsonValue | undefined): JsonObject | null => {
  const tokens = isJsonObject(value) ? value : {};
  const details = isJsonObject(tokens['completionDetails']) ? tokens['completionDetails'] : {};
  return completionUsage({
    input: firstCount(tokens['prompt']),
    output: firstCount(tokens['completion']),
    cachedInput: null,
    reasoning: firstCount(details['reasoning']),
  });
};

const failureOf = (row: JsonObject): RecordedOutcome => {
  const response = isJsonObject(row['response']) ? row['response'] : {};
  const said = errorMessage(row['error']) ?? errorMessage(response['error']) ?? 'no answer';
  return failedWith(null, `${providerOf(row)}: ${said}`);
};
