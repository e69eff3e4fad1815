import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';

/** Parameters of the request that a stored completion repeats. */
const echoedParameters = [
  'tools',
  'tool_choice',
  'response_format',
  'seed',
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'service_tier',
] as const;

/** Parameters that it leaves out (openai/openai-openapi, `GET /chat/completions`). */
const lostParameters = ['max_completion_tokens', 'stop', 'reasoning_effort'];

/**
 * Completions that OpenAI stored (`GET /chat/completions`): the answer with parameters of its request, but
 * without the messages, which `GET /chat/completions/{id}/messages` returns. They are expected in
 * `messages` of the completion, as a list or as the page that the API returns.
 */
export const storedCompletions: Format = {
  name: 'OpenAI stored completions',
  holdsAnswers: false,
  recognises: (record) =>
    record['object'] === 'chat.completion' &&
    isJsonArray(record['choices']) &&
    ['input_user', 'request_id', 'metadata', 'messages'].some((key) => record[key] !== undefined),
  open: oneByOne((record) => readStored(record)),
};

const readStored = (record: JsonObject): FormatRecord => {
  const { id, created, messages, input_user, metadata, request_id: _, ...rest } = record;
  const page = isJsonObject(messages) ? messages['data'] : messages;
  if (!isJsonArray(page) || page.length === 0) {
    return {
      kind: 'rejected',
      reason:
        'messages not stored with the completion (put what GET /chat/completions/ID/messages returns into its messages)',
      recordId: readRecordId(id),
    };
  }
  const request: JsonObject = {
    ...(rest['model'] === undefined ? {} : { model: rest['model'] }),
    messages: page.map(readStoredMessage),
    ...Object.fromEntries(
      echoedParameters.flatMap((name) => {
        const value = rest[name];
        return value === undefined || value === null ? [] : [[name, value]];
      }),
    ),
  };
  return captureRecord({
    id,
    timestamp: created,
    request,
    outcome: { kind: 'answered', body: withoutMessages(record) },
    totalMs: null,
    timeToFirstTokenMs: null,
    user: input_user,
    metadata: isJsonObject(metadata) ? metadata : null,
    partial: lostParameters,
  });
};

/** Reads a message of the page. If it was sent as parts, `content` is null and `content_parts` has them. */
const readStoredMessage = (entry: JsonValue): JsonValue => {
  if (!isJsonObject(entry)) return entry;
  const { id: _, content_parts: parts, name, ...message } = entry;
  return {
    ...message,
    ...(name === undefined || name === null ? {} : { name }),
    ...(isJsonArray(parts) && parts.length > 0 ? { content: parts } : {}),
  };
};

const withoutMessages = (record: JsonObject): JsonObject => {
  const { messages: _, ...answer } = record;
  return answer;
};
