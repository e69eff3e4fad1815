import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectsIn,
} from '../../text/json.ts';
import type { Dialect } from './dialect.ts';

/**
 * The meaning of the URL of an HTTP exchange. `call`: a prompt in a dialect that can be replayed. `other model
 * call`: a prompt to an API that is not replayed, by name. `no model call`: a part of a model API that
 * answers no prompt, such as embeddings. `elsewhere`: anything else. `path` is without host and query.
 */
export type CallPath = { readonly path: string } & (
  | {
      readonly kind: 'call';
      readonly dialect: Dialect;
      /** The model or the deployment in the path; null if there is none. */
      readonly model: string | null;
    }
  | { readonly kind: 'other model call'; readonly api: string }
  | { readonly kind: 'no model call' }
  | { readonly kind: 'elsewhere' }
);

/** The path before the name of an operation: a version or Azure's deployment. */
const root = String.raw`(?:\/v\d\w*(?:\/openai)?|\/openai|\/deployments\/[^/]+)`;

const callPaths: readonly { readonly pattern: RegExp; readonly dialect: Dialect }[] = [
  { pattern: /\/chat\/completions\/?$/, dialect: 'chat' },
  { pattern: new RegExp(String.raw`(?:${root}|^)\/responses\/?$`), dialect: 'responses' },
  { pattern: new RegExp(String.raw`${root}\/messages\/?$`), dialect: 'messages' },
  {
    pattern: /\/publishers\/anthropic\/models\/[^/]+:(?:streamR|r)awPredict$/,
    dialect: 'messages',
  },
  {
    // Amazon's and other models have bodies of their own.
    pattern: /\/model\/(?=[^/]*(?:anthropic|claude))[^/]+\/invoke(?:-with-response-stream)?$/i,
    dialect: 'messages',
  },
  { pattern: /\/[^/]+:(?:streamG|g)enerateContent$/, dialect: 'gemini' },
];

const otherPaths: readonly { readonly pattern: RegExp; readonly api: string }[] = [
  { pattern: /\/model\/[^/]+\/converse(?:-stream)?$/, api: 'Bedrock Converse' },
  { pattern: /\/model\/[^/]+\/invoke(?:-\w+)*$/, api: 'Bedrock InvokeModel' },
  { pattern: /\/v\d\w*\/interactions\/?$/, api: 'Gemini Interactions' },
  { pattern: /\/api\/(?:chat|generate)$/, api: 'Ollama' },
  { pattern: new RegExp(String.raw`${root}\/threads\/.*runs\/?$`), api: 'OpenAI Assistants' },
  { pattern: new RegExp(String.raw`${root}\/completions\/?$`), api: 'text completion' },
];

const noCallPath = new RegExp(
  String.raw`${root}\/(?:embeddings|moderations|models|files|batches|images|audio|realtime|fine_tuning|uploads|vector_stores|assistants|threads|conversations|containers|chat\/completions\/.+|responses\/.+|messages\/.+|interactions\/.+|cachedContents|rerank)(?:\/.*)?$|:(?:batchEmbedContents|embedContent|countTokens|batchGenerateContent)$`,
  'i',
);

/** Recognises a call by its URL, or by the path of one, and its method. */
export const recogniseCallPath = (url: string, method: string): CallPath => {
  const path = url.replace(/^\w+:\/\/[^/]*/, '').replace(/[?#].*$/s, '');
  const isPost = method.toUpperCase() === 'POST';
  const call = callPaths.find(({ pattern }) => pattern.test(path));
  if (call !== undefined && isPost) {
    return { kind: 'call', path, dialect: call.dialect, model: modelInPath(path) };
  }
  const other = otherPaths.find(({ pattern }) => pattern.test(path));
  if (other !== undefined && isPost) return { kind: 'other model call', path, api: other.api };
  // A browser asks whether it may call before it does.
  if (call?.dialect === 'chat') return { kind: 'elsewhere', path };
  const isKnown = call !== undefined || other !== undefined || noCallPath.test(path);
  return isKnown ? { kind: 'no model call', path } : { kind: 'elsewhere', path };
};

const modelInPath = (path: string): string | null => {
  const found = /\/(?:deployments|models|tunedModels|model)\/([^/]+?)(?::\w+$|\/)/.exec(path);
  const name = found?.[1];
  if (name === undefined) return null;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
};

/**
 * The meaning of a request body by itself. `sure` is false for a chat completion, because messages of text are the
 * same in Anthropic's API: see `isSurelyChat`.
 */
export type CallBody =
  | { readonly kind: 'call'; readonly dialect: Dialect; readonly sure: boolean }
  | { readonly kind: 'other model call'; readonly api: string }
  | { readonly kind: 'no model call'; readonly api: string };

/**
 * Recognises a call by its body alone. A body that looks like nothing known is taken for a chat completion
 * that lacks something.
 */
export const recogniseCallBody = (body: JsonObject): CallBody => {
  const { messages, contents, input, prompt } = body;
  if (isJsonArray(messages)) return recogniseMessages(body, messages);
  if (contents !== undefined) return { kind: 'call', dialect: 'gemini', sure: true };
  if (input !== undefined) return recogniseInput(body, input);
  if (isJsonObject(prompt) && typeof prompt['id'] === 'string') {
    return { kind: 'call', dialect: 'responses', sure: true };
  }
  if (prompt !== undefined) return { kind: 'other model call', api: 'text completion' };
  return { kind: 'call', dialect: 'chat', sure: false };
};

/** Why a request to another API cannot be replayed: a short, stable phrase. */
export const otherApiReason = (api: string): string =>
  `${api} request (an API that is not replayed)`;

/** Names a call that answers no prompt, such as one for embeddings. `what` is cut to 60 characters. */
export const notPrompt = (what: string): string => `not a prompt to a model (${what.slice(0, 60)})`;

const recogniseMessages = (body: JsonObject, messages: readonly JsonValue[]): CallBody => {
  if (isConverse(body, messages)) return { kind: 'other model call', api: 'Bedrock Converse' };
  if (isOllama(body)) return { kind: 'other model call', api: 'Ollama' };
  if (isAnthropic(body, messages)) return { kind: 'call', dialect: 'messages', sure: true };
  return { kind: 'call', dialect: 'chat', sure: false };
};

/** Members of a request to the Responses API that neither embeddings nor other APIs have. */
const responsesNames = [
  'instructions',
  'tools',
  'max_output_tokens',
  'reasoning',
  'text',
  'stream',
  'previous_response_id',
] as const;

/** Members that only the Interactions API has beside its `input`. */
const interactionNames = [
  'agent',
  'generation_config',
  'system_instruction',
  'response_modalities',
  'previous_interaction_id',
] as const;

const recogniseInput = (body: JsonObject, input: JsonValue): CallBody => {
  if (interactionNames.some((name) => body[name] !== undefined)) {
    return { kind: 'other model call', api: 'Gemini Interactions' };
  }
  const isResponse = responsesNames.some((name) => body[name] !== undefined);
  const isItems = isJsonArray(input) && input.every(isJsonObject);
  return isResponse || isItems
    ? { kind: 'call', dialect: 'responses', sure: true }
    : { kind: 'no model call', api: 'an embedding' };
};

const isConverse = (body: JsonObject, messages: readonly JsonValue[]): boolean =>
  ['inferenceConfig', 'toolConfig'].some((name) => isJsonObject(body[name])) ||
  somePart(messages, (part) => isJsonObject(part['toolUse'] ?? part['toolResult']));

const isOllama = ({ keep_alive: keepAlive, options }: JsonObject): boolean =>
  keepAlive !== undefined ||
  (isJsonObject(options) && ['num_ctx', 'num_predict'].some((name) => name in options));

const isAnthropic = (body: JsonObject, messages: readonly JsonValue[]): boolean =>
  ['anthropic_version', 'anthropic_beta', 'stop_sequences'].some(
    (name) => body[name] !== undefined && body[name] !== null,
  ) ||
  (hasSystem(body) && (body['max_tokens'] !== undefined || isClaude(body))) ||
  objectsIn(body['tools']).some(({ input_schema: schema }) => schema !== undefined) ||
  somePart(messages, isAnthropicPart);

const hasSystem = ({ system }: JsonObject): boolean =>
  (typeof system === 'string' && system !== '') || (isJsonArray(system) && system.length > 0);

/** A name as Anthropic's own API has it; a gateway's has the provider before it. */
const isClaude = ({ model }: JsonObject): boolean =>
  typeof model === 'string' && model.startsWith('claude');

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

/** Members of a request that chat completions alone have. */
const chatNames = ['response_format', 'max_completion_tokens', 'n', 'stop', 'seed'] as const;

/** Whether a body has what chat completions alone have. Asked only where the answer is of another API. */
export const isSurelyChat = (body: JsonObject): boolean =>
  chatNames.some((name) => body[name] !== undefined) ||
  objectsIn(body['tools']).some((tool) => isJsonObject(tool['function'])) ||
  objectsIn(body['messages']).some(
    ({ role, tool_calls: calls }) =>
      calls !== undefined || (role !== 'user' && role !== 'assistant'),
  );
