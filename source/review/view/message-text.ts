import { createHash } from 'node:crypto';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

/**
 * Returns the content of a message as raw text: a string unchanged, a list part by part. An image is
 * shown by its facts: `[image png 640×480 · sha 3f9a1c07d2]`.
 */
export const messageText = (content: JsonValue | undefined): string => {
  if (typeof content === 'string') return content;
  if (!isJsonArray(content))
    return content === null || content === undefined ? '' : JSON.stringify(content);
  return content
    .map((part) => (isJsonObject(part) ? partText(part) : JSON.stringify(part)))
    .join('\n');
};

const partText = (part: JsonObject): string => {
  if (typeof part['text'] === 'string') return part['text'];
  const image = part['image_url'];
  const url = isJsonObject(image) ? image['url'] : image;
  if (typeof url === 'string') return imageText(url);
  const audio = part['input_audio'];
  if (isJsonObject(audio) && typeof audio['data'] === 'string') {
    const bytes = Buffer.from(audio['data'], 'base64');
    return `[audio ${String(audio['format'] ?? '')} · ${fingerprint(bytes)}]`;
  }
  return JSON.stringify(part);
};

const imageText = (url: string): string => {
  const data = /^data:image\/([\w.+-]+)[^,]{0,80};base64,/.exec(url);
  if (data === null) return `[image ${url.length > 200 ? `${url.slice(0, 200)}…` : url}]`;
  const bytes = Buffer.from(url.slice(data[0].length), 'base64');
  const size = imageSize(bytes);
  return `[image ${data[1]}${size === null ? '' : ` ${size.width}×${size.height}`} · ${fingerprint(bytes)}]`;
};

/** The beginning of a SHA-256 of bytes, which `sha256sum` of the file begins with, too. */
const fingerprint = (bytes: Buffer): string =>
  `sha ${createHash('sha256').update(bytes).digest('hex').slice(0, 10)}`;

type Size = { readonly width: number; readonly height: number };

/** Returns the size in pixels that a PNG, GIF or JPEG states; null for anything else. */
const imageSize = (bytes: Buffer): Size | null => {
  if (bytes.length >= 24 && bytes.toString('latin1', 1, 4) === 'PNG') {
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  }
  if (bytes.length >= 10 && bytes.toString('latin1', 0, 3) === 'GIF') {
    return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  }
  return bytes[0] === 0xff && bytes[1] === 0xd8 ? jpegSize(bytes) : null;
};

const jpegSize = (bytes: Buffer): Size | null => {
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
};
