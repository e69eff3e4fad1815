import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import {
  type AnswerFacts,
  completionUsage,
  firstCount,
  readFinishReason,
} from '../parts/chat-completion.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import { readMessages } from '../parts/messages.ts';
import { readNumber, readParameters } from '../parts/parameters.ts';
import { readRecordedAnswer } from '../parts/recorded-answer.ts';
import { readToolDefinitions } from '../parts/tools.ts';
import { chatRequest, missingParameters, type TracedCall } from '../parts/traced-call.ts';

/** What the conventions have no attribute for; of a format they say only that it is JSON. */
const notKept = ['response_format', 'tool_choice', 'logit_bias'] as const;

/** How a span with no content is told to the user, with the setting that would have kept it. */
export const contentNotStored =
  'prompt not stored (OTel: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT)';

/** Content as messages of a request and as an answer, in whatever shape. */
export type SpanContent = {
  readonly instructions: JsonValue | undefined;
  readonly input: JsonValue | undefined;
  readonly output: JsonValue | undefined;
};

/** Whether the attributes have messages by the conventions from 1.37 on, or of 1.27 and before. */
export const hasGenAiContent = (attributes: JsonObject): boolean =>
  contentOf(attributes).input !== undefined;

/** The call in attributes `gen_ai.input.messages` and so on (semantic-conventions-genai, gen-ai-spans.md). */
export const genAiCall = (attributes: JsonObject): TracedCall =>
  callOfContent(contentOf(attributes), attributes);

const contentOf = (attributes: JsonObject): SpanContent => ({
  instructions: attributes['gen_ai.system_instructions'],
  input: attributes['gen_ai.input.messages'] ?? attributes['gen_ai.prompt'],
  output: attributes['gen_ai.output.messages'] ?? attributes['gen_ai.completion'],
});

/** The call that content and the attributes of its span come to. */
export const callOfContent = (content: SpanContent, attributes: JsonObject): TracedCall => {
  const lost = new Set<string>();
  const read =
    readMessages(content.input, { lost }) ??
    readMessages(wordsOfUser(content.input), { lost: new Set() });
  if (read === null) return { request: null, answer: null, partial: [], reason: contentNotStored };
  const parameters = genAiParameters(attributes, lost);
  const request = chatRequest({
    model: genAiModel(attributes),
    instructions: instructionText(content.instructions),
    messages: read.messages,
    tools: readToolDefinitions(genAiTools(attributes) ?? [], lost),
    parameters,
  });
  // That text was asked for says that there was no format.
  const known = attributes['gen_ai.output.type'] === 'text' ? ['response_format'] : [];
  const missing = missingParameters(request, notKept).filter((name) => !known.includes(name));
  return {
    request,
    answer: readRecordedAnswer(
      content.output,
      genAiAnswerFacts(attributes, readNumber(parameters['n']) ?? 1),
    ),
    partial: [...new Set([...missing, ...lost])],
    reason: null,
  };
};

/** A prompt of 1.27 and before may be a text. */
const wordsOfUser = (input: JsonValue | undefined): JsonValue | undefined => {
  const value = unwrapJson(input);
  if (typeof value === 'string' && value !== '') return [{ role: 'user', content: value }];
  return isJsonObject(value) ? (value['messages'] ?? [value]) : undefined;
};

/** System instructions are a list of parts without a role. */
const instructionText = (stored: JsonValue | undefined): JsonValue | undefined => {
  const value = unwrapJson(stored);
  if (!Array.isArray(value)) return value;
  return (value as readonly JsonValue[])
    .flatMap((part) => {
      const words = isJsonObject(part) ? (part['content'] ?? part['text']) : part;
      return typeof words === 'string' ? [words] : [];
    })
    .join('\n');
};

/** Names of parameters as the conventions have them, where they are not OpenAI's. */
const renamed: Readonly<Record<string, string>> = {
  'choice.count': 'n',
  'reasoning.level': 'reasoning_effort',
  'reasoning.effort': 'reasoning_effort',
};

/** Prefixes of parameters, the most trusted last. */
const prefixes = ['llm.request.', 'llm.', 'gen_ai.openai.request.', 'gen_ai.request.'] as const;

const parameterName =
  /^(?:temperature|top_p|top_k|max_tokens|max_completion_tokens|stop_sequences|seed|frequency_penalty|presence_penalty|choice\.count|reasoning\.(?:level|effort)|service_tier|response_format|parallel_tool_calls)$/;

/** Parameters in the attributes `gen_ai.request.*` and their older names. */
export const genAiParameters = (attributes: JsonObject, lost: Set<string>): JsonObject => {
  const found: Record<string, JsonValue> = {};
  for (const prefix of prefixes) {
    for (const [key, value] of Object.entries(attributes)) {
      const name = key.startsWith(prefix) ? key.slice(prefix.length) : '';
      if (parameterName.test(name)) found[renamed[name] ?? name] = value;
    }
  }
  // A name (`json_schema`) says that there was a format and not which.
  if (typeof found['response_format'] === 'string' && !/^\s*\{/.test(found['response_format'])) {
    if (found['response_format'] !== 'text') lost.add('response_format');
    delete found['response_format'];
  }
  return readParameters(found, lost);
};

const textOf = (...values: readonly (JsonValue | undefined)[]): string | null => {
  const found = values.find((value) => typeof value === 'string' && value !== '');
  return typeof found === 'string' ? found : null;
};

/** The model that was asked for; null where it is not named. */
export const genAiModel = (attributes: JsonObject): string | null =>
  textOf(
    attributes['gen_ai.request.model'],
    attributes['llm.request.model'],
    attributes['ai.model.id'],
    attributes['gen_ai.response.model'],
  );

/** What the attributes of a span say of its answer. */
export const genAiAnswerFacts = (attributes: JsonObject, choices: number): AnswerFacts => {
  const reasons = unwrapJson(
    attributes['gen_ai.response.finish_reasons'] ?? attributes['gen_ai.response.finish_reason'],
  );
  const list = Array.isArray(reasons) ? (reasons as readonly JsonValue[]) : [reasons ?? null];
  const known = list.map((reason) => readFinishReason(reason));
  return {
    id: textOf(attributes['gen_ai.response.id'], attributes['ai.response.id']),
    model: textOf(
      attributes['gen_ai.response.model'],
      attributes['ai.response.model'],
      attributes['llm.response.model'],
    ),
    finishReasons: known.some((reason) => reason !== null) ? known : [],
    usage: completionUsage({
      input: firstCount(
        attributes['gen_ai.usage.input_tokens'],
        attributes['gen_ai.usage.prompt_tokens'],
        attributes['llm.usage.prompt_tokens'],
        attributes['ai.usage.inputTokens'],
        attributes['ai.usage.promptTokens'],
      ),
      output: firstCount(
        attributes['gen_ai.usage.output_tokens'],
        attributes['gen_ai.usage.completion_tokens'],
        attributes['llm.usage.completion_tokens'],
        attributes['ai.usage.outputTokens'],
        attributes['ai.usage.completionTokens'],
      ),
      cachedInput: firstCount(
        attributes['gen_ai.usage.cache_read.input_tokens'],
        attributes['gen_ai.usage.cache_read_input_tokens'],
        attributes['ai.usage.cachedInputTokens'],
      ),
      reasoning: firstCount(
        attributes['gen_ai.usage.reasoning.output_tokens'],
        attributes['gen_ai.usage.reasoning_tokens'],
        attributes['ai.usage.reasoningTokens'],
      ),
    }),
    choices,
  };
};

/** Milliseconds to the first token; the conventions write seconds, Vercel milliseconds. */
export const genAiFirstTokenMs = (attributes: JsonObject): number | null => {
  const seconds = readNumber(
    attributes['gen_ai.response.time_to_first_chunk'] ??
      attributes['gen_ai.server.time_to_first_token'],
  );
  if (seconds !== undefined) return Math.round(seconds * 1e6) / 1000;
  return readNumber(attributes['ai.response.msToFirstChunk']) ?? null;
};

/** Definitions of tools wherever attributes of these conventions have them, unread. */
export const genAiTools = (attributes: JsonObject): JsonValue | undefined => {
  const defined = attributes['gen_ai.tool.definitions'] ?? attributes['ai.prompt.tools'];
  if (defined !== undefined) return defined;
  const pydantic = unwrapJson(attributes['model_request_parameters']);
  if (!isJsonObject(pydantic)) return undefined;
  return [pydantic['function_tools'], pydantic['output_tools']]
    .filter(Array.isArray)
    .flat() as readonly JsonValue[];
};
