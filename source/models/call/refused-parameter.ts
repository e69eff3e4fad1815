import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

/**
 * How providers name a parameter in a sentence only, with the name as the first group. Gathered from
 * the answers of OpenAI, Groq, DashScope, Moonshot, Gemini, Anthropic and vLLM, 2026-11.
 */
const sentences: readonly RegExp[] = [
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
 * The parameter that a refusal (400, 422) names: in `param`, in the place that a validation error
 * gives (Mistral, vLLM), or in its sentence. Null when it names none. It may be a path, as
 * `messages[0].role`.
 */
export const refusedParameter = (body: JsonValue | undefined, said: string): string | null => {
  const objects = errorObjects(body);
  for (const object of objects) {
    const { param } = object;
    if (typeof param === 'string' && param !== '') return param;
  }
  for (const object of objects) {
    const place = validationPlace(object['detail']) ?? validationPlace(object['message']);
    if (place !== null) return place;
  }
  for (const sentence of sentences) {
    const found = sentence.exec(said)?.[1];
    if (found !== undefined) return found.replace(/\.$/, '');
  }
  return null;
};

/** The body with what it wraps: `{error: {…}}`, `[{error: …}]`. */
const errorObjects = (body: JsonValue | undefined): readonly JsonObject[] => {
  if (Array.isArray(body)) return errorObjects((body as readonly JsonValue[])[0]);
  if (!isJsonObject(body)) return [];
  return [body, ...errorObjects(body['error'])];
};

/** `detail: [{loc: ['body', 'seed'], …}]`, as FastAPI and pydantic write it. */
const validationPlace = (detail: JsonValue | undefined): string | null => {
  const inner = isJsonObject(detail) ? detail['detail'] : detail;
  const first = Array.isArray(inner) ? (inner as readonly JsonValue[])[0] : undefined;
  const place = isJsonObject(first) ? first['loc'] : undefined;
  if (!Array.isArray(place)) return null;
  const path = (place as readonly JsonValue[]).filter(
    (step) => step !== 'body' && (typeof step === 'string' || typeof step === 'number'),
  );
  return path.length === 0 ? null : path.join('.');
};
