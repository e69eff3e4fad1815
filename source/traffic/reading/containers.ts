import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

/** An object of records: they stand in an array at `path`; `rest` is the object without it. */
export type Container = {
  readonly path: string;
  readonly records: readonly JsonValue[];
  readonly rest: JsonObject;
};

/** Where the formats that we know keep an array of records within one object. */
const paths: readonly (readonly string[])[] = [
  // HAR
  ['log', 'entries'],
  // Langfuse's page of a trace
  ['observations'],
  // OTLP
  ['resourceSpans'],
  ['resourceLogs'],
  // promptfoo
  ['results', 'results'],
  // VCR
  ['interactions'],
  ['http_interactions'],
  // Pages of an API: stored completions, Langfuse, Helicone, LangSmith, Cloudflare, LiteLLM
  ['data'],
  ['result'],
  ['runs'],
  ['logs'],
];

/** The records that an object holds; null when it is a record itself. */
export const containerOf = (object: JsonObject): Container | null => {
  // A record of its own may have a `data` or a `result`.
  const isRecord =
    isJsonObject(object['request']) ||
    object['custom_id'] !== undefined ||
    hasMessages(object['messages']);
  if (isRecord) return null;
  for (const path of paths) {
    const found = follow(object, path);
    if (!Array.isArray(found) || !(found as readonly JsonValue[]).every(isJsonObject)) continue;
    return { path: path.join('.'), records: found, rest: without(object, path) };
  }
  return null;
};

/** Pages of Cloudflare have `messages` of their own, which say what the API has to say. */
const hasMessages = (value: JsonValue | undefined): boolean => {
  const first: JsonValue | undefined = Array.isArray(value) ? value[0] : undefined;
  return isJsonObject(first) && 'role' in first;
};

const follow = (object: JsonObject, path: readonly string[]): JsonValue | undefined => {
  let value: JsonValue | undefined = object;
  for (const key of path) value = isJsonObject(value) ? value[key] : undefined;
  return value;
};

const without = (object: JsonObject, [key = '', ...more]: readonly string[]): JsonObject => {
  const { [key]: inner, ...rest } = object;
  return more.length > 0 && isJsonObject(inner) ? { ...rest, [key]: without(inner, more) } : rest;
};

/**
 * Looks for a container in the beginning of an object whose end is not in sight: the offset behind
 * the opening bracket of its array, and what stood before it. Null when none begins here.
 */
export const containerIn = (
  head: string,
): { readonly path: string; readonly offset: number; readonly rest: JsonObject } | null => {
  const keys: string[] = [];
  let keyStart = 0;
  let depth = 0;
  for (let at = 0; at < head.length; at++) {
    const character = head[at];
    if (character === '"') {
      const end = stringEnd(head, at);
      if (end === -1) return null;
      if (depth === keys.length + 1 && /^\s*:/.test(head.slice(end, end + 20))) {
        keyStart = at;
        const key = head.slice(at + 1, end - 1);
        const opening = /^\s*:\s*([[{])/.exec(head.slice(end, end + 20));
        const path = [...keys, key];
        const leads = paths.some((known) => path.every((name, index) => known[index] === name));
        if (opening?.[1] === '{' && leads) {
          keys.push(key);
          depth++;
          at = end + opening[0].length - 1;
          continue;
        }
        if (opening?.[1] === '[' && paths.some((known) => known.join('.') === path.join('.'))) {
          const offset = end + opening[0].length;
          const rest = parseOpen(head.slice(0, keyStart), depth);
          return rest === null ? null : { path: path.join('.'), offset, rest };
        }
      }
      at = end - 1;
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

const stringEnd = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
};

/** An object that was left before its next key, `depth` braces deep. */
const parseOpen = (text: string, depth: number): JsonObject | null => {
  try {
    const value: unknown = JSON.parse(`${text.trimEnd().replace(/,$/, '')}${'}'.repeat(depth)}`);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
};
