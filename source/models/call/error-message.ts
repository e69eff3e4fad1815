import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

const maximumLength = 500;

/** Returns text from a server, trimmed and truncated to 500 characters. */
export const shortened = (text: string): string => {
  const trimmed = text.trim();
  return trimmed.length > maximumLength ? `${trimmed.slice(0, maximumLength - 1)}…` : trimmed;
};

/** Parses an error body: as JSON, otherwise the title of a web page, otherwise the text itself. */
export const parseErrorBody = (text: string): JsonValue => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    if (!/^\s*</.test(text)) return text;
    return /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1]?.trim() ?? 'a web page';
  }
};

/**
 * Returns the message in an error body of any known shape: `{error: {message}}`, `{error: "…"}`,
 * `{message}`, `{detail}`, or an array of these (Gemini). Null if there is none.
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

/** Returns the upstream provider's message, which OpenRouter puts next to its own generic one. */
const upstreamText = (body: JsonObject): string => {
  const raw = isJsonObject(body['metadata']) ? body['metadata']['raw'] : undefined;
  return typeof raw === 'string' && raw !== '' ? `: ${raw}` : '';
};

/** Returns the machine-readable names of an error (`code`, `type` and `status`), in lower case. */
export const errorCodes = (body: JsonValue | undefined): readonly string[] =>
  errorObjects(body).flatMap(({ code, type, status }) =>
    [code, type, status]
      .filter((name) => typeof name === 'string' || typeof name === 'number')
      .map((name) => String(name).toLowerCase()),
  );

/**
 * Sentences in which providers name a parameter; the first group is the name. Collected from the
 * answers of OpenAI, Groq, DashScope, Moonshot, Gemini, Anthropic and vLLM, 2026-11.
 */
const parameterSentences: readonly RegExp[] = [
  /(?:unsupported|unknown|invalid|unrecognized|unexpected|extra) (?:parameter|value|argument|field|property|name)s?(?: supplied)?:? ['"`]?([\w.[\]]+)/i,
  /unrecognized request arguments? supplied: ([\w.]+)/i,
  /property ['"`]([\w.]+)['"`] is (?:unsupported|not supported)/i,
  /['"`]([\w.[\]]+)['"`] (?:is|are) (?:not supported|unsupported|not allowed|not permitted|only supported|deprecated|required|must|cannot)/i,
  /parameter\.(\w+) must be/i,
  /parameter:? ['"`]?(\w+)['"`]? (?:is|must|can|does|should|value)/i,
  /^invalid ['"`]?(\w+)['"`]?[:,]/i,
  /^(\w+(?:\.\w+)*): (?:extra inputs|field required|input should|range:|must be|unsupported)/i,
  /\b(\w+_\w+|temperature|logprobs|seed|stop|tools|n) (?:is|are) (?:not supported|unsupported|not allowed|only supported|deprecated)/i,
];

/**
 * Returns the parameter that a refusal (400, 422) names: in `param`, in the location of a
 * validation error (Mistral, vLLM), or in its `message`. It may be a path, such as
 * `messages[0].role`. Null if the refusal names none.
 */
export const refusedParameter = (body: JsonValue | undefined, message: string): string | null => {
  const objects = errorObjects(body);
  for (const { param } of objects) {
    if (typeof param === 'string' && param !== '') return param;
  }
  for (const object of objects) {
    const path = validationPath(object['detail']) ?? validationPath(object['message']);
    if (path !== null) return path;
  }
  for (const sentence of parameterSentences) {
    const name = sentence.exec(message)?.[1];
    if (name !== undefined) return name.replace(/\.$/, '');
  }
  return null;
};

/** Returns the body and the objects that it wraps: `{error: {…}}`, `[{error: …}]`. */
const errorObjects = (body: JsonValue | undefined): readonly JsonObject[] => {
  if (Array.isArray(body)) return errorObjects((body as readonly JsonValue[])[0]);
  if (!isJsonObject(body)) return [];
  return [body, ...errorObjects(body['error'])];
};

/** Reads `detail: [{loc: ['body', 'seed'], …}]`, the format of FastAPI and pydantic. */
const validationPath = (detail: JsonValue | undefined): string | null => {
  const inner = isJsonObject(detail) ? detail['detail'] : detail;
  const first = Array.isArray(inner) ? (inner as readonly JsonValue[])[0] : undefined;
  const location = isJsonObject(first) ? first['loc'] : undefined;
  if (!Array.isArray(location)) return null;
  const path = (location as readonly JsonValue[]).filter(
    (step) => step !== 'body' && (typeof step === 'string' || typeof step === 'number'),
  );
  return path.length === 0 ? null : path.join('.');
};
