import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { type Adaptation, AdaptationLog } from './adaptation.ts';
import type { Dialect } from './dialect.ts';
import { asksForSignatures, foreignSignature } from './gemini-signature.ts';

/** A request in its own dialect, for another model. */
export type NativeRequest = {
  readonly body: JsonObject;
  /** The model to ask, which Gemini has in the path and not in the body. */
  readonly model: string;
  readonly adaptations: readonly Adaptation[];
};

/** What touches production, in each dialect, and must not be repeated. */
const productionFields: Readonly<Record<Dialect, readonly string[]>> = {
  chat: ['metadata', 'user', 'safety_identifier', 'store'],
  responses: ['metadata', 'user', 'safety_identifier', 'background'],
  messages: ['metadata', 'user_profile_id', 'workspace_id', 'diagnostics'],
  gemini: ['labels', 'store'],
};

/**
 * Prepares a request for a model that speaks its dialect: the body goes as it came but for the model, streaming,
 * what touches production, and, for another model than the one that was asked (`asked`), the reasoning in the
 * history, which only the model that wrote it can use. `keep`: parameters to send although they are about production.
 */
export const nativeRequest = (
  dialect: Dialect,
  given: JsonObject,
  {
    model,
    asked = null,
    keep = new Set(),
  }: {
    readonly model: string;
    readonly asked?: string | null;
    readonly keep?: ReadonlySet<string>;
  },
): NativeRequest => {
  const log = new AdaptationLog();
  let body = given;
  for (const name of productionFields[dialect]) {
    const value = body[name];
    if (value === undefined || keep.has(name)) continue;
    const { [name]: _, ...rest } = body;
    body = rest;
    if (value !== null) log.dropped(name, value, 'it is about production', 'harmless');
  }
  const before = typeof body['model'] === 'string' ? body['model'] : asked;
  if (before !== model) body = withoutReasoning(dialect, body, model, log);
  return { ...streamed(dialect, body, model, log), model, adaptations: log.adaptations };
};

const streamed = (
  dialect: Dialect,
  body: JsonObject,
  model: string,
  log: AdaptationLog,
): { readonly body: JsonObject } => {
  if (dialect === 'gemini') {
    const { model: _, ...rest } = body;
    return { body: rest };
  }
  const set: Record<string, JsonValue> = { ...body, model };
  const change = (name: string, value: JsonValue, reason: string): void => {
    if (body[name] === value) return;
    log.set(name, body[name], value, reason);
    set[name] = value;
  };
  change('stream', true, 'every answer is streamed, to measure the first token');
  if (dialect === 'responses') change('store', false, 'the provider is to keep nothing');
  return { body: set };
};

const reason = 'only the model that wrote it can use it';

/** The history without what another model thought. */
const withoutReasoning = (
  dialect: Dialect,
  body: JsonObject,
  model: string,
  log: AdaptationLog,
): JsonObject => {
  const dropped = (path: string, value: JsonValue): void => {
    log.dropped(path, value, reason, 'harmless');
  };
  const { messages, input, contents } = body;
  switch (dialect) {
    case 'chat':
      return body;
    case 'messages':
      return isJsonArray(messages)
        ? { ...body, messages: messages.map((message) => withoutThinking(message, dropped)) }
        : body;
    case 'responses':
      return isJsonArray(input) ? { ...body, input: withoutItems(input, dropped) } : body;
    case 'gemini':
      return isJsonArray(contents)
        ? { ...body, contents: contents.map((content) => withoutThoughts(content, model, dropped)) }
        : body;
  }
};

type Dropped = (path: string, value: JsonValue) => void;

const withoutThinking = (message: JsonValue, dropped: Dropped): JsonValue => {
  if (!isJsonObject(message) || !isJsonArray(message['content'])) return message;
  const content = message['content'].filter((block) => {
    const type = isJsonObject(block) ? block['type'] : null;
    if (type !== 'thinking' && type !== 'redacted_thinking') return true;
    dropped('messages[*].content[*].thinking', block);
    return false;
  });
  return content.length === message['content'].length ? message : { ...message, content };
};

/**
 * Items without reasoning. The ids of the others go, too: the server would look for the reasoning that belongs to
 * them.
 */
const withoutItems = (input: readonly JsonValue[], dropped: Dropped): readonly JsonValue[] => {
  const kept = input.filter((item) => {
    if (!isJsonObject(item) || item['type'] !== 'reasoning') return true;
    dropped('input[*].encrypted_content', item);
    return false;
  });
  if (kept.length === input.length) return input;
  return kept.map((item) => {
    if (!isJsonObject(item) || item['id'] === undefined || item['type'] === 'item_reference') {
      return item;
    }
    const { id: _, ...rest } = item;
    return rest;
  });
};

const withoutThoughts = (content: JsonValue, model: string, dropped: Dropped): JsonValue => {
  if (!isJsonObject(content) || !isJsonArray(content['parts'])) return content;
  const parts = content['parts'].flatMap((part): readonly JsonValue[] => {
    if (!isJsonObject(part)) return [part];
    if (part['thought'] === true) {
      dropped('contents[*].parts[*].thought', part);
      return [];
    }
    const { thoughtSignature, thought_signature, ...rest } = part;
    const signature = thoughtSignature ?? thought_signature;
    if (signature === undefined) return [part];
    dropped('contents[*].parts[*].thoughtSignature', signature);
    const isCall = isJsonObject(rest['functionCall'] ?? rest['function_call']);
    return [
      isCall && asksForSignatures(model) ? { ...rest, thoughtSignature: foreignSignature } : rest,
    ];
  });
  return { ...content, parts };
};
