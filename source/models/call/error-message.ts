import { isJsonObject, type JsonObject, type JsonValue, objectsIn } from '../../text/json.ts';

const maximumLength = 500;

/** Returns text from a server, trimmed and truncated to 500 characters. */
export const shortened = (text: string): string => {
  const trimmed = text.trim();
  return trimmed.length > maximumLength ? `${trimmed.slice(0, maximumLength - 1)}…` : trimmed;
};

/** Parses an error's body: JSON, else the title or the words of a web page, else the text as it is. */
export const parseErrorBody = (text: string): JsonValue => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    if (!/^\s*</.test(text)) return text;
    const title = /<(title|h1)[^>]*>([^<]*\S[^<]*)<\/\1>/i.exec(text)?.[2]?.trim();
    return title ?? (pageWords(text) || 'a web page');
  }
};

/** Returns the text of a web page without tags, scripts and styles. */
const pageWords = (html: string): string =>
  html
    .replaceAll(/<(script|style)\b[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** The members that hold an error or its words, those that name an error first. */
const wordKeys = [
  'error',
  'errors',
  'base_resp',
  'message',
  'detail',
  'msg',
  'status_msg',
  'error_msg',
  'error_message',
  'errorMessage',
  'Message',
  'error_description',
  'title',
] as const;

/**
 * The message in an error body of any known shape: `{error: {message}}`, `{error: "…"}`,
 * `{errors: [{message}]}` (Cloudflare), `{base_resp: {status_msg}}` (MiniMax), `{message}`,
 * `{detail}` (FastAPI, also as a list), `{text, error_code}` (FastChat), or an array of these (Gemini).
 * Null when it has none.
 */
export const errorText = (body: JsonValue | undefined): string | null => {
  if (typeof body === 'string') return body.trim() || null;
  if (Array.isArray(body)) return listText(body as readonly JsonValue[]);
  if (!isJsonObject(body)) return null;
  for (const key of wordKeys) {
    const value = body[key];
    if (value === undefined || value === null) continue;
    const text = errorText(value);
    if (text !== null) return text + upstreamText(body);
    if (key === 'message' || key === 'detail') return JSON.stringify(value);
  }
  return isNonZero(body['error_code']) ? errorText(body['text']) : null;
};

/** The different messages of a list of errors; a request with many faults is told of the first three. */
const listText = (list: readonly JsonValue[]): string | null => {
  const texts = list.map((one) => {
    const text = errorText(one);
    const path = validationPath([one]);
    return text === null || path === null || text.includes(path) ? text : `${path}: ${text}`;
  });
  const different = [...new Set(texts.filter((text) => text !== null))];
  return different.length === 0 ? null : different.slice(0, 3).join('; ');
};

const isNonZero = (code: JsonValue | undefined): boolean =>
  typeof code === 'number' ? code !== 0 : typeof code === 'string' && !/^0*$/.test(code);

/**
 * The words of a JSON object without an answer that has the shape of an error: a member that only
 * errors have, or a message. Null for anything else, such as usage, timings and pings.
 */
export const reportedError = (body: JsonObject): string | null => {
  const { base_resp: base, type } = body;
  const isError =
    Boolean(body['error']) ||
    body['object'] === 'error' ||
    body['success'] === false ||
    (Array.isArray(body['errors']) && body['errors'].length > 0) ||
    isNonZero(body['error_code']) ||
    Number(body['status_code']) >= 400 ||
    (isJsonObject(base) && isNonZero(base['status_code'])) ||
    (type !== 'ping' &&
      type !== 'status' &&
      ['detail', 'message', 'msg', 'error_msg', 'error_message', 'errorMessage'].some(
        (key) => typeof body[key] === 'string' || Array.isArray(body[key]),
      ));
  return isError ? (errorText(body) ?? JSON.stringify(body)) : null;
};

/** Returns the upstream provider's message, which OpenRouter puts next to its own generic one. */
const upstreamText = (body: JsonObject): string => {
  const raw = isJsonObject(body['metadata']) ? body['metadata']['raw'] : undefined;
  return typeof raw === 'string' && raw !== '' ? `: ${raw}` : '';
};

/**
 * The machine-readable names of an error (`code`, `type`, `status` and their relatives, and the `reason` in
 * Google's `details`), in lower case.
 */
export const errorCodes = (body: JsonValue | undefined): readonly string[] =>
  errorObjects(body).flatMap(({ code, details, type, status, status_code, error_code }) =>
    [code, type, status, status_code, error_code, ...objectsIn(details).map(({ reason }) => reason)]
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

/** The body and what it wraps: `{error: {…}}`, `[{error: …}]`, `{errors: [{…}]}`, `{base_resp: {…}}`. */
export const errorObjects = (body: JsonValue | undefined): readonly JsonObject[] => {
  if (Array.isArray(body)) return errorObjects((body as readonly JsonValue[])[0]);
  if (!isJsonObject(body)) return [];
  const { base_resp: base, error, errors } = body;
  return [body, ...[error, errors, base].flatMap(errorObjects)];
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
