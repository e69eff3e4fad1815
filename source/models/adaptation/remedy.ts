import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Failure } from '../answer.ts';
import { generalPath, rootOf, valuesAt } from './path.ts';

/** A change that a provider's refusal asks for. It is made wherever the parameter stands. */
export type Remedy = {
  /** A path as in `Adaptation`. */
  readonly parameter: string;
  readonly action: 'removed' | 'renamed' | 'changed';
  /** Only where this stands. */
  readonly from?: JsonValue;
  /** The new name, or the new value. */
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
  const [value] = valuesAt(body, parameter);
  if (parameter === 'messages[*].role') {
    return { action: 'changed', from: 'developer', to: 'system' };
  }
  if (parameter === 'tool_choice' && value !== 'auto') return { action: 'changed', to: 'auto' };
  if (parameter === 'response_format' && isJsonObject(value) && value['type'] === 'json_schema') {
    // Where the prompt does not ask for JSON, the JSON mode is refused as well.
    return /json/i.test(JSON.stringify(body['messages'] ?? ''))
      ? { action: 'changed', to: { type: 'json_object' } }
      : { action: 'removed' };
  }
  const most = highest(message);
  if (typeof value === 'number' && most !== null && value > most) {
    return { action: 'changed', to: most };
  }
  return { action: 'removed' };
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
  new RegExp(`(?:property|parameter|field|argument)[ .]['"\`]?(${path})`, 'gi'),
  new RegExp(`['"\`](${path})['"\`]`, 'g'),
];

const namedParameter = ({ parameter, message }: Failure, body: JsonObject): string | null => {
  if (parameter !== null) return inBody(parameter, body);
  if (!refusal.test(message)) return null;
  for (const naming of namings) {
    for (const [, name = ''] of message.matchAll(naming)) {
      const found = inBody(
        name.replace(/[.\]]+$/, (end) => (end.includes(']') ? ']' : '')),
        body,
      );
      if (found !== null) return found;
    }
  }
  // A bare word. Short ones are words of the language, too.
  const words = Object.keys(body).filter(
    (key) => key.length > 4 && key !== 'model' && new RegExp(`\\b${escaped(key)}\\b`).test(message),
  );
  return words.find((key) => !isNeeded(key, body)) ?? null;
};

/** The name as a general path, where it leads to something in the body; else null. */
const inBody = (name: string, body: JsonObject): string | null => {
  for (const spelled of [name, name.replace(/^(?:body|request|parameters?)\./, '')]) {
    const general = generalPath(spelled);
    if (general !== '' && valuesAt(body, general).length > 0) return general;
  }
  return null;
};

/** Parts of a message that the conversation consists of. */
const spoken = new Set(['content', 'tool_calls', 'tool_call_id', 'function_call']);

/** Whether the request is no longer the same without it. */
const isNeeded = (parameter: string, body: JsonObject): boolean => {
  const root = rootOf(parameter);
  if (root === 'model' || root === 'stream') return true;
  if (root === 'messages') {
    const [, key = ''] = /^messages\[\*\]\.(\w+)$/.exec(parameter) ?? [];
    if (key === 'role') return !valuesAt(body, parameter).includes('developer');
    return key === '' || spoken.has(key);
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
