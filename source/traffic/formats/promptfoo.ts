import {
  canonicalJson,
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
} from '../../text/json.ts';
import type { RecordedResponse } from '../capture.ts';
import { callsUndefinedTools } from '../chat-request.ts';
import { sha256 } from '../hash.ts';
import type { Surroundings } from '../reading/source-record.ts';
import { readDuration } from '../times.ts';
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
import { errorMessage, failedWith, type RecordedOutcome } from './parts/recorded-outcome.ts';
import { readTracedAnswer } from './parts/traced-answer.ts';

/**
 * Results of promptfoo, as JSON or JSON Lines (promptfoo/promptfoo, examples/french-greeting-test/output.json,
 * results of version 3). The answers of several providers to one prompt of one test become one capture, with
 * a recorded answer under the name of each provider. `promptIdx` numbers prompts and providers together,
 * so rows are grouped by the rendered prompt. An `error` may be a failed assertion, which is not a failure
 * of the model; `failureReason` is 2 if the model failed.
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
    const { parseYamlList } = await import('../reading/yaml.ts');
    return { ...promptfoo, open: () => openResults(parseYamlList) };
  },
  open: () => openResults(() => null),
};

/** Parses a list in YAML; null for any other text. */
type ParseYamlList = (text: string) => readonly JsonValue[] | null;

const openResults = (parseYamlList: ParseYamlList): FormatReader => {
  const seen = new Set<string>();
  return {
    read: (row, around) => [readRow(row, around, seen, parseYamlList)],
    end: () => [],
  };
};

const readRow = (
  row: JsonObject,
  around: Surroundings | null,
  seen: Set<string>,
  parseYamlList: ParseYamlList,
): FormatRecord => {
  const { raw, label } = objectOrEmpty(row['prompt']);
  const recordId = firstString(row['id']);
  const lost = new Set<string>();
  const messages = typeof raw === 'string' ? readPrompt(raw, parseYamlList, lost) : null;
  if (messages === null) {
    return { kind: 'rejected', reason: 'chat prompt in YAML without messages', recordId };
  }
  const request: JsonObject = { messages };
  const id = groupId(row, around, request);
  const recorded = readAnswer(row);
  const callsTools = recorded !== null && callsUndefinedTools(request, [recorded.body]);
  const test = objectOrEmpty(row['testCase']);
  const description = firstString(row['description'] ?? test['description']);
  const isLabel = typeof label === 'string' && label !== raw && /^.{1,80}$/.test(label);
  const read = captureRecord({
    id,
    timestamp: row['timestamp'] ?? objectOrEmpty(around?.rest['results'])['timestamp'],
    request,
    outcome: recorded === null ? readFailure(row) : { kind: 'unknown' },
    totalMs: null,
    timeToFirstTokenMs: null,
    endpoints: [isLabel ? label : undefined],
    metadata: description === null ? null : { test: description },
    partial: ['parameters', ...(callsTools ? ['tools'] : []), ...lost],
  });
  if (read.kind !== 'capture') return read;
  if (seen.has(id)) return { kind: 'answer', captureId: id, recorded };
  seen.add(id);
  if (recorded === null) return read;
  return { ...read, capture: { ...read.capture, recorded: [recorded] } };
};

/**
 * Reads a prompt by the rules of promptfoo (src/providers/shared.ts, parseChatPrompt): messages in JSON or,
 * if it begins with a role, in YAML; any other text is sent as the message of a user.
 */
const readPrompt = (
  raw: string,
  parseYamlList: ParseYamlList,
  lost: Set<string>,
): readonly JsonObject[] | null => {
  if (/^\s*- role:/.test(raw)) {
    return readMessages(parseYamlList(raw) ?? [], { lost })?.messages ?? null;
  }
  const list = unwrapJson(raw);
  const read = isJsonArray(list) ? readMessages(list, { lost }) : null;
  return read?.messages ?? [{ role: 'user', content: raw }];
};

const groupId = (row: JsonObject, around: Surroundings | null, request: JsonObject): string => {
  const evaluation = row['evalId'] ?? around?.rest['evalId'] ?? null;
  const test = row['testIdx'] ?? row['vars'] ?? null;
  const key = [evaluation, test, row['repeatIndex'] ?? 0, request];
  return `promptfoo-${sha256(canonicalJson(key)).slice(0, 16)}`;
};

/** The label if the user gave one, because several providers may use one model. */
const providerName = ({ provider }: JsonObject): string => {
  if (typeof provider === 'string') return provider;
  const { label, id } = objectOrEmpty(provider);
  return firstString(label, id) ?? 'unknown';
};

const readAnswer = (row: JsonObject): RecordedResponse | null => {
  const response = objectOrEmpty(row['response']);
  const output = response['output'] ?? row['output'];
  if (row['failureReason'] === 2 || output === undefined || output === null) return null;
  if (response['error']) return null;
  const model = providerName(row);
  const facts: AnswerFacts = {
    id: null,
    model,
    finishReasons: [readFinishReason(response['finishReason'])],
    usage: readTokenUsage(response['tokenUsage']),
    choices: 1,
  };
  const body =
    typeof output === 'string'
      ? completionOfMessages([{ role: 'assistant', content: output }], facts)
      : readTracedAnswer(output, facts);
  if (body === null) return null;
  // The time of an answer from promptfoo's cache is not the model's.
  const ms = readDuration(response['latencyMs'] ?? row['latencyMs']);
  const totalMs = response['cached'] === true ? null : ms;
  return { model, production: false, body, timeToFirstTokenMs: null, totalMs };
};

const readTokenUsage = (value: JsonValue | undefined): JsonObject | null => {
  const tokens = objectOrEmpty(value);
  return completionUsage({
    input: firstCount(tokens['prompt']),
    output: firstCount(tokens['completion']),
    reasoning: firstCount(objectOrEmpty(tokens['completionDetails'])['reasoning']),
  });
};

const readFailure = (row: JsonObject): RecordedOutcome => {
  const response = objectOrEmpty(row['response']);
  const message = errorMessage(row['error']) ?? errorMessage(response['error']) ?? 'no answer';
  return failedWith(null, `${providerName(row)}: ${message}`);
};
