import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readAnswer } from '../parts/answer.ts';
import { unwrapJson } from '../parts/json-text.ts';
import { readMessages } from '../parts/messages.ts';
import { readNumber } from '../parts/parameters.ts';
import { readToolDefinitions } from '../parts/tool-definitions.ts';
import { missingOf, requestOf, type TracedCall } from '../parts/traced-call.ts';
import { genAiAnswerFacts, genAiModel, genAiParameters, genAiTools } from './gen-ai-facts.ts';

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
  const request = requestOf({
    model: genAiModel(attributes),
    instructions: instructionText(content.instructions),
    messages: read.messages,
    tools: readToolDefinitions(genAiTools(attributes) ?? [], lost),
    parameters,
  });
  // That text was asked for says that there was no format.
  const known = attributes['gen_ai.output.type'] === 'text' ? ['response_format'] : [];
  const missing = missingOf(request, notKept).filter((name) => !known.includes(name));
  return {
    request,
    answer: readAnswer(
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
