import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import { readToolCalls } from '../parts/tool-calls.ts';

/** What llm calls a part or an attachment that is not in the log: a file that stood elsewhere. */
type Lost = Set<string>;

const objectsIn = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

/** An image or a sound as a part of a message; null, and named in `lost`, where the log has no bytes. */
const attachmentPart = (attachment: JsonObject, lost: Lost): JsonObject | null => {
  const { type, url, content } = attachment;
  const kind = textOf(type);
  const isImage = kind === '' || kind.startsWith('image/');
  const isKept = typeof content === 'string' && content !== '';
  if (isImage && isKept) {
    const data = `data:${kind === '' ? 'image/png' : kind};base64,${content}`;
    return { type: 'image_url', image_url: { url: data } };
  }
  if (isImage && typeof url === 'string') return { type: 'image_url', image_url: { url } };
  if (isKept && /^audio\/(?:x-)?(?:wav|mpeg|mp3)$/.test(kind)) {
    const format = kind.endsWith('wav') ? 'wav' : 'mp3';
    return { type: 'input_audio', input_audio: { data: content, format } };
  }
  if (isKept && kind === 'application/pdf') {
    const data = `data:application/pdf;base64,${content}`;
    return { type: 'file', file: { filename: 'document.pdf', file_data: data } };
  }
  lost.add(isImage ? 'images' : 'attachments');
  return null;
};

/** The content of a message: a text or, with attachments, parts. */
const contentOf = (text: string, attachments: readonly JsonObject[], lost: Lost): JsonValue => {
  const parts = attachments
    .map((attachment) => attachmentPart(attachment, lost))
    .filter((part) => part !== null);
  if (parts.length === 0) return text;
  return [...(text === '' ? [] : [{ type: 'text', text }]), ...parts];
};

const toolMessage = (result: JsonObject): JsonObject => ({
  role: 'tool',
  tool_call_id: textOf(result['tool_call_id']),
  content: textOf(result['output']),
});

/** llm has `tool_call_id` where OpenAI has `id`. */
const toolCallsOf = (calls: readonly JsonObject[]): readonly JsonObject[] =>
  readToolCalls(calls.map((call) => ({ ...call, id: call['tool_call_id'] ?? null })));

/** A message of the assistant from what a row or its parts have of it. */
export const assistantMessage = (
  text: string,
  reasoning: string,
  calls: readonly JsonObject[],
): JsonObject => {
  const toolCalls = toolCallsOf(calls);
  return {
    role: 'assistant',
    content: text === '' && toolCalls.length > 0 ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
  };
};

/**
 * Messages of the tree of llm, whose parts are `text`, `attachment`, `tool_call`, `tool_result` and
 * `reasoning`, as a chat completion has them. A system prompt that is repeated is sent once; reasoning
 * is not sent.
 */
export const messagesOfParts = (
  messages: readonly JsonObject[],
  lost: Lost,
): readonly JsonObject[] => {
  const read: JsonObject[] = [];
  let system: string | null = null;
  for (const { role, parts } of messages) {
    const all = objectsIn(parts);
    const ofType = (type: string): readonly JsonObject[] =>
      all.filter((part) => part['type'] === type);
    const text = ofType('text')
      .map((part) => textOf(part['text']))
      .join('');
    read.push(...ofType('tool_result').map(toolMessage));
    if (role === 'tool') continue;
    if (role === 'system') {
      if (text === system) continue;
      system = text;
    }
    if (role === 'assistant') {
      read.push(assistantMessage(text, '', ofType('tool_call')));
      continue;
    }
    const attachments = ofType('attachment').map((part) => part['attachment'] ?? null);
    const content = contentOf(text, attachments.filter(isJsonObject), lost);
    if (content !== '') read.push({ role: textOf(role), content });
  }
  return read;
};

/** The system prompt of a row with its fragments. */
export const systemOf = (row: JsonObject): string =>
  [...fragmentsIn(row['system_fragments']), textOf(row['system'])].filter(Boolean).join('\n\n');

/**
 * What a row of `responses` added to its conversation before the model was called: results of tools, then
 * the prompt with its fragments and attachments.
 */
export const inputOfRow = (row: JsonObject, lost: Lost): readonly JsonObject[] => {
  const text = [...fragmentsIn(row['prompt_fragments']), textOf(row['prompt'])]
    .filter(Boolean)
    .join('\n');
  const content = contentOf(text, objectsIn(row['attachments']), lost);
  return [
    ...objectsIn(row['tool_results']).map(toolMessage),
    ...(content === '' ? [] : [{ role: 'user', content }]),
  ];
};

const fragmentsIn = (value: JsonValue | undefined): readonly string[] =>
  objectsIn(value).map(({ content }) => textOf(content));

/** Whether a row was cut for the eye: `llm logs --json` shortens fragments, with `-t` prompts too. */
export const isShortened = (row: JsonObject): boolean => {
  const isCut = (text: string): boolean => text.length === 100 && text.endsWith('...');
  const fragments = [
    ...fragmentsIn(row['prompt_fragments']),
    ...fragmentsIn(row['system_fragments']),
  ];
  // `-t` leaves the columns of JSON out, too.
  const isTruncated = row['options_json'] === undefined && row['prompt_json'] === undefined;
  return fragments.some(isCut) || (isTruncated && isCut(textOf(row['prompt'])));
};
