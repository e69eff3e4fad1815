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
