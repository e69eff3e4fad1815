import {
  arrayOrEmpty,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  valueAtKeys,
} from '../../../text/json.ts';
import { unwrapJson } from '../parts/embedded-json.ts';
import type { TracedCall } from '../parts/traced-call.ts';
import { expandKeys } from './attribute-paths.ts';
import { callOfContent } from './gen-ai.ts';

const prefixes = ['gen_ai.prompt.', 'gen_ai.completion.', 'llm.request.functions.'] as const;

/** Whether messages are in numbered attributes, as OpenLLMetry (Traceloop) writes them. */
export const hasFlatContent = (attributes: JsonObject): boolean =>
  Object.keys(attributes).some((key) => key.startsWith('gen_ai.prompt.'));

/**
 * Reads the call in attributes such as `gen_ai.prompt.{i}.role` (traceloop/openllmetry,
 * opentelemetry-semantic-conventions-ai). Content that was a list is stored as its JSON.
 */
export const openLlmetryCall = (attributes: JsonObject): TracedCall => {
  const flat = Object.entries(attributes).filter(([key]) =>
    prefixes.some((prefix) => key.startsWith(prefix)),
  );
  const tree = expandKeys(Object.fromEntries(flat));
  const genAi = objectOrEmpty(tree['gen_ai']);
  const completion = genAi['completion'];
  const functions = valueAtKeys(tree, ['llm', 'request', 'functions']);
  return callOfContent(
    {
      instructions: undefined,
      input: elements(genAi['prompt']).map(withContentList),
      output: completion === undefined ? undefined : elements(completion).map(withContentList),
    },
    {
      ...attributes,
      ...(functions === undefined ? {} : { 'gen_ai.tool.definitions': elements(functions) }),
    },
  );
};

const elements = (value: JsonValue | undefined): readonly JsonValue[] =>
  isJsonObject(value) ? Object.values(value) : arrayOrEmpty(value);

const partTypes: ReadonlySet<string> = new Set([
  'text',
  'image_url',
  'image',
  'input_text',
  'tool_use',
  'tool_result',
]);

/** Content that is the JSON of a list of parts becomes that list. Other JSON is what was said. */
const withContentList = (message: JsonValue): JsonValue => {
  if (!isJsonObject(message)) return message;
  const { content } = message;
  const role = message['role'] ?? 'assistant';
  const parts = typeof content === 'string' ? unwrapJson(content) : undefined;
  const areParts =
    isJsonArray(parts) &&
    parts.length > 0 &&
    parts.every((part) => isJsonObject(part) && partTypes.has(String(part['type'])));
  return { ...message, role, ...(areParts ? { content: parts } : {}) };
};
