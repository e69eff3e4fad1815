import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

/** A key, or entries of a list: those from an index on, or those with a key that is not null. */
type Segment = string | { readonly from: number; readonly has: string | null };

const parsedPaths = new Map<string, readonly Segment[]>();

/**
 * Parses a path: keys joined by dots, `[*]` for every entry of a list, `[1+]` for all but the first,
 * `[?key]` for those with that key.
 */
const parsePath = (path: string): readonly Segment[] => {
  const before = parsedPaths.get(path);
  if (before !== undefined) return before;
  const segments = [...path.matchAll(/\[(\d+)?\??([^\]]*)\]|[^.[\]]+/g)].map(
    ([text, from, key]): Segment =>
      text.startsWith('[')
        ? { from: Number(from ?? 0), has: text.startsWith('[?') ? (key ?? '') : null }
        : text,
  );
  // The rules have few paths, but servers may send any.
  if (parsedPaths.size >= 1000) parsedPaths.clear();
  parsedPaths.set(path, segments);
  return segments;
};

/**
 * Returns the path with `[*]` in place of every index (including `messages.0.role`) and selection.
 */
export const generalPath = (path: string): string =>
  /^\w*$/.test(path) ? path : generalized(path);

const generalized = (path: string): string =>
  parsePath(path.replaceAll(/\.(\d+)(?=\.|$)/g, '[$1]'))
    .map((segment, index) =>
      typeof segment === 'string' ? `${index === 0 ? '' : '.'}${segment}` : '[*]',
    )
    .join('');

/** Returns the top-level key of a path. */
export const rootOf = (path: string): string => /^[^.[\]]*/.exec(path)?.[0] ?? '';

/** Returns all values at a path; empty if a key is absent. */
export const valuesAt = (body: JsonValue, path: string): readonly JsonValue[] => {
  let values: readonly JsonValue[] = [body];
  for (const segment of parsePath(path)) {
    values = values.flatMap((value): readonly JsonValue[] => {
      if (typeof segment !== 'string') {
        return Array.isArray(value)
          ? (value as readonly JsonValue[]).filter((entry, index) =>
              isSelected(segment, entry, index),
            )
          : [];
      }
      if (!isJsonObject(value) || !Object.hasOwn(value, segment)) return [];
      const found = value[segment];
      return found === undefined ? [] : [found];
    });
  }
  return values;
};

const isSelected = (
  { from, has }: Exclude<Segment, string>,
  entry: JsonValue,
  index: number,
): boolean =>
  index >= from &&
  (has === null || (isJsonObject(entry) && entry[has] !== undefined && entry[has] !== null));

/** A change of a member: another value, another key, or its removal. */
export type Edit =
  | { readonly kind: 'set'; readonly value: JsonValue }
  | { readonly kind: 'rename'; readonly key: string }
  | { readonly kind: 'remove' };

/**
 * Edits the members at a path. Returns the same body if `edit` returns null for all of them. Keys
 * keep their order. A renamed member replaces an existing one of that name.
 */
export const editAt = (
  body: JsonObject,
  path: string,
  edit: (value: JsonValue) => Edit | null,
): JsonObject => editIn(body, parsePath(path), edit) as JsonObject;

const editIn = (
  value: JsonValue,
  [segment, ...rest]: readonly Segment[],
  edit: (value: JsonValue) => Edit | null,
): JsonValue => {
  if (segment === undefined) return value;
  if (typeof segment !== 'string') {
    if (!Array.isArray(value)) return value;
    const entries: readonly JsonValue[] = value;
    const edited = entries.map((entry, index) =>
      isSelected(segment, entry, index) ? editIn(entry, rest, edit) : entry,
    );
    return edited.some((entry, index) => entry !== entries[index]) ? edited : value;
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, segment)) return value;
  const member = value[segment];
  if (member === undefined) return value;
  const made: Edit | null =
    rest.length === 0 ? edit(member) : { kind: 'set', value: editIn(member, rest, edit) };
  if (made === null || (made.kind === 'set' && made.value === member)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, before]): readonly (readonly [string, JsonValue])[] => {
      if (key === segment) {
        if (made.kind === 'remove') return [];
        return made.kind === 'set' ? [[key, made.value]] : [[made.key, before]];
      }
      return made.kind === 'rename' && key === made.key ? [] : [[key, before]];
    }),
  );
};
