import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { requestProblem } from '../chat-request.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { completionUsage, firstCount } from './parts/chat-completion.ts';
import { unwrapJson } from './parts/embedded-json.ts';
import { readMessages } from './parts/messages.ts';
import { msBetween, statusInText } from './parts/moments.ts';
import { readNumber, readParameters } from './parts/parameters.ts';
import { readRecordedAnswer } from './parts/recorded-answer.ts';
import { failedWith, type RecordedOutcome } from './parts/recorded-outcome.ts';
import {
  bodyAsSent,
  chatRequest,
  missingParameters,
  type TracedCall,
} from './parts/traced-call.ts';

const hasRunType = /^(?:llm|chain|tool|retriever|embedding|prompt|parser)$/;

/**
 * Runs of LangSmith as its API gives them (`list_runs`) and as bulk exports do once they are JSON, with
 * columns of JSON as texts (langchain-ai/langsmith-sdk, python/langsmith/schemas.py). Only runs of type
 * `llm` are calls of a model. Times have no zone and are UTC.
 */
export const langsmith: Format = {
  name: 'LangSmith',
  holdsAnswers: false,
  recognises: (run) => {
    const type = run['run_type'];
    const ids = ['dotted_order', 'trace_id', 'session_id', 'parent_run_id'];
    return (
      typeof type === 'string' &&
      hasRunType.test(type) &&
      (ids.some((key) => run[key] !== undefined) || run['inputs'] !== undefined)
    );
  },
  open: oneByOne(readRun),
};

function readRun(run: JsonObject): FormatRecord {
  const type = run['run_type'];
  if (type !== 'llm') return { kind: 'ignored', what: `a run of type ${String(type)}` };
  const call = runCall(run);
  if (call.request === null) {
    const reason = call.reason ?? 'no messages';
    return { kind: 'rejected', reason, recordId: readRecordId(run['id']) };
  }
  const extra = unwrapJson(run['extra']);
  const about = isJsonObject(extra) ? unwrapJson(extra['metadata']) : null;
  const metadata = isJsonObject(about) ? about : {};
  const start = run['start_time'];
  return captureRecord({
    id: run['id'],
    timestamp: start,
    request: call.request,
    outcome: outcomeOf(run, call.answer),
    totalMs: msBetween(start, run['end_time']),
    timeToFirstTokenMs: msBetween(start, run['first_token_time']),
    endpoints: [metadata['endpoint'], metadata['langgraph_node'], run['session_name']],
    user: metadata['user_id'],
    conversation:
      metadata['session_id'] ??
      metadata['thread_id'] ??
      metadata['conversation_id'] ??
      run['trace_id'],
    partial: call.partial,
  });
}

const outcomeOf = (run: JsonObject, answer: JsonObject | null): RecordedOutcome => {
  const { error } = run;
  if (typeof error === 'string' && error !== '') return failedWith(statusInText(error), error);
  if (run['status'] === 'error') return failedWith(null, 'an error');
  return answer === null ? { kind: 'unknown' } : { kind: 'answered', body: answer };
};

/** What `invocation_params` may be without; it has no schema that was bound as a parser. */
const uncertain = ['response_format', 'tool_choice'];

/**
 * The content of a run. The wrapper of OpenAI's SDK keeps the body as it was sent; LangChain keeps its
 * messages as constructors and the parameters in `extra.invocation_params`.
 */
export const runCall = (run: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const inputs = objectIn(run['inputs']);
  const extra = objectIn(run['extra']);
  const metadata = objectIn(extra['metadata']);
  const invocation = objectIn(extra['invocation_params']);
  const { messages, input, prompts: _, ...beside } = inputs;
  const read = readMessages(messages ?? input, { lost });
  if (read === null) {
    const reason = reasonFor(inputs);
    return { request: null, answer: null, partial: [], reason };
  }
  const model = textOf(
    inputs['model'],
    invocation['model'],
    invocation['model_name'],
    metadata['ls_model_name'],
  );
  const given = { ...readParameters(invocation, lost), ...readParameters(beside, lost) };
  const known = Object.keys(invocation).length > 0 || inputs['model'] !== undefined;
  const isBody = inputs['model'] !== undefined && requestProblem(inputs) === null;
  const request = isBody
    ? bodyAsSent(inputs)
    : chatRequest({
        model,
        messages: read.messages,
        tools: read.tools,
        parameters: { ...(known ? {} : settingsIn(metadata)), ...given },
      });
  return {
    request,
    answer: readRecordedAnswer(outputOf(run), {
      id: null,
      model,
      finishReasons: [],
      usage: completionUsage({
        input: firstCount(run['prompt_tokens']),
        output: firstCount(run['completion_tokens']),
        cachedInput: null,
        reasoning: null,
      }),
      choices: readNumber(given['n']) ?? 1,
    }),
    partial: [
      ...new Set([
        ...(known ? [] : ['parameters']),
        ...(isBody ? [] : missingParameters(request, uncertain)),
        ...(isBody ? [] : lost),
      ]),
    ],
    reason: null,
  };
};

const reasonFor = (inputs: JsonObject): string => {
  if (Object.keys(inputs).length === 0)
    return 'prompt not stored (LangSmith: LANGSMITH_HIDE_INPUTS)';
  return inputs['prompts'] === undefined && inputs['prompt'] === undefined
    ? 'no messages in the inputs'
    : 'not a chat completion (prompts without roles)';
};

/** `outputs`, or what stands in its only key, as functions that are traced by hand leave it. */
const outputOf = (run: JsonObject): JsonValue | undefined => {
  const outputs = unwrapJson(run['outputs']);
  if (!isJsonObject(outputs)) return outputs;
  const keys = Object.keys(outputs);
  if (keys.length === 0) return undefined;
  const { output } = outputs;
  return keys.length === 1 && output !== undefined ? output : outputs;
};

const settingsIn = (metadata: JsonObject): JsonObject =>
  readParameters(
    {
      temperature: metadata['ls_temperature'] ?? null,
      max_tokens: metadata['ls_max_tokens'] ?? null,
      stop: metadata['ls_stop'] ?? null,
    },
    new Set(),
  );

const objectIn = (value: JsonValue | undefined): JsonObject => {
  const read = unwrapJson(value);
  return isJsonObject(read) ? read : {};
};

const textOf = (...values: readonly (JsonValue | undefined)[]): string | null => {
  const found = values.find((value) => typeof value === 'string' && value !== '');
  return typeof found === 'string' ? found : null;
};
