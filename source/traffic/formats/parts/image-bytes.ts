import { isJsonObject, type JsonValue } from '../../../text/json.ts';

/**
 * The bytes that JSON.stringify made an object of: a Uint8Array (`{"0": 137, "1": 80, …}`, as the AI SDK
 * did before it wrote base64) or a Buffer (`{type: 'Buffer', data: […]}`). Null for anything else, such
 * as bytes of which some are missing.
 */
export const readBytes = (value: JsonValue | undefined): Uint8Array | null => {
  if (!isJsonObject(value)) return null;
  const { type, data } = value;
  if (type === 'Buffer') return Array.isArray(data) ? toBytes(data as readonly JsonValue[]) : null;
  // Keys that are numbers come in their order: one that is not in its place is missing or too much.
  return Object.keys(value).every((key, index) => key === String(index))
    ? toBytes(Object.values(value))
    : null;
};

const toBytes = (values: readonly (JsonValue | undefined)[]): Uint8Array | null =>
  values.length > 0 && values.every(isByte) ? Uint8Array.from(values as readonly number[]) : null;

const isByte = (value: JsonValue | undefined): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;

/** The formats of pictures that models take, by their first bytes in Latin-1. */
const beginnings: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG\r\n\x1a\n/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^RIFF[^]{4}WEBP/, 'image/webp'],
];

/** The media type of a picture by its first 12 bytes; null where they are of none that models take. */
export const imageTypeOf = (bytes: Uint8Array): string | null => {
  const beginning = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return beginnings.find(([pattern]) => pattern.test(beginning))?.[1] ?? null;
};
