import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import type { TracedCall } from '../parts/traced-call.ts';
import { expandKeys } from './attribute-paths.ts';
import { callOfContent } from './gen-ai.ts';

const prefixes = ['gen_ai.prompt.', 'gen_ai.completion.', 'llm.request.functions.'] as const;

/** Whether messages stand in numbered attributes, as OpenLLMetry (Traceloop) writes them. */
export const hasFlatContent = (attributes: JsonObject): boolean =>
  Object.keys(attributes).some((key) => key.startsWith('gen_ai.prompt.'));

/**
 * The call in attributes `gen_ai.prompt.{i}.role` and so on (traceloop/openllmetry,
 * opentelemetry-semantic-conventions-ai). Content that was a list is its JSON.
 */
export const openLlmetryCall = (attributes: JsonObject): TracedCall => {
  const flat = Object.fromEntries(
    Object.entries(attributes).filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix))),
  );
  const tree = expandKeys(flat);
  const genAi = isJsonObject(tree['gen_ai']) ? tree['gen_ai'] : {};
  const llm = isJsonObject(tree['llm']) ? tree['llm'] : {};
  const asked = isJsonObject(llm['request']) ? llm['request'] : {};
  const completion = genAi['completion'];
  return callOfContent(
    {
      instructions: undefined,
      input: listOf(genAi['prompt']).map(withContentList),
      output: completion === undefined ? undefined : listOf(completion).map(withContentList),
    },
    {
      ...attributes,
      ...(asked['functions'] === undefined
        ? {}
        : { 'gen_ai.tool.definitions': listOf(asked['functions']) }),
    },
  );
};

const listOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value)
    ? (value as readonly JsonValue[])
    : isJsonObject(value)
      ? Object.values(value)
      : [];

/** A list of parts was stored as its text; any other text in JSON is what was said. */
const withContentList = (message: JsonValue): JsonValue => {
  if (!isJsonObject(message)) return message;
  const { content } = message;
  const role = message['role'] ?? 'assistant';
  const parts = typeof content === 'string' ? unwrapJson(content) : undefined;
  const areParts =
    Array.isArray(parts) &&
    (parts as readonly JsonValue[]).length > 0 &&
    (parts as readonly JsonValue[]).every(
      (part) =>
        isJsonObject(part) &&
        ['text', 'image_url', 'image', 'input_text', 'tool_use', 'tool_result'].includes(
          String(part['type']),
        ),
    );
  return { ...message, role, ...(areParts ? { content: parts as JsonValue } : {}) };
};
