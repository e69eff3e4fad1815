import { isJsonObject } from '../../text/json.ts';
import type { JsonObject } from '../../text/json.ts';
import { parseSpelledJson } from './lossless-json.ts';
import type { SpelledJson } from './lossless-json.ts';

/** An answer that is one JSON value; `fence` is the opening line of the code fence around it. */
export type JsonAnswer = { readonly value: SpelledJson; readonly fence: string | null };

/**
 * The JSON that an answer's text consists of: bare, or as the whole of one code fence (three or
 * more backticks, with or without a language). Null when the text is anything else, prose around
 * JSON included, or passes the limits of `parseSpelledJson`.
 */
export const parseJsonAnswer = (text: string): JsonAnswer | null => {
  const trimmed = text.trim();
  const opening = /^(`{3,})[^\n`]*\n/.exec(trimmed);
  const ticks = opening?.[1];
  if (opening === null || ticks === undefined) {
    const value = parseSpelledJson(trimmed);
    return value === null ? null : { value, fence: null };
  }
  const fence = opening[0].trimEnd();
  if (!trimmed.endsWith(`\n${ticks}`)) return null;
  const value = parseSpelledJson(trimmed.slice(opening[0].length, -ticks.length).trim());
  return value === null ? null : { value, fence };
};

/** Whether a request asks for JSON: `response_format` of type `json_object` or `json_schema`. */
export const asksForJson = (request: JsonObject): boolean => {
  const format = request['response_format'];
  return (
    isJsonObject(format) && (format['type'] === 'json_object' || format['type'] === 'json_schema')
  );
};

/** Whether the text, just as it is, is JSON to a program that parses it. */
export const isJsonText = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
