import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Failure } from '../answer.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import { generalPath, rootOf, valuesAt } from './path.ts';

/** A change in response to a provider's refusal, made wherever the parameter occurs. */
export type Remedy = {
  /** A path as in `Adaptation`. */
  readonly parameter: string;
  readonly action: 'removed' | 'renamed' | 'changed';
  /** Limits the change to this value, or to objects with these members. */
  readonly from?: JsonValue;
  /** The new name or value; a number is the highest accepted value. */
  readonly to?: JsonValue;
  /** A clause, `after a 400: …`, with raw text from the server. */
  readonly reason: string;
};

/**
 * Returns the change that a refusal (status 400 or 422) suggests, if its message names a parameter
 * of the body. Null if it names none or one that a replay needs: the model, the messages, streaming
 * and the tools are never removed, nor is the limit that Anthropic's Messages require.
 */
export const remedyFor = (
  failure: Failure,
  body: JsonObject,
  dialect: Dialect = 'chat',
): Remedy | null => {
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
  const remedy = { parameter: named, reason, ...repaired(named, message, body) };
  const isLimitGone =
    dialect === 'messages' && named === 'max_tokens' && remedy.action !== 'changed';
  return isLimitGone ? null : remedy;
};

/** Returns the replacement for the rejected parameter. */
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
  // Providers also refuse the JSON mode if the prompt does not mention JSON.
  const asksForJson = /json/i.test(JSON.stringify(body['messages'] ?? ''));
  if (parameter === 'response_format' && typeOf(value) === 'json_schema' && asksForJson) {
    return { action: 'changed', ...only, to: { type: 'json_object' } };
  }
  return { action: 'removed', ...only };
};

/** Returns the values that a refusal concerns: a named string, or one type of object. */
const kindOf = (value: JsonValue, message: string): Pick<Remedy, 'from'> => {
  const type = typeOf(value);
  if (type !== null) return { from: { type } };
  // `unsupported value: 'minimal'` refuses that value, `unknown parameter` refuses all.
  return typeof value === 'string' && message.includes(value) ? { from: value } : {};
};

const typeOf = (value: JsonValue): string | null => {
  const type = isJsonObject(value) ? value['type'] : null;
  return typeof type === 'string' ? type : null;
};

/** Sentences that refuse a parameter or its value. */
const refusal =
  /unsupported|not (?:be )?(?:supported|permitted|allowed|available|accepted)|does(?:n't| not) support|unavailable|only .{0,80}(?:allowed|supported)|must (?:be|not)|cannot|can't|unknown|unrecogni[sz]ed|extra (?:fields|inputs)|invalid|too (?:large|high|big)|use ['"`]?\w+['"`]? instead/i;

const path = '[A-Za-z_][\\w.\\[\\]*]*';

/**
 * Positions in a sentence that name the parameter; the first match that occurs in the body counts.
 */
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
  // If two parameters exclude each other, the second one is removed.
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
  // A bare word. Short keys may also be ordinary words.
  const words = Object.keys(body).filter(
    (key) => key.length > 4 && key !== 'model' && new RegExp(`\\b${escaped(key)}\\b`).test(message),
  );
  return words.find((key) => !isNeeded(key, body)) ?? null;
};

/** Returns the name as a path as in `Adaptation`; null if it leads to nothing in the body. */
const inBody = (name: string, body: JsonObject, inMessages: boolean): string | null => {
  const bare = name
    .replace(/^(?:body|request|parameters?)\./, '')
    // pydantic inserts the variant of a union into the path.
    .replace(/^(messages[.[]\d+\]?)\.(?:system|developer|user|assistant|tool)\./, '$1.');
  // Gemini says `temperature` at 'generation_config', or `generation_config.temperature`.
  const camel = bare.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const candidates = [
    name,
    bare,
    ...(inMessages ? [`messages[*].${bare}`] : []),
    ...(isJsonObject(body['generationConfig']) ? [camel, `generationConfig.${camel}`] : []),
  ];
  for (const candidate of candidates) {
    const general = generalPath(candidate);
    const root = rootOf(general);
    // Single members of these have no meaning on their own.
    const found = root === 'response_format' || root === 'tool_choice' ? root : general;
    if (found !== '' && valuesAt(body, found).length > 0) return found;
  }
  return null;
};

/** The fields of a message and of a tool call. */
const messageKeys = new Set(['content', 'tool_calls', 'tool_call_id', 'function_call']);
const toolCallKeys = new Set(['id', 'type', 'function']);

/** What every request needs, in any dialect. */
const alwaysNeeded = new Set([
  'model',
  'stream',
  'system',
  'instructions',
  'input',
  'contents',
  'systemInstruction',
]);

/** Returns whether the request would lose its meaning without the parameter. */
const isNeeded = (parameter: string, body: JsonObject): boolean => {
  const root = rootOf(parameter);
  if (alwaysNeeded.has(root) || parameter === 'generationConfig') return true;
  if (root === 'messages') {
    const [, inCall, key = ''] =
      /^messages\[\*\]\.(tool_calls\[\*\]\.)?(\w+)$/.exec(parameter) ?? [];
    if (key === 'role') return !valuesAt(body, parameter).includes('developer');
    return key === '' || (inCall === undefined ? messageKeys : toolCallKeys).has(key);
  }
  const tools = body['tools'];
  const hasTools = Array.isArray(tools) && tools.length > 0;
  if (root === 'tools') return hasTools && !parameter.endsWith('.strict');
  return root === 'functions';
};

/** Returns the replacement name that the sentence proposes for a parameter. */
const otherName = (message: string, parameter: string): string | null => {
  const [, name] = /\b(?:use|with) ['"`]?([a-z_]\w+)['"`]? instead/i.exec(message) ?? [];
  return name === undefined || name === parameter || parameter.includes('[') ? null : name;
};

/** Returns the highest accepted value according to the sentence. */
const highest = (message: string): number | null => {
  const [, text] =
    /(?:<=|≤|less than or equal to|at most|no (?:more|greater) than|maximum(?: value)?(?: is| of)?|between -?[\d.]+ and|-?[\d.]+ to|[[(]-?[\d.]+,)\s*(-?\d+(?:\.\d+)?)/i.exec(
      message,
    ) ?? [];
  return text === undefined ? null : Number(text);
};

const maximumQuotation = 300;

/** Returns the server's message without our prefix. */
const quoted = (message: string): string => {
  const said = message.replace(/^The server answered \d+: /, '').replaceAll(/\s+/g, ' ');
  return said.length > maximumQuotation ? `${said.slice(0, maximumQuotation - 1)}…` : said;
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Describes a remedy in words that follow `send it`: `without temperature`. Contains raw text. */
export const remedyText = ({ action, parameter, to = null }: Remedy): string => {
  switch (action) {
    case 'removed':
      return `without ${parameter}`;
    case 'renamed':
      return `with ${parameter} called ${String(to)}`;
    case 'changed':
      return typeof to === 'number'
        ? `with ${parameter} of at most ${to}`
        : `with ${parameter} as ${shortJson(to)}`;
  }
};

/** Returns a JSON value in at most 60 characters; a string without its quotes. */
export const shortJson = (value: JsonValue): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > maximumTextLength ? `${text.slice(0, maximumTextLength - 1)}…` : text;
};

const maximumTextLength = 60;
