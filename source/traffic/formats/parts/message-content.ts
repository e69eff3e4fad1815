import {
  arrayOrEmpty,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../../text/json.ts';
import { unwrapJson } from './embedded-json.ts';
import { asText, readToolCall } from './tools.ts';

/** The content of the parts of a message. OpenAI keeps tool calls and results outside the content. */
export type MessageContent = {
  readonly content: JsonValue | undefined;
  readonly toolCalls: readonly JsonObject[];
  readonly toolResults: readonly ToolResult[];
  readonly reasoning: string;
};

/** The result of a call. Gemini joins results to calls by the name of the function. */
type ToolResult = {
  readonly id: string | null;
  readonly name: string | null;
  readonly content: string;
};

/** How a single text part was sent, see `readMessageContent`. */
export type TextParts = 'part' | 'string';

type Part =
  | { readonly kind: 'content'; readonly part: JsonObject }
  | { readonly kind: 'call'; readonly call: JsonObject }
  | ({ readonly kind: 'result' } & ToolResult)
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'lost'; readonly what: string };

/**
 * Reads the content of a message: a string, or parts as OpenAI (both APIs), OpenTelemetry, Vercel, LangChain,
 * Anthropic, Bedrock and Gemini write them. Parts that were not stored or have no place in a chat completion are
 * added to `lost` by a short name. `textParts` says how a single text part was sent: as that part, or
 * as a `string` that the instrumentation made a part of.
 */
export const readMessageContent = (
  content: JsonValue | undefined,
  lost: Set<string>,
  textParts: TextParts,
): MessageContent => {
  if (!isJsonArray(content)) {
    return {
      content: isJsonObject(content) ? JSON.stringify(content) : content,
      toolCalls: [],
      toolResults: [],
      reasoning: '',
    };
  }
  const parts = content.map(readPart);
  for (const part of parts) if (part.kind === 'lost') lost.add(part.what);
  const kept = parts.flatMap((part) => (part.kind === 'content' ? [part.part] : []));
  const [only] = kept;
  // Gemini and Bedrock have no other form, so that a part of theirs says nothing about how it is sent.
  const isString = textParts === 'string' || content.every(isUntyped);
  const text =
    isString && kept.length === 1 && only?.['type'] === 'text' ? only['text'] : undefined;
  return {
    content: kept.length === 0 ? undefined : (text ?? kept),
    toolCalls: parts.flatMap((part) => (part.kind === 'call' ? [part.call] : [])),
    toolResults: parts.filter((part) => part.kind === 'result'),
    reasoning: parts.flatMap((part) => (part.kind === 'reasoning' ? [part.text] : [])).join(''),
  };
};

const isUntyped = (part: JsonValue): boolean => isJsonObject(part) && part['type'] === undefined;

const textPart = (value: JsonValue | undefined): Part => ({
  kind: 'content',
  part: { type: 'text', text: asText(value) },
});

const lostPart = (what: string): Part => ({ kind: 'lost', what });

const readPart = (value: JsonValue): Part => {
  if (typeof value === 'string') return textPart(value);
  if (!isJsonObject(value)) return lostPart('content');
  const inner = value['message_content'];
  const part = isJsonObject(inner) ? inner : value;
  const { type } = part;
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      // OpenTelemetry puts the text into `content`.
      return part['text'] === undefined ? textPart(part['content']) : cleanTextPart(part);
    case 'image_url':
    case 'image':
    case 'input_image':
      return readImage(part);
    case 'input_audio':
    case 'video_url':
    case 'refusal':
      return { kind: 'content', part };
    case 'file':
    case 'input_file':
    case 'document':
      return readFile(part);
    case 'blob':
    case 'uri':
      return readMedia(part, type);
    case 'reasoning':
    case 'thinking':
      return {
        kind: 'reasoning',
        text: asText(part['content'] ?? part['text'] ?? part['thinking'] ?? ''),
      };
    case 'redacted_thinking':
      return { kind: 'reasoning', text: '' };
    case 'tool_call':
    case 'tool-call':
    case 'tool_use': {
      const call = readToolCall(part);
      return call === null ? lostPart('tool_calls') : { kind: 'call', call };
    }
    case 'tool_call_response':
    case 'tool-result':
    case 'tool_result':
      return readResult(part);
    default:
      return type === undefined ? readUntyped(part) : lostPart('content');
  }
};

/** Leaves out what Langfuse and LangChain add to parts. */
const cleanTextPart = (part: JsonObject): Part => {
  const { cache_control } = part;
  return {
    kind: 'content',
    part: {
      type: 'text',
      text: asText(part['text']),
      ...(cache_control === undefined ? {} : { cache_control }),
    },
  };
};

const imagePart = (url: string, detail?: JsonValue): Part =>
  /^(?:https?:|data:)/.test(url)
    ? {
        kind: 'content',
        part: {
          type: 'image_url',
          image_url: { url, ...(typeof detail === 'string' ? { detail } : {}) },
        },
      }
    : lostPart('images');

/**
 * An image is a URL, a data URL, or base64 or bytes with their media type beside them; anything else was
 * not stored.
 */
const readImage = (part: JsonObject): Part => {
  const given = unwrapJson(part['image_url'] ?? part['image'] ?? part['url']);
  const nested = isJsonObject(given) && isJsonObject(given['image']) ? given['image'] : given;
  const url = isJsonObject(nested) ? nested['url'] : nested;
  const detail = isJsonObject(nested) ? nested['detail'] : part['detail'];
  if (typeof url === 'string' && /^(?:https?:|data:)/.test(url)) return imagePart(url, detail);
  const source = isJsonObject(part['source']) ? part['source'] : part;
  const data = typeof url === 'string' ? url : (source['data'] ?? source['base64']);
  const mime = source['media_type'] ?? part['mediaType'] ?? part['mimeType'] ?? part['mime_type'];
  if (typeof source['url'] === 'string') return imagePart(source['url'], detail);
  const bytes = readBytes(nested) ?? readBytes(source['data']);
  // The bytes are right about their type even if the media type beside them is not.
  if (bytes !== null) return imageOfBytes(bytes, mime, detail);
  if (typeof data !== 'string' || !isBase64(data)) return lostPart('images');
  const type = imageType(Buffer.from(data.slice(0, 16), 'base64')) ?? namedType(mime);
  return imagePart(`data:${type ?? 'image/png'};base64,${data}`, detail);
};

const imageOfBytes = (
  bytes: Uint8Array,
  mime: JsonValue | undefined,
  detail: JsonValue | undefined,
): Part => {
  const type = imageType(bytes) ?? namedType(mime);
  if (type === null) return lostPart('images');
  return imagePart(`data:${type};base64,${Buffer.from(bytes).toString('base64')}`, detail);
};

/** A full media type. The AI SDK writes `image/*` where it does not know the type. */
const namedType = (mime: JsonValue | undefined): string | null =>
  typeof mime === 'string' && /^image\/[\w.+-]+$/.test(mime) ? mime : null;

const isBase64 = (data: string): boolean => /^[\w+/-]{16,}={0,2}$/.test(data);

const readFile = (part: JsonObject): Part => {
  if (isJsonObject(part['file'])) return { kind: 'content', part };
  const { data, file_id } = part;
  const mime = part['mediaType'] ?? part['mimeType'] ?? part['mime_type'];
  if (typeof mime === 'string' && mime.startsWith('image/')) {
    return readImage({ ...part, image: data ?? part['url'] ?? null });
  }
  const { source, filename, title } = part;
  const stored = isJsonObject(source) ? source : { data: data ?? null, media_type: mime ?? null };
  const bytes = stored['data'];
  if (typeof bytes === 'string' && isBase64(bytes) && typeof stored['media_type'] === 'string') {
    const name = filename ?? title;
    const file_data = `data:${stored['media_type']};base64,${bytes}`;
    const file = { ...(typeof name === 'string' ? { filename: name } : {}), file_data };
    return { kind: 'content', part: { type: 'file', file } };
  }
  return typeof file_id === 'string'
    ? { kind: 'content', part: { type: 'file', file: { file_id } } }
    : lostPart('files');
};

/** OpenTelemetry's `blob`, with base64 in `content`, and `uri`. */
const readMedia = (part: JsonObject, type: 'blob' | 'uri'): Part => {
  const { modality, mime_type, content, uri } = part;
  const mime = typeof mime_type === 'string' ? mime_type : '';
  if (modality === 'image' || mime.startsWith('image/')) {
    if (type === 'uri') return typeof uri === 'string' ? imagePart(uri) : lostPart('images');
    return typeof content === 'string' && content !== ''
      ? imagePart(`data:${mime === '' ? 'image/png' : mime};base64,${content}`)
      : lostPart('images');
  }
  const format = /^audio\/(?:x-)?(wav|mp3|mpeg)/.exec(mime)?.[1];
  if (format === undefined || typeof content !== 'string' || content === '') {
    return lostPart(modality === 'audio' || mime.startsWith('audio/') ? 'audio' : 'files');
  }
  const input_audio = { data: content, format: format === 'mpeg' ? 'mp3' : format };
  return { kind: 'content', part: { type: 'input_audio', input_audio } };
};

const readResult = (part: JsonObject): Part => {
  const id = part['id'] ?? part['toolCallId'] ?? part['tool_use_id'] ?? part['toolUseId'] ?? null;
  const name = part['name'] ?? part['toolName'];
  const given = part['response'] ?? part['result'] ?? part['output'] ?? part['content'];
  // Vercel wraps results: {type: 'json', value}.
  const wrapped = isJsonObject(given) && typeof given['type'] === 'string' ? given['value'] : null;
  return {
    kind: 'result',
    id: typeof id === 'string' && id !== '' ? id : null,
    name: typeof name === 'string' ? name : null,
    content: resultText(wrapped ?? given),
  };
};

const resultText = (value: JsonValue | undefined): string => {
  const parts = arrayOrEmpty(value);
  const texts = parts.flatMap((part) => {
    if (!isJsonObject(part)) return [];
    if (part['type'] === 'text') return [asText(part['text'])];
    // Bedrock's results are `{text}` or `{json}`.
    const said = isUntyped(part) && Object.keys(part).length === 1 ? part : {};
    const inner = said['text'] ?? said['json'];
    return inner === undefined ? [] : [asText(inner)];
  });
  return parts.length > 0 && texts.length === parts.length ? texts.join('\n') : asText(value);
};

/** Parts that have no type but a member of their own: Gemini's and those of Bedrock's Converse. */
const readUntyped = (part: JsonObject): Part => {
  const { image, reasoningContent, toolResult, toolUse } = part;
  const used = readToolCall(toolUse);
  if (used !== null) return { kind: 'call', call: used };
  if (isJsonObject(toolResult)) return readResult(toolResult);
  if (isJsonObject(reasoningContent)) {
    const said = reasoningContent['reasoningText'];
    return { kind: 'reasoning', text: isJsonObject(said) ? asText(said['text']) : '' };
  }
  if (isJsonObject(image)) return readBedrockImage(image);
  if (part['document'] !== undefined) return lostPart('files');
  return readGemini(part);
};

/** An image of Bedrock: `{format: 'png', source: {bytes}}`, with the bytes in base64 if they were kept. */
const readBedrockImage = ({ format, source }: JsonObject): Part => {
  const bytes = isJsonObject(source) ? source['bytes'] : undefined;
  const mime = typeof format === 'string' ? `image/${format}` : null;
  return readImage({ image: bytes ?? null, mimeType: mime });
};

const readGemini = (part: JsonObject): Part => {
  const { functionCall, functionResponse, inlineData, text, thought } = part;
  const call = readToolCall(functionCall ?? part['function_call']);
  if (call !== null) return { kind: 'call', call };
  const answered = functionResponse ?? part['function_response'];
  if (isJsonObject(answered)) return readResult(answered);
  const media = inlineData ?? part['inline_data'];
  if (isJsonObject(media)) return readInlineData(media);
  if (isJsonObject(part['fileData'] ?? part['file_data'])) return lostPart('files');
  if (typeof text !== 'string') return lostPart('content');
  return thought === true ? { kind: 'reasoning', text } : textPart(text);
};

const readInlineData = (media: JsonObject): Part => {
  const mime = media['mimeType'] ?? media['mime_type'];
  const isImage = typeof mime !== 'string' || mime.startsWith('image/');
  if (isImage) return readImage({ ...media, image: media['data'] ?? null });
  return readMedia({ mime_type: mime, content: media['data'] ?? null }, 'blob');
};

/**
 * Reads bytes that JSON.stringify turned into an object: a Uint8Array (`{"0": 137, "1": 80, …}`, which the
 * AI SDK stored before it used base64) or a Buffer (`{type: 'Buffer', data: […]}`). Null for anything
 * else, also if a byte is missing.
 */
const readBytes = (value: JsonValue | undefined): Uint8Array | null => {
  if (!isJsonObject(value)) return null;
  const { type, data } = value;
  if (type === 'Buffer') return isJsonArray(data) ? toBytes(data) : null;
  // Numeric keys come in ascending order, so a key out of place means that one is missing.
  return Object.keys(value).every((key, index) => key === String(index))
    ? toBytes(Object.values(value))
    : null;
};

const toBytes = (values: readonly JsonValue[]): Uint8Array | null =>
  values.length > 0 && values.every(isByte) ? Uint8Array.from(values) : null;

const isByte = (value: JsonValue): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;

/** The image formats that models accept, by their first bytes in Latin-1. */
const imageSignatures: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG\r\n\x1a\n/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^RIFF[^]{4}WEBP/, 'image/webp'],
];

/** The media type of an image by its first 12 bytes; null if models do not accept it. */
const imageType = (bytes: Uint8Array): string | null => {
  const beginning = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return imageSignatures.find(([pattern]) => pattern.test(beginning))?.[1] ?? null;
};
