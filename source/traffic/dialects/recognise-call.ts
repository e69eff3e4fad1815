import {
  arrayOrEmpty,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
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
    return isAnthropic(body, messages) ? other('Anthropic') : { kind: 'chat' };
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

const anthropicParts = new Set(['tool_use', 'tool_result', 'thinking', 'image', 'document']);

/** The system prompt is separate from the messages, or parts have types that OpenAI does not know. */
const isAnthropic = (body: JsonObject, messages: readonly JsonValue[]): boolean => {
  if (body['system'] !== undefined || body['anthropic_version'] !== undefined) return true;
  return messages.some((message) => {
    const parts = arrayOrEmpty(isJsonObject(message) ? message['content'] : undefined);
    return parts.some(
      (part) =>
        isJsonObject(part) && typeof part['type'] === 'string' && anthropicParts.has(part['type']),
    );
  });
};
