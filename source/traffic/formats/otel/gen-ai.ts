import {
  arrayOrEmpty,
  firstString,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../../text/json.ts';
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
  chatRequest,
  missingParameters,
  promptOutside,
  type TracedCall,
} from '../parts/traced-call.ts';

/** Parameters without an attribute. Of a response format the conventions say only that it is JSON. */
const unrecordedParameters = ['response_format', 'tool_choice', 'logit_bias'] as const;

/** Reported for a span without content, with the setting that stores it. */
export const contentNotStored =
  'prompt not stored (OTel: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT)';

/**
 * Why a request holds only what is new, if its conversation is a response or a conversation that OpenAI's
 * servers hold; null if it is not.
 */
export const continuedByAttributes = (attributes: JsonObject): string | null => {
  const key = Object.keys(attributes).find(
    (name) => /(?:^|\.)previous_response_id$/.test(name) && firstString(attributes[name]) !== null,
  );
  if (key !== undefined) return 'continues a stored response (previous_response_id)';
  return /^(?:resp|conv)_/.test(String(attributes['gen_ai.conversation.id'] ?? ''))
    ? 'continues a stored response (gen_ai.conversation.id)'
    : null;
};

/** The messages of a request and the answer, in any form. */
export type SpanContent = {
  readonly instructions: JsonValue | undefined;
  readonly input: JsonValue | undefined;
  readonly output: JsonValue | undefined;
};

/** Whether attributes hold messages, under the conventions from 1.37 on or up to 1.27. */
export const hasGenAiContent = (attributes: JsonObject): boolean =>
  attributeContent(attributes).input !== undefined;

/** Reads the call in attributes such as `gen_ai.input.messages` (semantic-conventions, gen-ai-spans.md). */
export const genAiCall = (attributes: JsonObject): TracedCall =>
  callOfContent(attributeContent(attributes), attributes);

const attributeContent = (attributes: JsonObject): SpanContent => ({
  instructions: attributes['gen_ai.system_instructions'],
  input: attributes['gen_ai.input.messages'] ?? attributes['gen_ai.prompt'],
  output: attributes['gen_ai.output.messages'] ?? attributes['gen_ai.completion'],
});

/** Builds a call from content and the attributes of its span. */
export const callOfContent = (content: SpanContent, attributes: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const read =
    readMessages(content.input, { lost }) ?? readMessages(plainPrompt(content.input), { lost });
  if (read === null) return { request: null, reason: contentNotStored };
  const parameters = genAiParameters(attributes, lost);
  const request = chatRequest({
    model: genAiModel(attributes),
    instructions: content.instructions ?? promptOutside(read.messages, promptObject(content.input)),
    messages: read.messages,
    tools: readToolDefinitions(genAiTools(attributes) ?? [], lost),
    parameters,
  });
  // An output type of text says that there was no response format.
  const isText = attributes['gen_ai.output.type'] === 'text';
  const missing = missingParameters(request, unrecordedParameters).filter(
    (name) => !(isText && name === 'response_format'),
  );
  return {
    request,
    answer: readTracedAnswer(
      content.output,
      genAiAnswerFacts(attributes, readNumber(parameters['n']) ?? 1),
    ),
    partial: [...new Set([...missing, ...lost])],
  };
};

/** Up to 1.27 a prompt may be a string. */
const plainPrompt = (input: JsonValue | undefined): JsonValue | undefined => {
  const value = unwrapJson(input);
  if (typeof value === 'string' && value !== '') return [{ role: 'user', content: value }];
  return isJsonObject(value) ? (value['messages'] ?? [value]) : undefined;
};

/** A prompt that has its messages among other members. */
const promptObject = (input: JsonValue | undefined): JsonObject | null => {
  const value = unwrapJson(input);
  return isJsonObject(value) && 'messages' in value ? value : null;
};

/** Parameters that the conventions name differently from OpenAI. */
const renamed: Readonly<Record<string, string>> = {
  'choice.count': 'n',
  'reasoning.level': 'reasoning_effort',
  'reasoning.effort': 'reasoning_effort',
};

/** Prefixes of parameters; later ones take precedence. */
const prefixes = ['llm.request.', 'llm.', 'gen_ai.openai.request.', 'gen_ai.request.'] as const;

const parameterName =
  /^(?:temperature|top_p|top_k|max_tokens|max_completion_tokens|stop_sequences|seed|frequency_penalty|presence_penalty|choice\.count|reasoning\.(?:level|effort)|service_tier|response_format|parallel_tool_calls)$/;

/** Reads the parameters in the attributes `gen_ai.request.*` and their older names. */
export const genAiParameters = (attributes: JsonObject, lost: Set<string>): JsonObject => {
  const found: Record<string, JsonValue> = {};
  for (const prefix of prefixes) {
    for (const [key, value] of Object.entries(attributes)) {
      const name = key.startsWith(prefix) ? key.slice(prefix.length) : '';
      if (parameterName.test(name)) found[renamed[name] ?? name] = value;
    }
  }
  const { response_format: format, ...others } = found;
  // A name such as `json_schema` says that there was a format, but not which.
  if (typeof format !== 'string' || /^\s*\{/.test(format)) return readParameters(found, lost);
  if (format !== 'text') lost.add('response_format');
  return readParameters(others, lost);
};

/** The model that was asked for; null if it is not named. */
export const genAiModel = (attributes: JsonObject): string | null =>
  firstString(
    attributes['gen_ai.request.model'],
    attributes['llm.request.model'],
    attributes['ai.model.id'],
    attributes['gen_ai.response.model'],
  );

/** The answer according to the attributes of a span. */
export const genAiAnswerFacts = (attributes: JsonObject, choices: number): AnswerFacts => {
  const stored = unwrapJson(
    attributes['gen_ai.response.finish_reasons'] ?? attributes['gen_ai.response.finish_reason'],
  );
  const reasons = (isJsonArray(stored) ? stored : [stored]).map(readFinishReason);
  return {
    id: firstString(attributes['gen_ai.response.id'], attributes['ai.response.id']),
    model: firstString(
      attributes['gen_ai.response.model'],
      attributes['ai.response.model'],
      attributes['llm.response.model'],
    ),
    finishReasons: reasons.some((reason) => reason !== null) ? reasons : [],
    usage: genAiUsage(attributes),
    choices,
  };
};

const genAiUsage = (attributes: JsonObject): JsonObject | null => {
  const count = (...keys: readonly string[]): number | null =>
    firstCount(...keys.map((key) => attributes[key]));
  return completionUsage({
    input: count(
      'gen_ai.usage.input_tokens',
      'gen_ai.usage.prompt_tokens',
      'llm.usage.prompt_tokens',
      'ai.usage.inputTokens',
      'ai.usage.promptTokens',
    ),
    output: count(
      'gen_ai.usage.output_tokens',
      'gen_ai.usage.completion_tokens',
      'llm.usage.completion_tokens',
      'ai.usage.outputTokens',
      'ai.usage.completionTokens',
    ),
    cachedInput: count(
      'gen_ai.usage.cache_read.input_tokens',
      'gen_ai.usage.cache_read_input_tokens',
      'ai.usage.cachedInputTokens',
    ),
    cacheWrite: count(
      'gen_ai.usage.cache_creation.input_tokens',
      'gen_ai.usage.cache_creation_input_tokens',
      'gen_ai.usage.cache_write.input_tokens',
    ),
    hourCacheWrite: count('anthropic.usage.cache_creation.ephemeral_1h_input_tokens'),
    reasoning: count(
      'gen_ai.usage.reasoning.output_tokens',
      'gen_ai.usage.reasoning_tokens',
      'ai.usage.reasoningTokens',
    ),
  });
};

/** Milliseconds to the first token. The conventions use seconds, Vercel milliseconds. */
export const genAiFirstTokenMs = (attributes: JsonObject): number | null => {
  const seconds = readNumber(
    attributes['gen_ai.response.time_to_first_chunk'] ??
      attributes['gen_ai.server.time_to_first_token'],
  );
  if (seconds !== undefined) return Math.round(seconds * 1e6) / 1000;
  return readNumber(attributes['ai.response.msToFirstChunk']) ?? null;
};

/** The tool definitions in attributes, as they are stored; undefined if there are none. */
export const genAiTools = (attributes: JsonObject): JsonValue | undefined => {
  const defined = attributes['gen_ai.tool.definitions'] ?? attributes['ai.prompt.tools'];
  if (defined !== undefined) return defined;
  const pydantic = unwrapJson(attributes['model_request_parameters']);
  if (!isJsonObject(pydantic)) return undefined;
  return [...arrayOrEmpty(pydantic['function_tools']), ...arrayOrEmpty(pydantic['output_tools'])];
};
