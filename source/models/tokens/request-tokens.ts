import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { CountTokens, Encoding } from './tokenizer.ts';

/** The input tokens of a request. */
export type RequestTokens = {
  readonly tokens: number;
  /**
   * Whether parts have no documented count: calls in the history, schemas, nested tool parameters.
   */
  readonly estimated: boolean;
  /** Parts that are not text (images, audio, files) and are not in `tokens`. */
  readonly attachments: number;
};

/**
 * The token overhead of messages and tools: OpenAI Cookbook, "How to count tokens with Tiktoken",
 * sections 6 and 7. The overhead of a tool depends on the encoding.
 */
const overhead = {
  message: 3,
  name: 1,
  answer: 3,
  tool: { o200k_base: 7, cl100k_base: 10 },
  properties: 3,
  property: 3,
  choices: -3,
  choice: 3,
  tools: 12,
} as const;

/** Counts the input tokens of a chat-completion request. */
export const countRequest = (
  body: JsonObject,
  encoding: Encoding,
  count: CountTokens,
): RequestTokens => {
  const tally = { tokens: overhead.answer, estimated: false, attachments: 0 };
  const undocumented = (value: JsonValue | undefined): void => {
    if (value === undefined || value === null) return;
    tally.estimated = true;
    tally.tokens += count(typeof value === 'string' ? value : JSON.stringify(value));
  };
  for (const message of objectsIn(body['messages'])) {
    countMessage(message, count, tally);
    for (const call of objectsIn(message['tool_calls'])) undocumented(call['function']);
    undocumented(message['function_call']);
  }
  const tools = [
    ...objectsIn(body['tools']).map((tool) => tool['function']),
    ...objectsIn(body['functions']),
  ].filter(isJsonObject);
  for (const tool of tools) countTool(tool, encoding, count, tally, undocumented);
  if (tools.length > 0) tally.tokens += overhead.tools;
  const format = body['response_format'];
  if (isJsonObject(format)) undocumented(format['json_schema']);
  return tally;
};

const countMessage = (
  message: JsonObject,
  count: CountTokens,
  tally: { tokens: number; attachments: number },
): void => {
  tally.tokens += overhead.message;
  for (const key of ['role', 'content', 'name', 'refusal'] as const) {
    const value = message[key];
    if (typeof value === 'string') tally.tokens += count(value);
  }
  if (typeof message['name'] === 'string') tally.tokens += overhead.name;
  for (const part of objectsIn(message['content'])) {
    const text = part['text'] ?? part['refusal'];
    if (typeof text === 'string') tally.tokens += count(text);
    else tally.attachments += 1;
  }
};

const countTool = (
  tool: JsonObject,
  encoding: Encoding,
  count: CountTokens,
  tally: { tokens: number },
  undocumented: (value: JsonValue | undefined) => void,
): void => {
  const name = typeof tool['name'] === 'string' ? tool['name'] : '';
  tally.tokens += overhead.tool[encoding] + count(`${name}:${description(tool)}`);
  const parameters = isJsonObject(tool['parameters']) ? tool['parameters'] : {};
  const properties = isJsonObject(parameters['properties']) ? parameters['properties'] : {};
  const entries = Object.entries(properties);
  if (entries.length > 0) tally.tokens += overhead.properties;
  for (const [key, value] of entries) {
    tally.tokens += overhead.property;
    const property = isJsonObject(value) ? value : {};
    const { type, description: _, enum: choices, ...rest } = property;
    if (Array.isArray(choices)) {
      tally.tokens += overhead.choices;
      for (const choice of choices as readonly JsonValue[]) {
        tally.tokens += overhead.choice + count(asText(choice));
      }
    }
    tally.tokens += count(`${key}:${asText(type ?? '')}:${description(property)}`);
    if (Object.keys(rest).length > 0) undocumented(rest);
  }
};

/** Returns the description without its final full stop. */
const description = ({ description: text }: JsonObject): string =>
  typeof text === 'string' ? text.replace(/\.$/, '') : '';

const asText = (value: JsonValue): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

const objectsIn = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
