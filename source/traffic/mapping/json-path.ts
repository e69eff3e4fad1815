import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import { unwrapJson } from '../formats/parts/embedded-json.ts';

/** A way into a record: names of members and positions in arrays. */
export type JsonPath = { readonly text: string; readonly steps: readonly (string | number)[] };

const step =
  /(?:^|\.)([^.[\]"'\s][^.[\]]*)|\[\s*(-?\d+)\s*\]|\[\s*("(?:[^"\\]|\\.)*"|'[^']*')\s*\]/y;

/**
 * Reads the part of JSONPath (RFC 9535) that leads to one value: `$.a.b[0]["c d"]`, or bare `a.b`; `$`
 * alone is the whole record, `[-1]` the last element. Null for anything else.
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
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
};

/** The value to which a path leads, through objects and arrays that are written as texts too. */
export const valueAtPath = (record: JsonObject, path: JsonPath): JsonValue | undefined => {
  let value: JsonValue | undefined = record;
  for (const one of path.steps) {
    const parent: JsonValue | undefined = unwrapJson(value);
    if (typeof one === 'number') {
      value = Array.isArray(parent) ? (parent as readonly JsonValue[]).at(one) : undefined;
    } else {
      value = isJsonObject(parent) && Object.hasOwn(parent, one) ? parent[one] : undefined;
    }
  }
  return value;
};

/** Objects are opened so deep, and so many paths are given. */
const listed = { depth: 3, paths: 15 };

/** Paths to what there is in a record, the nearest first. */
export const pathsIn = (record: JsonObject): readonly string[] => {
  const paths: string[] = [];
  let level: readonly (readonly [path: string, value: JsonValue])[] = [['$', record]];
  for (let depth = 0; depth < listed.depth; depth++) {
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
  return paths.slice(0, listed.paths);
};

const isPlain = (name: string): boolean => /^[\w-]+$/.test(name);
