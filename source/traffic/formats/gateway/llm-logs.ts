import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readRecordId } from '../../record-id.ts';
import type { Surroundings } from '../../reading/read-records.ts';
import type { Format, FormatReader, FormatRecord } from '../format.ts';
import { answerOf } from '../parts/completion.ts';
import { captureRecord } from '../parts/capture-record.ts';
import { readFinishReason } from '../parts/finish-reason.ts';
import { readParameters } from '../parts/parameters.ts';
import { firstCount, usageOf } from '../parts/usage.ts';
import { readDuration } from '../plain/record-fields.ts';
import { requestOf } from '../parts/traced-call.ts';
import { readToolDefinitions } from '../parts/tool-definitions.ts';
import { createHistory, type History } from './llm-history.ts';
import {
  assistantMessage,
  inputOfRow,
  isShortened,
  messagesOfParts,
  systemOf,
} from './llm-messages.ts';
import { someText } from './stored-value.ts';

/**
 * The log of simonw/llm (its docs/logging.md): `logs.db` itself, of any version, or what `llm logs --json`
 * gives. `duration_ms` is in milliseconds. What a conversation had said before a call is put together from its
 * earlier rows, except where the log has the messages themselves.
 */
export const llmLogs: Format = {
  name: 'llm logs',
  holdsAnswers: false,
  recognises: (record) =>
    typeof record['datetime_utc'] === 'string' &&
    'model' in record &&
    'conversation_id' in record &&
    ('prompt' in record || 'messages' in record),
  open: () => openLog(),
};

const openLog = (): FormatReader => {
  const history = createHistory();
  return {
    read: (row, around) => [readRow(row, around, history)],
    end: () => [],
  };
};

const readRow = (row: JsonObject, around: Surroundings | null, history: History): FormatRecord => {
  const { id } = row;
  const reject = (reason: string): FormatRecord => ({
    kind: 'rejected',
    reason,
    recordId: readRecordId(id),
  });
  const lost = new Set<string>();
  if ('messages' in row) {
    const { messages, answer } = row;
    if (!Array.isArray(messages)) return reject('a message of the conversation is missing (llm)');
    const sent = messagesOfParts(objectsIn(messages), lost);
    return toCapture(row, sent, answerOfParts(objectsIn(answer)), lost);
  }
  if (isShortened(row)) {
    return reject('cut short (llm logs --json: with --expand and without --truncate)');
  }
  const sent = messagesSent(row, around, history, lost);
  return toCapture(row, sent, answerOfRow(row), lost);
};

const objectsIn = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

const messagesSent = (
  row: JsonObject,
  around: Surroundings | null,
  history: History,
  lost: Set<string>,
): readonly JsonObject[] => {
  const key = textOf(row['conversation_id']);
  const earlier = key === '' ? undefined : history.of(key);
  const given = systemOf(row);
  const before = earlier ?? { messages: [], system: '' };
  const system =
    given === '' || given === before.system ? [] : [{ role: 'system', content: given }];
  const lostHere = new Set<string>();
  const messages = [...before.messages, ...system, ...inputOfRow(row, lostHere)];
  if (key !== '') {
    const kept = {
      messages: [...messages, answerOfRow(row)],
      system: given === '' ? before.system : given,
    };
    history.remember(key, kept, around);
  }
  const wire = wireMessages(row['prompt_json']);
  if (wire !== null) return wire;
  for (const what of lostHere) lost.add(what);
  if (earlier === undefined && beginsInTheMiddle(row)) lost.add('earlier messages');
  return messages;
};

/** The messages as the plugin for OpenAI sent them; it leaves out the bytes of images. */
const wireMessages = (sent: JsonValue | undefined): readonly JsonObject[] | null => {
  if (!isJsonObject(sent) || Object.keys(sent).join() !== 'messages') return null;
  const messages = objectsIn(sent['messages']);
  const isEmptied = (text: string): boolean => text === 'data:...' || text === '...';
  return messages.length === 0 || someText(messages, isEmptied) ? null : messages;
};

/** A conversation is named after its first prompt, in at most 100 characters, white space collapsed. */
const beginsInTheMiddle = (row: JsonObject): boolean => {
  const name = textOf(row['conversation_name']).replace(/(?:…|\.\.\.)$/, '');
  if (name === '' || objectsIn(row['prompt_fragments']).length > 0) return false;
  const first = textOf(row['prompt']) || textOf(row['system']);
  const same = (text: string): string => text.replace(/\s+/g, ' ').trim();
  return !same(first).startsWith(same(name));
};

const answerOfRow = (row: JsonObject): JsonObject =>
  assistantMessage(textOf(row['response']), textOf(row['reasoning']), objectsIn(row['tool_calls']));

/** The answer is one message, in pieces where the server ran tools of its own in between. */
const answerOfParts = (messages: readonly JsonObject[]): JsonObject => {
  const parts = messages.flatMap((message) => objectsIn(message['parts']));
  const ofType = (type: string): readonly JsonObject[] =>
    parts.filter((part) => part['type'] === type && part['server_executed'] !== true);
  const joined = (type: string): string =>
    ofType(type)
      .map((part) => textOf(part['text']))
      .join('');
  return assistantMessage(joined('text'), joined('reasoning'), ofType('tool_call'));
};

const toCapture = (
  row: JsonObject,
  messages: readonly JsonObject[],
  answer: JsonObject,
  lost: Set<string>,
): FormatRecord => {
  const { id, model, resolved_model: resolved } = row;
  const name = [resolved, model].find((value) => typeof value === 'string' && value !== '');
  const tools = readToolDefinitions(row['tools'], lost);
  const request = requestOf({ model, messages, tools, parameters: parametersOf(row, lost) });
  const said = isJsonObject(row['response_json']) ? row['response_json'] : {};
  const reasons = objectsIn(said['choices']).map((choice) => choice['finish_reason']);
  const details = isJsonObject(row['token_details']) ? row['token_details'] : {};
  const inner = (key: string): JsonObject => (isJsonObject(details[key]) ? details[key] : {});
  const hasAnswer = answer['content'] !== '' || answer['reasoning_content'] !== undefined;
  return captureRecord({
    id,
    timestamp: row['datetime_utc'],
    request,
    outcome: hasAnswer
      ? {
          kind: 'answered',
          body: answerOf([answer], {
            id: typeof said['id'] === 'string' ? said['id'] : null,
            model: typeof name === 'string' ? name : null,
            finishReasons: [readFinishReason(said['finish_reason'] ?? reasons[0])],
            usage: usageOf({
              input: firstCount(row['input_tokens']),
              output: firstCount(row['output_tokens']),
              cachedInput: firstCount(inner('prompt_tokens_details')['cached_tokens']),
              reasoning: firstCount(inner('completion_tokens_details')['reasoning_tokens']),
            }),
            choices: 1,
          }),
        }
      : { kind: 'unknown' },
    totalMs: readDuration(row['duration_ms']),
    timeToFirstTokenMs: null,
    conversation: row['conversation_id'],
    partial: [...lost],
  });
};

/** llm's own options beside those of the API: a JSON answer, a schema, how images are looked at. */
const parametersOf = (row: JsonObject, lost: Set<string>): JsonObject => {
  const options = isJsonObject(row['options_json']) ? row['options_json'] : {};
  const { json_object, image_detail: _, chat_completions: __, ...rest } = options;
  const schema = row['schema_json'];
  const format = isJsonObject(schema)
    ? { type: 'json_schema', json_schema: { name: 'output', schema } }
    : json_object === true
      ? { type: 'json_object' }
      : null;
  return {
    ...readParameters(rest, lost),
    ...(format === null ? {} : { response_format: format }),
  };
};
