import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

const longest = 500;

/** Text from a server, trimmed and cut to 500 characters. */
export const shortened = (text: string): string => {
  const trimmed = text.trim();
  return trimmed.length > longest ? `${trimmed.slice(0, longest - 1)}…` : trimmed;
};

/**
 * What an error body says, whatever its shape: `{error: {message}}`, `{error: "…"}`, `{message}`,
 * `{detail}`, an array of these (Gemini). Null when it says nothing.
 */
export const errorText = (body: JsonValue | undefined): string | null => {
  if (typeof body === 'string') return body.trim() || null;
  if (Array.isArray(body)) return errorText((body as readonly JsonValue[])[0]);
  if (!isJsonObject(body)) return null;
  for (const key of ['error', 'message', 'detail', 'msg']) {
    const value = body[key];
    if (value === undefined || value === null) continue;
    const text = errorText(value);
    if (text !== null) return text + upstreamText(body);
    if (key !== 'error') return JSON.stringify(value);
  }
  return null;
};

/** OpenRouter puts what the provider behind it said beside a message that says nothing. */
const upstreamText = (body: JsonObject): string => {
  const raw = isJsonObject(body['metadata']) ? body['metadata']['raw'] : undefined;
  return typeof raw === 'string' && raw !== '' ? `: ${raw}` : '';
};

/** The words by which a program may know the error (`code` and `type`), lower case. */
export const errorCodes = (body: JsonValue | undefined): readonly string[] => {
  if (Array.isArray(body)) return errorCodes((body as readonly JsonValue[])[0]);
  if (!isJsonObject(body)) return [];
  const own = [body['code'], body['type'], body['status']]
    .filter((code) => typeof code === 'string' || typeof code === 'number')
    .map((code) => String(code).toLowerCase());
  return [...own, ...errorCodes(body['error'])];
};
