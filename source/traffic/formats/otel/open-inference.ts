import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { requestProblem } from '../../chat-request.ts';
import { completionUsage, firstCount, readFinishReason } from '../parts/chat-completion.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { readMessages } from '../parts/messages.ts';
import { readNumber, readParameters } from '../parts/parameters.ts';
import { readRecordedAnswer } from '../parts/recorded-answer.ts';
import { readToolDefinitions } from '../parts/tools.ts';
import {
  bodyAsSent,
  chatRequest,
  missingParameters,
  type TracedCall,
} from '../parts/traced-call.ts';
import { atPath, expandKeys } from './attribute-paths.ts';

const hidden = '__REDACTED__';

/** What `llm.invocation_parameters` may be without. */
const uncertain = ['response_format', 'tool_choice'];

/** The kind of a span, in capitals; null where it is none of OpenInference. */
export const openInferenceKind = (attributes: JsonObject): string | null => {
  const kind = atPath(attributes, 'openinference.span.kind');
  return typeof kind === 'string' ? kind.toUpperCase() : null;
};

/** Whether the attributes have a call of a model as OpenInference writes it. */
export const isOpenInference = (attributes: JsonObject): boolean =>
  openInferenceKind(attributes) === 'LLM';

/**
 * The call in attributes `llm.input_messages.{i}.message.role` and so on, as flat keys, as lists with dotted
 * keys (downloads of Phoenix) or nested (Arize-ai/openinference, spec/semantic_conventions.md). Where
 * `input.value` is the body of a chat completion it is taken as it is: nothing of it is lost.
 */
export const openInferenceCall = (attributes: JsonObject): TracedCall => {
  const llm = expandLlm(attributes);
  const lost = new Set<string>();
  const invocation = unwrapJson(llm['invocation_parameters']);
  const model = nameOf(
    pathIn(llm, 'request', 'model_name') ?? llm['model_name'],
    isJsonObject(invocation) ? invocation['model'] : undefined,
  );
  const answer = answerOf(attributes, llm, choicesIn(invocation));
  const body = unwrapJson(atPath(attributes, 'input.value'));
  if (isJsonObject(body) && requestProblem(body) === null && !isHidden(body['messages'])) {
    const extra = isJsonObject(invocation) ? readParameters(invocation, new Set()) : {};
    const request = { ...(model === null ? {} : { model }), ...extra, ...bodyAsSent(body) };
    const whole = body['model'] !== undefined;
    return {
      request,
      answer,
      partial: whole || isJsonObject(invocation) ? [] : ['parameters'],
      reason: null,
    };
  }
  const read = readMessages(llm['input_messages'], { lost, joined: true });
  if (read === null || isHidden([...read.messages])) {
    return { request: null, answer: null, partial: [], reason: reasonFor(attributes, llm) };
  }
  const request = chatRequest({
    model,
    messages: read.messages,
    tools: readToolDefinitions(llm['tools'] ?? [], lost),
    parameters: { ...readParameters(invocation, lost) },
  });
  return {
    request,
    answer,
    partial: [
      ...new Set([
        ...(isJsonObject(invocation) ? missingParameters(request, uncertain) : ['parameters']),
        ...lost,
      ]),
    ],
    reason: null,
  };
};

const reasonFor = (attributes: JsonObject, llm: JsonObject): string => {
  const stored = [atPath(attributes, 'input.value') ?? null, llm['input_messages'] ?? null];
  if (isHidden(stored)) return 'prompt hidden (OpenInference: OPENINFERENCE_HIDE_INPUTS)';
  return Array.isArray(llm['input_messages'])
    ? 'a message is missing in the trace'
    : 'prompt not stored (OpenInference: OPENINFERENCE_HIDE_INPUT_MESSAGES)';
};

const isHidden = (value: JsonValue | undefined): boolean =>
  value !== undefined && JSON.stringify(value).includes(`"${hidden}"`);

const expandLlm = (attributes: JsonObject): JsonObject => {
  const flat = Object.entries(attributes).filter(
    ([key]) => key === 'llm' || key.startsWith('llm.'),
  );
  const { llm } = expandKeys(Object.fromEntries(flat));
  return isJsonObject(llm) ? llm : {};
};

const pathIn = (object: JsonObject, ...path: readonly string[]): JsonValue | undefined => {
  let value: JsonValue | undefined = object;
  for (const key of path) value = isJsonObject(value) ? value[key] : undefined;
  return value;
};

const nameOf = (...names: readonly (JsonValue | undefined)[]): string | null => {
  const found = names.find((name) => typeof name === 'string' && name !== '');
  return typeof found === 'string' ? found : null;
};

const choicesIn = (invocation: JsonValue | undefined): number =>
  isJsonObject(invocation) ? (readNumber(invocation['n']) ?? 1) : 1;

const answerOf = (attributes: JsonObject, llm: JsonObject, choices: number): JsonObject | null => {
  const counts = isJsonObject(llm['token_count']) ? llm['token_count'] : {};
  const facts = {
    id: null,
    model: nameOf(pathIn(llm, 'response', 'model_name'), llm['model_name']),
    finishReasons: [readFinishReason(llm['finish_reason'])].filter((reason) => reason !== null),
    usage: completionUsage({
      input: firstCount(counts['prompt']),
      output: firstCount(counts['completion']),
      cachedInput: firstCount(pathIn(counts, 'prompt_details', 'cache_read')),
      reasoning: firstCount(pathIn(counts, 'completion_details', 'reasoning')),
    }),
    choices,
  };
  const messages = llm['output_messages'];
  const value = atPath(attributes, 'output.value');
  const whole = unwrapJson(value);
  // Only the raw response says more than the messages do.
  const isRaw =
    isJsonObject(whole) &&
    (Array.isArray(whole['choices']) || whole['object'] === 'response' || 'generations' in whole);
  if (isRaw) return readRecordedAnswer(whole, facts);
  const stored = Array.isArray(messages) && !isHidden(messages) ? messages : value;
  return isHidden(stored) ? null : readRecordedAnswer(stored, facts);
};
