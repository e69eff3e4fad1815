import {
  firstString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
  stringOrEmpty,
} from '../../text/json.ts';
import { readRecordId } from '../capture-id.ts';
import { readDuration } from '../times.ts';
import type { Format, FormatReader, FormatRecord } from './format.ts';
import { captureRecord } from './parts/capture-record.ts';
import {
  completionOfMessages,
  completionUsage,
  firstCount,
  readFinishReason,
} from './parts/chat-completion.ts';
import { someText } from './parts/embedded-json.ts';
import { readParameters } from './parts/parameters.ts';
import { readToolCalls, readToolDefinitions } from './parts/tools.ts';
import { chatRequest } from './parts/traced-call.ts';

/**
 * The output of `llm logs --json --expand` (simonw/llm, docs/logging.md). `duration_ms` is in
 * milliseconds. A row holds only what its call added to the conversation, so the messages before it
 * come from the earlier rows of the same conversation.
 */
export const llmLogs: Format = {
  name: 'llm logs',
  holdsAnswers: false,
  recognises: (record) =>
    typeof record['datetime_utc'] === 'string' &&
    'model' in record &&
    'conversation_id' in record &&
    'prompt' in record,
  open: () => openLog(),
};

/** The messages of a conversation so far, and its current system prompt. */
type Conversation = { readonly messages: readonly JsonObject[]; readonly system: string };

const openLog = (): FormatReader => {
  const conversations = new Map<string, Conversation>();
  return { read: (row) => [readRow(row, conversations)], end: () => [] };
};

const readRow = (row: JsonObject, conversations: Map<string, Conversation>): FormatRecord => {
  if (isTruncated(row)) {
    const reason = 'cut short (llm logs --json: use --expand, and not --truncate)';
    return { kind: 'rejected', reason, recordId: readRecordId(row['id']) };
  }
  const lost = new Set<string>();
  const messages = requestMessages(row, conversations, lost);
  const tools = readToolDefinitions(row['tools'], lost);
  const parameters = readOptions(row, lost);
  const answer = answerMessage(row);
  const hasAnswer = answer['content'] !== '' || answer['reasoning_content'] !== undefined;
  return captureRecord({
    id: row['id'],
    timestamp: row['datetime_utc'],
    request: chatRequest({ model: row['model'], messages, tools, parameters }),
    outcome: hasAnswer
      ? { kind: 'answered', body: completionOf(row, answer) }
      : { kind: 'unknown' },
    totalMs: readDuration(row['duration_ms']),
    timeToFirstTokenMs: null,
    conversation: row['conversation_id'],
    partial: [...lost],
  });
};

const requestMessages = (
  row: JsonObject,
  conversations: Map<string, Conversation>,
  lost: Set<string>,
): readonly JsonObject[] => {
  const key = stringOrEmpty(row['conversation_id']);
  const earlier = conversations.get(key);
  const current = earlier?.system ?? '';
  const system = joined('\n\n', [...fragments(row['system_fragments']), row['system']]);
  const isNew = system !== '' && system !== current;
  const lostHere = new Set<string>();
  const messages: readonly JsonObject[] = [
    ...(earlier?.messages ?? []),
    ...(isNew ? [{ role: 'system', content: system }] : []),
    ...newMessages(row, lostHere),
  ];
  if (key !== '') {
    conversations.set(key, {
      messages: [...messages, answerMessage(row)],
      system: isNew ? system : current,
    });
  }
  const sent = sentMessages(row['prompt_json']);
  if (sent !== null) return sent;
  for (const part of lostHere) lost.add(part);
  if (earlier === undefined && startsMidConversation(row)) lost.add('earlier messages');
  return messages;
};

/** The messages that a row added before the call: tool results, then the prompt. */
const newMessages = (row: JsonObject, lost: Set<string>): readonly JsonObject[] => {
  const text = joined('\n', [...fragments(row['prompt_fragments']), row['prompt']]);
  const images = objectsIn(row['attachments']).flatMap((attachment) => image(attachment, lost));
  const content =
    images.length === 0 ? text : [...(text === '' ? [] : [{ type: 'text', text }]), ...images];
  return [
    ...objectsIn(row['tool_results']).map((result) => ({
      role: 'tool',
      tool_call_id: stringOrEmpty(result['tool_call_id']),
      content: stringOrEmpty(result['output']),
    })),
    ...(content === '' ? [] : [{ role: 'user', content }]),
  ];
};

/** The log names the files that were attached, but holds only the addresses of those on the web. */
const image = ({ type, url }: JsonObject, lost: Set<string>): readonly JsonObject[] => {
  const isImage = /^(?:image\/|$)/.test(stringOrEmpty(type));
  if (isImage && typeof url === 'string') return [{ type: 'image_url', image_url: { url } }];
  lost.add(isImage ? 'images' : 'attachments');
  return [];
};

/**
 * The messages as llm's OpenAI plugin sent them. Null where the log has replaced a part of them: the
 * bytes of images, and fragments, for which it has `{"$": …}` and `{"$r": …}`.
 */
const sentMessages = (sent: JsonValue | undefined): readonly JsonObject[] | null => {
  if (!isJsonObject(sent) || Object.keys(sent).join() !== 'messages') return null;
  const messages = objectsIn(sent['messages']);
  const isReplaced =
    someText(messages, (text) => text === 'data:...' || text === '...') ||
    /\{"\$r?":/.test(JSON.stringify(messages));
  return messages.length === 0 || isReplaced ? null : messages;
};

/** llm names a conversation after its first prompt: at most 100 characters, white space collapsed. */
const startsMidConversation = (row: JsonObject): boolean => {
  const name = stringOrEmpty(row['conversation_name']).replace(/(?:…|\.\.\.)$/, '');
  if (name === '' || objectsIn(row['prompt_fragments']).length > 0) return false;
  const first = firstString(row['prompt'], row['system']) ?? '';
  const collapsed = (text: string): string => text.replace(/\s+/g, ' ').trim();
  return !collapsed(first).startsWith(collapsed(name));
};

const answerMessage = (row: JsonObject): JsonObject => {
  const text = stringOrEmpty(row['response']);
  const reasoning = stringOrEmpty(row['reasoning']);
  const calls = readToolCalls(
    objectsIn(row['tool_calls']).map((call) => ({ ...call, id: call['tool_call_id'] ?? null })),
  );
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
};

const completionOf = (row: JsonObject, answer: JsonObject): JsonObject => {
  const response = objectOrEmpty(row['response_json']);
  const [choice] = objectsIn(response['choices']);
  const details = objectOrEmpty(row['token_details']);
  return completionOfMessages([answer], {
    id: firstString(response['id']),
    model: firstString(row['resolved_model'], row['model']),
    finishReasons: [readFinishReason(response['finish_reason'] ?? choice?.['finish_reason'])],
    usage: completionUsage({
      input: firstCount(row['input_tokens']),
      output: firstCount(row['output_tokens']),
      cachedInput: firstCount(objectOrEmpty(details['prompt_tokens_details'])['cached_tokens']),
      reasoning: firstCount(
        objectOrEmpty(details['completion_tokens_details'])['reasoning_tokens'],
      ),
    }),
    choices: 1,
  });
};

/** Parameters of the API, and options that llm itself turns into parameters. */
const readOptions = (row: JsonObject, lost: Set<string>): JsonObject => {
  const {
    json_object: asksForJson,
    image_detail: _detail,
    chat_completions: _api,
    ...parameters
  } = objectOrEmpty(row['options_json']);
  const schema = row['schema_json'];
  const format = isJsonObject(schema)
    ? { type: 'json_schema', json_schema: { name: 'output', schema } }
    : asksForJson === true
      ? { type: 'json_object' }
      : null;
  return {
    ...readParameters(parameters, lost),
    ...(format === null ? {} : { response_format: format }),
  };
};

const fragments = (value: JsonValue | undefined): readonly string[] =>
  objectsIn(value).map(({ content }) => stringOrEmpty(content));

const joined = (separator: string, texts: readonly (JsonValue | undefined)[]): string =>
  texts.map(stringOrEmpty).filter(Boolean).join(separator);

/** Without `--expand` llm cuts fragments, with `--truncate` prompts too; both to 100 characters. */
const isTruncated = (row: JsonObject): boolean => {
  const isCut = (text: string): boolean => text.length === 100 && text.endsWith('...');
  const all = [...fragments(row['prompt_fragments']), ...fragments(row['system_fragments'])];
  // `--truncate` also leaves out the columns that hold JSON.
  const hasJson = row['options_json'] !== undefined || row['prompt_json'] !== undefined;
  return all.some(isCut) || (!hasJson && isCut(stringOrEmpty(row['prompt'])));
};
