import { firstString, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { isChatBody } from '../chat-request.ts';
import { msBetween } from '../times.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import { completionUsage, firstCount, readTracedUsage } from './parts/chat-completion.ts';
import { unwrapJson, unwrapObject } from './parts/embedded-json.ts';
import { readMessages } from './parts/messages.ts';
import { readNumber, readParameters } from './parts/parameters.ts';
import {
  answeredWith,
  failedSaying,
  failedWith,
  type RecordedOutcome,
} from './parts/recorded-outcome.ts';
import { readTracedAnswer } from './parts/traced-answer.ts';
import {
  bodyFromArguments,
  chatRequest,
  missingParameters,
  promptOutside,
  storedElsewhere,
  type TracedCall,
} from './parts/traced-call.ts';

/** In lower case, or in upper case from version 2 of the API. */
const runType = /^(?:llm|chain|tool|retriever|embedding|prompt|parser)$/i;

/**
 * Runs of LangSmith as its API returns them (`list_runs`), and bulk exports converted to JSON, in which
 * columns of JSON are text (langchain-ai/langsmith-sdk, python/langsmith/schemas.py). Only runs of type
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
      runType.test(type) &&
      (ids.some((key) => run[key] !== undefined) || run['inputs'] !== undefined)
    );
  },
  open: oneByOne((run) => readRun(run)),
};

const readRun = (run: JsonObject): FormatRecord => {
  const type = String(run['run_type']).toLowerCase();
  if (type !== 'llm') return { kind: 'ignored', what: `a run of type ${type}` };
  const call = runCall(run);
  if (call.request === null) {
    return { kind: 'rejected', reason: call.reason, recordId: readRecordId(run['id']) };
  }
  const metadata = runMetadata(run);
  const start = run['start_time'];
  return captureRecord({
    id: run['id'],
    timestamp: start,
    request: call.request,
    outcome: runOutcome(run, call.answer),
    totalMs: msBetween(start, run['end_time']),
    timeToFirstTokenMs: msBetween(start, run['first_token_time']),
    endpoints: [metadata['endpoint'], metadata['langgraph_node'], run['session_name']],
    user: metadata['user_id'],
    conversation:
      metadata['session_id'] ??
      metadata['thread_id'] ??
      metadata['conversation_id'] ??
      run['thread_id'] ??
      run['trace_id'],
    partial: call.partial,
  });
};

/** Version 2 of the API has the metadata beside `extra`. */
const runMetadata = (run: JsonObject): JsonObject => ({
  ...unwrapObject(run['metadata']),
  ...unwrapObject(unwrapObject(run['extra'])['metadata']),
});

const runOutcome = (run: JsonObject, answer: JsonObject | null): RecordedOutcome => {
  const error = firstString(run['error']);
  if (error !== null) return failedSaying(error);
  return /^error$/i.test(String(run['status']))
    ? failedWith(null, 'an error')
    : answeredWith(answer);
};

/** Parameters that `invocation_params` may lack. It never has a schema that was bound as a parser. */
const uncertainParameters = ['response_format', 'tool_choice'];

/**
 * Reads the call of a run. The wrapper of OpenAI's SDK stores the body as it was sent; LangChain stores
 * messages as constructors and the parameters in `extra.invocation_params`.
 */
const runCall = (run: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const inputs = unwrapObject(run['inputs']);
  const extra = unwrapObject(run['extra']);
  const metadata = runMetadata(run);
  const invocation = unwrapObject(extra['invocation_params']);
  const { messages, input, prompts: _, ...beside } = inputs;
  const continued = storedElsewhere(inputs, invocation);
  if (continued !== null) return { request: null, reason: continued };
  const read = readMessages(messages ?? input, { lost });
  if (read === null) return { request: null, reason: missingReason(inputs) };
  const model = firstString(
    inputs['model'],
    invocation['model'],
    invocation['model_name'],
    metadata['ls_model_name'],
  );
  const given = { ...readParameters(invocation, lost), ...readParameters(beside, lost) };
  const hasParameters = Object.keys(invocation).length > 0 || inputs['model'] !== undefined;
  const isBody = inputs['model'] !== undefined && isChatBody(inputs);
  const request = isBody
    ? bodyFromArguments(inputs)
    : chatRequest({
        model,
        instructions: promptOutside(read.messages, inputs, invocation),
        messages: read.messages,
        tools: read.tools,
        parameters: { ...(hasParameters ? {} : parametersInMetadata(metadata)), ...given },
      });
  const missing = isBody
    ? []
    : [
        ...(hasParameters ? [] : ['parameters']),
        ...missingParameters(request, uncertainParameters),
        ...lost,
      ];
  return {
    request,
    answer: readTracedAnswer(runOutput(run), {
      id: null,
      model,
      finishReasons: [],
      usage:
        readTracedUsage(metadata['usage_metadata']) ??
        completionUsage({
          input: firstCount(run['prompt_tokens']),
          output: firstCount(run['completion_tokens']),
        }),
      choices: readNumber(given['n']) ?? 1,
    }),
    partial: [...new Set(missing)],
  };
};

const missingReason = (inputs: JsonObject): string => {
  if (Object.keys(inputs).length === 0) {
    return 'prompt not stored (LangSmith: LANGSMITH_HIDE_INPUTS)';
  }
  return inputs['prompts'] === undefined && inputs['prompt'] === undefined
    ? 'no messages in the inputs'
    : 'not a chat completion (prompts without roles)';
};

/** The `outputs`, or the value of their only key `output`, which functions traced by hand leave. */
const runOutput = (run: JsonObject): JsonValue | undefined => {
  const outputs = unwrapJson(run['outputs']);
  if (!isJsonObject(outputs)) return outputs;
  const keys = Object.keys(outputs);
  if (keys.length === 0) return undefined;
  const { output } = outputs;
  return keys.length === 1 && output !== undefined ? output : outputs;
};

const parametersInMetadata = (metadata: JsonObject): JsonObject =>
  readParameters(
    {
      temperature: metadata['ls_temperature'] ?? null,
      max_tokens: metadata['ls_max_tokens'] ?? null,
      stop: metadata['ls_stop'] ?? null,
    },
    new Set(),
  );
