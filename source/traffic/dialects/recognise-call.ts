import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

/**
 * What a URL of an HTTP exchange asks for. `chat`: a chat completion. `other model call`: text of a
 * model in another protocol, which is no chat completion and cannot be replayed. `no model call`: a
 * part of such an API that answers no prompt (an embedding). `elsewhere`: something else altogether.
 */
export type ModelPath = {
  readonly kind: 'chat' | 'other model call' | 'no model call' | 'elsewhere';
  /** Without host and query. */
  readonly path: string;
  /** The deployment that Azure names in its path instead of a model; null for none. */
  readonly deployment: string | null;
};

const chat = /\/chat\/completions\/?$/;
const otherCall =
  /(?:\/v\d\w*(?:\/openai)?|\/openai|\/deployments\/[^/]+)\/(?:responses|messages|completions|threads\/.*runs)\/?$|:(?:stream)?generateContent$|\/(?:converse|invoke)(?:-\w+)*$|\/api\/(?:chat|generate)$/i;
const noCall =
  /(?:\/v\d\w*(?:\/openai)?|\/openai|\/deployments\/[^/]+)\/(?:embeddings|moderations|models|files|batches|images|audio|realtime|fine_tuning|uploads|vector_stores|assistants|threads|chat\/completions\/.+|responses\/.+|rerank)(?:\/.*)?$|:(?:batchEmbedContents|embedContent|countTokens)$/i;

/** Reads a URL, or the path of one. */
export const modelPath = (url: string, method: string): ModelPath => {
  const path = url.replace(/^\w+:\/\/[^/]*/, '').replace(/[?#].*$/s, '');
  const deployment = /\/deployments\/([^/]+)\//.exec(path)?.[1] ?? null;
  const isPost = method.toUpperCase() === 'POST';
  if (chat.test(path)) return { kind: isPost ? 'chat' : 'elsewhere', path, deployment };
  if (otherCall.test(path) && isPost) return { kind: 'other model call', path, deployment };
  const isKnown = noCall.test(path) || otherCall.test(path);
  return { kind: isKnown ? 'no model call' : 'elsewhere', path, deployment };
};

/**
 * Whose request a body is, where a gateway serves several protocols. `chat`: a chat completion. `other
 * model call`: `what` names the protocol, and it cannot be replayed. `no model call`: an embedding and
 * its like.
 */
export type RequestProtocol =
  | { readonly kind: 'chat' }
  | { readonly kind: 'other model call' | 'no model call'; readonly what: string };

/** Tells by the body alone; what looks like nothing known is a chat completion that lacks something. */
export const requestProtocol = (body: JsonObject): RequestProtocol => {
  const { messages, contents, input, prompt } = body;
  const other = (what: string): RequestProtocol => ({ kind: 'other model call', what });
  if (Array.isArray(messages))
    return isAnthropic(body, messages) ? other('Anthropic') : { kind: 'chat' };
  if (contents !== undefined) return other('Gemini');
  if (input !== undefined) {
    const isResponse = [
      'instructions',
      'tools',
      'max_output_tokens',
      'reasoning',
      'text',
      'stream',
    ].some((name) => body[name] !== undefined);
    const isItems =
      Array.isArray(input) && (input as readonly JsonValue[]).every((item) => isJsonObject(item));
    return isResponse || isItems
      ? other('OpenAI Responses')
      : { kind: 'no model call', what: 'an embedding' };
  }
  if (prompt !== undefined) return other('text completion');
  return { kind: 'chat' };
};

/** The system prompt stands beside the messages, or parts are of kinds that OpenAI does not have. */
const isAnthropic = (body: JsonObject, messages: readonly JsonValue[]): boolean => {
  if (body['system'] !== undefined || body['anthropic_version'] !== undefined) return true;
  const kinds = new Set(['tool_use', 'tool_result', 'thinking', 'image', 'document']);
  return messages.some((message) => {
    const content = isJsonObject(message) ? message['content'] : undefined;
    return (
      Array.isArray(content) &&
      (content as readonly JsonValue[]).some(
        (part) => isJsonObject(part) && typeof part['type'] === 'string' && kinds.has(part['type']),
      )
    );
  });
};
