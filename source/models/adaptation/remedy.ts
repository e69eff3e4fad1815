import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Failure } from '../answer.ts';
import { generalPath, rootOf, valuesAt } from './path.ts';

/** A change that a provider's refusal asks for. It is made wherever the parameter stands. */
export type Remedy = {
  /** A path as in `Adaptation`. */
  readonly parameter: string;
  readonly action: 'removed' | 'renamed' | 'changed';
  /** Only where this stands, or an object with these members: what was refused of many values. */
  readonly from?: JsonValue;
  /** The new name, or the new value; a number is the highest that is taken. */
  readonly to?: JsonValue;
  /** Half a sentence, `after a 400: …`; holds text from outside. */
  readonly reason: string;
};

/**
 * What could be changed of a body that was refused (400 or 422) with a sentence that names a
 * parameter of it; null where nothing is named, or nothing that a replay may do without: the model,
 * the messages, streaming, and the tools are never taken away.
 */
export const remedyFor = (failure: Failure, body: JsonObject): Remedy | null => {
  const { message, status } = failure;
  if (failure.reason !== 'rejected' || (status !== 400 && status !== 422)) return null;
  const named = namedParameter(failure, body);
  if (named === null || isNeeded(named, body)) return null;
  const reason = `after a ${status}: ${quoted(message)}`;
  const other = otherName(message, named);
  if (other !== null) {
    return body[other] === undefined
      ? { parameter: named, action: 'renamed', to: other, reason }
      : { parameter: named, action: 'removed', reason };
  }
  return { parameter: named, reason, ...repaired(named, message, body) };
};

/** What is sent in place of what was refused. */
const repaired = (
  parameter: string,
  message: string,
  body: JsonObject,
): Pick<Remedy, 'action' | 'from' | 'to'> => {
  if (parameter === 'messages[*].role') {
    return { action: 'changed', from: 'developer', to: 'system' };
  }
  const [value = null] = valuesAt(body, parameter);
  if (typeof value === 'number') {
    const most = highest(message);
    return most !== null && value > most ? { action: 'changed', to: most } : { action: 'removed' };
  }
  const only = parameter.includes('[') ? {} : kindOf(value, message);
  if (parameter === 'tool_choice' && value !== 'auto') {
    return { action: 'changed', ...(value === null ? {} : { from: value }), ...only, to: 'auto' };
  }
  // Where the prompt does not ask for JSON, the JSON mode is refused as well.
  const asksForJson = /json/i.test(JSON.stringify(body['messages'] ?? ''));
  if (parameter === 'response_format' && typeOf(value) === 'json_schema' && asksForJson) {
    return { action: 'changed', ...only, to: { type: 'json_object' } };
  }
  return { action: 'removed', ...only };
};

/** Which values a refusal is about: one of a few that are known by name, or one type of object. */
const kindOf = (value: JsonValue, message: string): Pick<Remedy, 'from'> => {
  const type = typeOf(value);
  if (type !== null) return { from: { type } };
  // `unsupported value: 'minimal'` refuses this one, `unknown parameter` all of them.
  return typeof value === 'string' && message.includes(value) ? { from: value } : {};
};

const typeOf = (value: JsonValue): string | null => {
  const type = isJsonObject(value) ? value['type'] : null;
  return typeof type === 'string' ? type : null;
};

/** Sentences that say that a parameter, or its value, is not taken. */
const refusal =
  /unsupported|not (?:be )?(?:supported|permitted|allowed|available|accepted)|does(?:n't| not) support|unavailable|only .{0,80}(?:allowed|supported)|must (?:be|not)|cannot|can't|unknown|unrecogni[sz]ed|extra (?:fields|inputs)|invalid|too (?:large|high|big)|use ['"`]?\w+['"`]? instead/i;

const path = '[A-Za-z_][\\w.\\[\\]*]*';

/** Where a sentence names the parameter; the first that fits and stands in the body counts. */
const namings: readonly RegExp[] = [
  new RegExp(`unrecogni[sz]ed request arguments?(?: supplied)?:? ['"\`]?(${path})`, 'gi'),
  new RegExp(`unknown (?:parameter|field|argument|name):? ['"\`]?(${path})`, 'gi'),
  new RegExp(`(?:unsupported|invalid) (?:parameter|value|type)(?: for)?:? ['"\`]?(${path})`, 'gi'),
  new RegExp(`(${path}):? (?:unknown variant|['"\`]?json_schema)`, 'gi'),
  new RegExp(`(?:property|parameter|field|argument)[ .]['"\`]?(${path})`, 'gi'),
  new RegExp(`['"\`](${path})['"\`]`, 'g'),
];

const namedParameter = ({ parameter, message }: Failure, body: JsonObject): string | null => {
  const inMessages = /messages/.test(message);
  const given = parameter === null ? null : inBody(parameter, body, inMessages);
  // Of two that cannot stand together the second goes.
  const isEither = /\bboth\b/i.test(message);
  if (given !== null && !isEither) return given;
  if (!refusal.test(message)) return null;
  for (const naming of namings) {
    const names = [...message.matchAll(naming)].map(([, name = '']) => name.replace(/\.+$/, ''));
    for (const name of isEither ? names.toReversed() : names) {
      const found = inBody(name, body, inMessages);
      if (found !== null) return found;
    }
  }
  // A bare word. Short ones are words of the language, too.
  const words = Object.keys(body).filter(
    (key) => key.length > 4 && key !== 'model' && new RegExp(`\\b${escaped(key)}\\b`).test(message),
  );
  return words.find((key) => !isNeeded(key, body)) ?? null;
};

/** The name as a path as in `Adaptation`, where it leads to something in the body; else null. */
const inBody = (name: string, body: JsonObject, inMessages: boolean): string | null => {
  const bare = name
    .replace(/^(?:body|request|parameters?)\./, '')
    // pydantic names the variant of a union on the way.
    .replace(/^(messages[.[]\d+\]?)\.(?:system|developer|user|assistant|tool)\./, '$1.');
  const candidates = [name, bare, ...(inMessages ? [`messages[*].${bare}`] : [])];
  for (const candidate of candidates) {
    const general = generalPath(candidate);
    const root = rootOf(general);
    // Their members mean nothing alone.
    const found = root === 'response_format' || root === 'tool_choice' ? root : general;
    if (found !== '' && valuesAt(body, found).length > 0) return found;
  }
  return null;
};

/** What a message, and a tool call in it, consist of. */
const spoken = new Set(['content', 'tool_calls', 'tool_call_id', 'function_call']);
const called = new Set(['id', 'type', 'function']);

/** Whether the request is no longer the same without it. */
const isNeeded = (parameter: string, body: JsonObject): boolean => {
  const root = rootOf(parameter);
  if (root === 'model' || root === 'stream') return true;
  if (root === 'messages') {
    const [, inCall, key = ''] =
      /^messages\[\*\]\.(tool_calls\[\*\]\.)?(\w+)$/.exec(parameter) ?? [];
    if (key === 'role') return !valuesAt(body, parameter).includes('developer');
    return key === '' || (inCall === undefined ? spoken : called).has(key);
  }
  const tools = body['tools'];
  const hasTools = Array.isArray(tools) && tools.length > 0;
  if (root === 'tools') return hasTools && !parameter.endsWith('.strict');
  return root === 'functions';
};

/** The name that the sentence proposes in place of a parameter. */
const otherName = (message: string, parameter: string): string | null => {
  const [, name] = /\b(?:use|with) ['"`]?([a-z_]\w+)['"`]? instead/i.exec(message) ?? [];
  return name === undefined || name === parameter || parameter.includes('[') ? null : name;
};

/** The highest value that the sentence says is taken. */
const highest = (message: string): number | null => {
  const [, text] =
    /(?:<=|≤|less than or equal to|at most|no (?:more|greater) than|maximum(?: value)?(?: is| of)?|between -?[\d.]+ and|-?[\d.]+ to|[[(]-?[\d.]+,)\s*(-?\d+(?:\.\d+)?)/i.exec(
      message,
    ) ?? [];
  return text === undefined ? null : Number(text);
};

const longestQuotation = 300;

/** What the server said, without our own words before it. */
const quoted = (message: string): string => {
  const said = message.replace(/^The server answered \d+: /, '').replaceAll(/\s+/g, ' ');
  return said.length > longestQuotation ? `${said.slice(0, longestQuotation - 1)}…` : said;
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
