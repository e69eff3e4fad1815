import {
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  valueAtKeys,
} from '../../../text/json.ts';
import { isChatBody } from '../../chat-request.ts';
import {
  type AnswerFacts,
  completionUsage,
  firstCount,
  readFinishReason,
} from '../parts/chat-completion.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { readMessages } from '../parts/messages.ts';
import { readNumber, readParameters } from '../parts/parameters.ts';
import { readToolDefinitions } from '../parts/tools.ts';
import { readTracedAnswer } from '../parts/traced-answer.ts';
import {
  bodyFromArguments,
  chatRequest,
  missingParameters,
  promptOutside,
  storedElsewhere,
  type TracedCall,
} from '../parts/traced-call.ts';
import { expandKeys, valueAtDottedPath } from './attribute-paths.ts';

/** Stands in place of hidden content. */
const hiddenMark = '__REDACTED__';

/** Parameters that `llm.invocation_parameters` may lack. */
const uncertainParameters = ['response_format', 'tool_choice'];

/** The kind of a span, in capitals; null if it is not one of OpenInference. */
export const openInferenceKind = (attributes: JsonObject): string | null => {
  const kind = valueAtDottedPath(attributes, 'openinference.span.kind');
  return typeof kind === 'string' ? kind.toUpperCase() : null;
};

/** Whether attributes hold a call of a model as OpenInference writes it. */
export const isOpenInference = (attributes: JsonObject): boolean =>
  openInferenceKind(attributes) === 'LLM';

/**
 * Reads the call in attributes such as `llm.input_messages.{i}.message.role`, as flat keys, as lists with
 * dotted keys (downloads from Phoenix) or nested (Arize-ai/openinference, spec/semantic_conventions.md). If
 * `input.value` is the body of a chat completions request, it is used as it is and nothing is lost.
 */
export const openInferenceCall = (attributes: JsonObject): TracedCall => {
  const llm = expandLlm(attributes);
  const stored = unwrapJson(llm['invocation_parameters']);
  const invocation = isJsonObject(stored) ? stored : null;
  const model = firstString(
    valueAtKeys(llm, ['request', 'model_name']) ?? llm['model_name'],
    invocation?.['model'],
  );
  const answer = readOutput(attributes, llm, readNumber(invocation?.['n']) ?? 1);
  const body = unwrapJson(valueAtDottedPath(attributes, 'input.value'));
  if (isChatBody(body) && !isHidden(body['messages'])) {
    const parameters = invocation === null ? {} : readParameters(invocation, new Set());
    const isWhole = body['model'] !== undefined || invocation !== null;
    return {
      request: { ...(model === null ? {} : { model }), ...parameters, ...bodyFromArguments(body) },
      answer,
      partial: isWhole ? [] : ['parameters'],
    };
  }
  const continued = storedElsewhere(objectOrEmpty(body), invocation ?? {});
  if (continued !== null) return { request: null, reason: continued };
  const lost = new Set<string>();
  const read = readMessages(llm['input_messages'], { lost, joined: true });
  if (read === null || isHidden([...read.messages])) {
    return { request: null, reason: missingReason(attributes, llm) };
  }
  const request = chatRequest({
    model,
    instructions: promptOutside(read.messages, objectOrEmpty(body), invocation),
    messages: read.messages,
    tools: readToolDefinitions(llm['tools'] ?? [], lost),
    parameters: readParameters(stored, lost),
  });
  const missing =
    invocation === null ? ['parameters'] : missingParameters(request, uncertainParameters);
  return { request, answer, partial: [...new Set([...missing, ...lost])] };
};

const missingReason = (attributes: JsonObject, llm: JsonObject): string => {
  const stored = [
    valueAtDottedPath(attributes, 'input.value') ?? null,
    llm['input_messages'] ?? null,
  ];
  if (isHidden(stored)) return 'prompt hidden (OpenInference: OPENINFERENCE_HIDE_INPUTS)';
  return isJsonArray(llm['input_messages'])
    ? 'a message is missing in the trace'
    : 'prompt not stored (OpenInference: OPENINFERENCE_HIDE_INPUT_MESSAGES)';
};

const isHidden = (value: JsonValue | undefined): boolean =>
  value !== undefined && JSON.stringify(value).includes(`"${hiddenMark}"`);

const expandLlm = (attributes: JsonObject): JsonObject => {
  const flat = Object.entries(attributes).filter(
    ([key]) => key === 'llm' || key.startsWith('llm.'),
  );
  return objectOrEmpty(expandKeys(Object.fromEntries(flat))['llm']);
};

const readOutput = (
  attributes: JsonObject,
  llm: JsonObject,
  choices: number,
): JsonObject | null => {
  const counts = objectOrEmpty(llm['token_count']);
  const facts: AnswerFacts = {
    id: null,
    model: firstString(valueAtKeys(llm, ['response', 'model_name']), llm['model_name']),
    finishReasons: [readFinishReason(llm['finish_reason'])].filter((reason) => reason !== null),
    usage: completionUsage({
      input: firstCount(counts['prompt']),
      output: firstCount(counts['completion']),
      cachedInput: firstCount(valueAtKeys(counts, ['prompt_details', 'cache_read'])),
      cacheWrite: firstCount(valueAtKeys(counts, ['prompt_details', 'cache_write'])),
      reasoning: firstCount(valueAtKeys(counts, ['completion_details', 'reasoning'])),
    }),
    choices,
  };
  const messages = llm['output_messages'];
  const value = valueAtDottedPath(attributes, 'output.value');
  const whole = unwrapJson(value);
  // Only a raw response says more than the messages.
  const isRaw =
    isJsonObject(whole) &&
    (isJsonArray(whole['choices']) || whole['object'] === 'response' || 'generations' in whole);
  if (isRaw) return readTracedAnswer(whole, facts);
  const stored = isJsonArray(messages) && !isHidden(messages) ? messages : value;
  return isHidden(stored) ? null : readTracedAnswer(stored, facts);
};
