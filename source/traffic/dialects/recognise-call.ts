import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
} from '../../text/json.ts';

/** The API that the URL of an HTTP exchange belongs to. */
export type CallPath = {
  /**
   * `chat`: chat completions. `other model call`: a prompt in another dialect, which cannot be replayed.
   * `no model call`: a part of a model API that answers no prompt, such as embeddings. `elsewhere`:
   * anything else.
   */
  readonly kind: 'chat' | 'other model call' | 'no model call' | 'elsewhere';
  /** Without host and query. */
  readonly path: string;
  /** The deployment, which Azure puts into the path in place of a model; null if there is none. */
  readonly deployment: string | null;
};

const chatPath = /\/chat\/completions\/?$/;
const otherCallPath =
  /(?:\/v\d\w*(?:\/openai)?|\/openai|\/deployments\/[^/]+)\/(?:responses|messages|completions|threads\/.*runs)\/?$|:(?:stream)?generateContent$|\/(?:converse|invoke)(?:-\w+)*$|\/api\/(?:chat|generate)$/i;
const noCallPath =
  /(?:\/v\d\w*(?:\/openai)?|\/openai|\/deployments\/[^/]+)\/(?:embeddings|moderations|models|files|batches|images|audio|realtime|fine_tuning|uploads|vector_stores|assistants|threads|chat\/completions\/.+|responses\/.+|rerank)(?:\/.*)?$|:(?:batchEmbedContents|embedContent|countTokens)$/i;

/** Recognises a call by its URL, or by the path of one, and its method. */
export const recogniseCallPath = (url: string, method: string): CallPath => {
  const path = url.replace(/^\w+:\/\/[^/]*/, '').replace(/[?#].*$/s, '');
  const deployment = /\/deployments\/([^/]+)\//.exec(path)?.[1] ?? null;
  const isPost = method.toUpperCase() === 'POST';
  if (chatPath.test(path)) return { kind: isPost ? 'chat' : 'elsewhere', path, deployment };
  if (otherCallPath.test(path) && isPost) return { kind: 'other model call', path, deployment };
  const isKnown = noCallPath.test(path) || otherCallPath.test(path);
  return { kind: isKnown ? 'no model call' : 'elsewhere', path, deployment };
};

/** The dialect of a request body; the kinds are those of `CallPath`, and `what` names the dialect. */
export type CallBody =
  | { readonly kind: 'chat' }
  | { readonly kind: 'other model call' | 'no model call'; readonly what: string };

/**
 * Recognises a call by its body alone. A body that looks like nothing known is taken for a chat completion
 * that lacks something.
 */
export const recogniseCallBody = (body: JsonObject): CallBody => {
  const { messages, contents, input, prompt } = body;
  const other = (what: string): CallBody => ({ kind: 'other model call', what });
  if (isJsonArray(messages)) {
    const dialect = messageDialects.find(({ speaks }) => speaks(body, messages));
    return dialect === undefined ? { kind: 'chat' } : other(dialect.name);
  }
  if (contents !== undefined) return other('Gemini');
  if (input !== undefined) {
    const names = ['instructions', 'tools', 'max_output_tokens', 'reasoning', 'text', 'stream'];
    const isResponse = names.some((name) => body[name] !== undefined);
    const isItems = isJsonArray(input) && input.every(isJsonObject);
    return isResponse || isItems
      ? other('OpenAI Responses')
      : { kind: 'no model call', what: 'an embedding' };
  }
  if (prompt !== undefined) return other('text completion');
  return { kind: 'chat' };
};

/** Why a request in another dialect cannot be replayed: a short, stable phrase. */
export const otherDialectReason = (what: string): string =>
  `${what} request (not a chat completion)`;

/** Dialects that have `messages` too, by what only they have. */
const messageDialects: readonly {
  readonly name: string;
  readonly speaks: (body: JsonObject, messages: readonly JsonValue[]) => boolean;
}[] = [
  { name: 'Anthropic Messages', speaks: (body, messages) => isAnthropic(body, messages) },
  {
    name: 'Bedrock Converse',
    speaks: (body, messages) =>
      ['inferenceConfig', 'toolConfig'].some((name) => isJsonObject(body[name])) ||
      somePart(messages, (part) => isJsonObject(part['toolUse'] ?? part['toolResult'])),
  },
  {
    name: 'Ollama',
    speaks: ({ keep_alive: keepAlive, options }) =>
      keepAlive !== undefined ||
      (isJsonObject(options) && ['num_ctx', 'num_predict'].some((name) => name in options)),
  },
];

const isAnthropic = (body: JsonObject, messages: readonly JsonValue[]): boolean =>
  ['anthropic_version', 'anthropic_beta', 'stop_sequences'].some(
    (name) => body[name] !== undefined && body[name] !== null,
  ) ||
  (hasSystem(body) && body['max_tokens'] !== undefined) ||
  objectsIn(body['tools']).some(({ input_schema: schema }) => schema !== undefined) ||
  somePart(messages, isAnthropicPart);

const hasSystem = ({ system }: JsonObject): boolean =>
  (typeof system === 'string' && system !== '') || (isJsonArray(system) && system.length > 0);

const isAnthropicPart = (part: JsonObject): boolean => {
  switch (part['type']) {
    case 'tool_use':
    case 'tool_result':
    case 'redacted_thinking':
      return true;
    case 'thinking':
      // Mistral's chat completions have such parts too, with a list.
      return typeof part['thinking'] === 'string';
    case 'image':
    case 'document':
      return isJsonObject(part['source']);
    default:
      return false;
  }
};

/** Whether one of the parts of the messages passes. Most messages have a string in place of parts. */
const somePart = (messages: readonly JsonValue[], passes: (part: JsonObject) => boolean): boolean =>
  messages.some((message) => {
    if (!isJsonObject(message)) return false;
    const { content } = message;
    return isJsonArray(content) && content.some((part) => isJsonObject(part) && passes(part));
  });
