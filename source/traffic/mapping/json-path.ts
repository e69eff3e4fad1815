import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from '../../text/json.ts';
import { unwrapJson } from '../formats/parts/embedded-json.ts';

/** A path into a record: names of members and positions in arrays. */
export type JsonPath = { readonly text: string; readonly steps: readonly (string | number)[] };

const step =
  /(?:^|\.)([^.[\]"'\s][^.[\]]*)|\[\s*(-?\d+)\s*\]|\[\s*("(?:[^"\\]|\\.)*"|'[^']*')\s*\]/y;

/**
 * Parses the subset of JSONPath (RFC 9535) that leads to a single value: `$.a.b[0]["c d"]`, or bare `a.b`.
 * `$` is the whole record, `[-1]` the last element. Null for anything else.
 */
export const parseJsonPath = (text: string): JsonPath | null => {
  const path = text.trim();
  const rest = path.startsWith('$') ? path.slice(1) : path;
  if (path === '') return null;
  const steps: (string | number)[] = [];
  step.lastIndex = 0;
  while (step.lastIndex < rest.length) {
    const [, name, position, quoted] = step.exec(rest) ?? [];
    if (name !== undefined) steps.push(name);
    else if (position !== undefined) steps.push(Number(position));
    else if (quoted !== undefined) {
      const key = unquoted(quoted);
      if (key === null) return null;
      steps.push(key);
    } else return null;
  }
  return { text: path, steps };
};

const unquoted = (text: string): string | null => {
  if (text.startsWith("'")) return text.slice(1, -1);
  const value = parseJson(text);
  return typeof value === 'string' ? value : null;
};

/** The value at a path. It goes through objects and arrays, also where they are stored as JSON text. */
export const valueAtPath = (record: JsonObject, path: JsonPath): JsonValue | undefined => {
  let value: JsonValue | undefined = record;
  for (const next of path.steps) {
    const parent: JsonValue | undefined = unwrapJson(value);
    if (typeof next === 'number') {
      value = isJsonArray(parent) ? parent.at(next) : undefined;
    } else {
      value = isJsonObject(parent) && Object.hasOwn(parent, next) ? parent[next] : undefined;
    }
  }
  return value;
};

/** How deep paths are listed, and how many. */
const listing = { depth: 3, paths: 15 };

/** The paths that exist in a record, the shallowest first. */
export const listPaths = (record: JsonObject): readonly string[] => {
  const paths: string[] = [];
  let level: readonly (readonly [path: string, value: JsonValue])[] = [['$', record]];
  for (let depth = 0; depth < listing.depth; depth++) {
    level = level.flatMap(([path, value]) => {
      const object = unwrapJson(value);
      if (!isJsonObject(object)) return [];
      return Object.entries(object).map(
        ([name, inner]) =>
          [`${path}${isPlain(name) ? `.${name}` : `[${JSON.stringify(name)}]`}`, inner] as const,
      );
    });
    paths.push(...level.map(([path]) => path));
  }
  return paths.slice(0, listing.paths);
};

const isPlain = (name: string): boolean => /^[\w-]+$/.test(name);
