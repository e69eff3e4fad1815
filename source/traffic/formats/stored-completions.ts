import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { type Format, type FormatRecord, oneByOne } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';

/** Parameters of the request that a stored completion repeats. */
const echoed = [
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

/** Those that it leaves out (openai/openai-openapi, `GET /chat/completions`). */
const lost = ['max_completion_tokens', 'stop', 'reasoning_effort'];

/**
 * Completions that OpenAI stored (`GET /chat/completions`): the answer with parameters of its request,
 * but without the messages, which `GET /chat/completions/{id}/messages` has. They are read from
 * `messages` of the completion, as a list or as the page that the API gives.
 */
export const storedCompletions: Format = {
  name: 'OpenAI stored completions',
  holdsAnswers: false,
  recognises: (record) =>
    record['object'] === 'chat.completion' &&
    Array.isArray(record['choices']) &&
    ['input_user', 'request_id', 'metadata', 'messages'].some((key) => record[key] !== undefined),
  open: oneByOne((record) => readStored(record)),
};

const readStored = (record: JsonObject): FormatRecord => {
  const { id, created, messages, input_user, metadata, request_id: _, ...rest } = record;
  const page = isJsonObject(messages) ? messages['data'] : messages;
  if (!Array.isArray(page) || page.length === 0) {
    return {
      kind: 'rejected',
      reason:
        'messages not stored with the completion (put what GET /chat/completions/ID/messages gives into its messages)',
      recordId: readRecordId(id),
    };
  }
  const request: JsonObject = {
    ...(rest['model'] === undefined ? {} : { model: rest['model'] }),
    messages: (page as readonly JsonValue[]).map(messageOf),
    ...Object.fromEntries(
      echoed.flatMap((name) => {
        const value = rest[name];
        return value === undefined || value === null ? [] : [[name, value]];
      }),
    ),
  };
  return captureRecord({
    id,
    timestamp: created,
    request,
    outcome: { kind: 'answered', body: answerOf(record) },
    totalMs: null,
    timeToFirstTokenMs: null,
    user: input_user,
    metadata: isJsonObject(metadata) ? metadata : null,
    partial: lost,
  });
};

/** A message of the page: `content` is null where it was sent as parts, which stand in `content_parts`. */
const messageOf = (entry: JsonValue): JsonValue => {
  if (!isJsonObject(entry)) return entry;
  const { id: _, content_parts: parts, name, ...message } = entry;
  return {
    ...message,
    ...(name === undefined || name === null ? {} : { name }),
    ...(Array.isArray(parts) && parts.length > 0 ? { content: parts } : {}),
  };
};

const answerOf = (record: JsonObject): JsonObject => {
  const { messages: _, ...answer } = record;
  return answer;
};
