import { isJsonObject, type JsonObject } from '../../text/json.ts';
import { parseLosslessJson, type LosslessJson } from './lossless-json.ts';

/**
 * An answer that is one JSON value. `fence` is the opening line of the code fence around it, or
 * null.
 */
export type JsonAnswer = { readonly value: LosslessJson; readonly fence: string | null };

/**
 * Parses an answer that consists of one JSON value, either bare or inside a single code fence
 * (three or more backticks, with or without a language). Null for anything else, such as prose with
 * JSON in it, and for JSON that exceeds `jsonLimits`.
 */
export const parseJsonAnswer = (text: string): JsonAnswer | null => {
  const trimmed = text.trim();
  const opening = /^(`{3,})[^\n`]*\n/.exec(trimmed);
  const ticks = opening?.[1];
  if (opening === null || ticks === undefined) {
    const value = parseLosslessJson(trimmed);
    return value === null ? null : { value, fence: null };
  }
  const fence = opening[0].trimEnd();
  if (!trimmed.endsWith(`\n${ticks}`)) return null;
  const value = parseLosslessJson(trimmed.slice(opening[0].length, -ticks.length).trim());
  return value === null ? null : { value, fence };
};

/** Whether an answer is an object or an array. */
export const isContainer = ({ value }: JsonAnswer): boolean =>
  value.kind === 'object' || value.kind === 'array';

/** Returns whether a request asks for JSON by `response_format`: `json_object` or `json_schema`. */
export const asksForJson = (request: JsonObject): boolean => {
  const format = request['response_format'];
  return (
    isJsonObject(format) && (format['type'] === 'json_object' || format['type'] === 'json_schema')
  );
};
