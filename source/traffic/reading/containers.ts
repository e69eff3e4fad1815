import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  valueAtKeys,
} from '../../text/json.ts';

/** An object that holds records in an array at `path`. `rest` is the object without that array. */
export type RecordContainer = {
  readonly path: string;
  readonly records: readonly JsonValue[];
  readonly rest: JsonObject;
};

/** Where known formats keep an array of records in an object. */
const containerPaths: readonly (readonly string[])[] = [
  // HAR
  ['log', 'entries'],
  // A trace exported from Langfuse
  ['observations'],
  // OTLP
  ['resourceSpans'],
  ['resourceLogs'],
  // promptfoo
  ['results', 'results'],
  // VCR
  ['interactions'],
  ['http_interactions'],
  // Pages of APIs: stored completions, Langfuse, Helicone, LangSmith, Cloudflare, LiteLLM
  ['data'],
  ['result'],
  ['runs'],
  ['logs'],
  // The requests of an Anthropic batch
  ['requests'],
  // MLflow, and the events of PostHog's API
  ['traces'],
  ['results'],
];

/** The records in an object; null if the object is a record itself. */
export const recordContainer = (object: JsonObject): RecordContainer | null => {
  // A record may itself have a `data` or a `result`.
  const isRecord =
    isJsonObject(object['request']) ||
    object['custom_id'] !== undefined ||
    hasMessages(object['messages']);
  if (isRecord) return null;
  for (const path of containerPaths) {
    const found = valueAtKeys(object, path);
    if (!isJsonArray(found) || !found.every(isJsonObject)) continue;
    return { path: path.join('.'), records: found, rest: without(object, path) };
  }
  return null;
};

/** Whether these are the messages of a request. Pages of Cloudflare have `messages` of the API. */
const hasMessages = (value: JsonValue | undefined): boolean => {
  const first = isJsonArray(value) ? value[0] : undefined;
  return isJsonObject(first) && 'role' in first;
};

const without = (object: JsonObject, [key = '', ...more]: readonly string[]): JsonObject => {
  const { [key]: inner, ...rest } = object;
  return more.length > 0 && isJsonObject(inner) ? { ...rest, [key]: without(inner, more) } : rest;
};

/**
 * Looks for a container in the beginning of an object whose end is not in sight. Returns the offset after
 * the opening bracket of its array, and what stood before the array; null if none begins here.
 */
export const containerStart = (
  head: string,
): { readonly path: string; readonly offset: number; readonly rest: JsonObject } | null => {
  /** The keys of the objects that lead towards a container. */
  const keys: string[] = [];
  let depth = 0;
  for (let at = 0; at < head.length; at++) {
    const character = head[at];
    if (character === '"') {
      const end = stringEnd(head, at);
      if (end === -1) return null;
      const opening =
        depth === keys.length + 1 ? /^\s*:\s*([[{])/.exec(head.slice(end, end + 20)) : null;
      const key = head.slice(at + 1, end - 1);
      const path = [...keys, key];
      if (opening?.[1] === '[' && isContainerPath(path)) {
        const offset = end + opening[0].length;
        const rest = parseUnclosed(head.slice(0, at), depth);
        return rest === null ? null : { path: path.join('.'), offset, rest };
      }
      at = end - 1;
      if (opening?.[1] === '{' && leadsToContainer(path)) {
        keys.push(key);
        depth++;
        at = end + opening[0].length - 1;
      }
    } else if (character === '{' || character === '[') {
      depth++;
    } else if (character === '}' || character === ']') {
      depth--;
      if (depth <= keys.length) keys.length = Math.max(0, depth - 1);
      if (depth === 0) return null;
    }
  }
  return null;
};

const isContainerPath = (path: readonly string[]): boolean =>
  containerPaths.some((known) => known.join('.') === path.join('.'));

const leadsToContainer = (path: readonly string[]): boolean =>
  containerPaths.some((known) => path.every((key, index) => known[index] === key));

const stringEnd = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
};

/** Parses an object that was cut off before a key, `depth` braces deep. */
const parseUnclosed = (text: string, depth: number): JsonObject | null => {
  const value = parseJson(`${text.trimEnd().replace(/,$/, '')}${'}'.repeat(depth)}`);
  return isJsonObject(value) ? value : null;
};
