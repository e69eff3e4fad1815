import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';

/** A key, or the entries of a list: from an index on, or with a key that is not null. */
type Segment = string | { readonly from: number; readonly has: string | null };

const known = new Map<string, readonly Segment[]>();

/**
 * A path taken apart: keys joined by dots, `[*]` for every entry of a list, `[1+]` for those after the
 * first, `[?key]` for those with that key.
 */
const segmentsOf = (path: string): readonly Segment[] => {
  const before = known.get(path);
  if (before !== undefined) return before;
  const segments = [...path.matchAll(/\[(\d+)?\??([^\]]*)\]|[^.[\]]+/g)].map(
    ([text, from, key]): Segment =>
      text.startsWith('[')
        ? { from: Number(from ?? 0), has: text.startsWith('[?') ? (key ?? '') : null }
        : text,
  );
  // Paths come from the rules, which are few, and from what servers say, which may be anything.
  if (known.size >= 1000) known.clear();
  known.set(path, segments);
  return segments;
};

/** The path with `[*]` in place of every choice of entries and of every index: `messages.0.role` too. */
export const generalPath = (path: string): string =>
  /^\w*$/.test(path) ? path : generalised(path);

const generalised = (path: string): string =>
  segmentsOf(path.replaceAll(/\.(\d+)(?=\.|$)/g, '[$1]'))
    .map((segment, index) =>
      typeof segment === 'string' ? `${index === 0 ? '' : '.'}${segment}` : '[*]',
    )
    .join('');

/** The key at the top that a path begins with. */
export const rootOf = (path: string): string => /^[^.[\]]*/.exec(path)?.[0] ?? '';

/** Every value that a path leads to; an absent key leads nowhere. */
export const valuesAt = (body: JsonValue, path: string): readonly JsonValue[] => {
  let values: readonly JsonValue[] = [body];
  for (const segment of segmentsOf(path)) {
    values = values.flatMap((value): readonly JsonValue[] => {
      if (typeof segment !== 'string') {
        return Array.isArray(value)
          ? (value as readonly JsonValue[]).filter((entry, index) => isIn(segment, entry, index))
          : [];
      }
      if (!isJsonObject(value) || !Object.hasOwn(value, segment)) return [];
      const found = value[segment];
      return found === undefined ? [] : [found];
    });
  }
  return values;
};

const isIn = ({ from, has }: Exclude<Segment, string>, entry: JsonValue, index: number): boolean =>
  index >= from &&
  (has === null || (isJsonObject(entry) && entry[has] !== undefined && entry[has] !== null));

/** What becomes of a member: another value, another key, or nothing. */
export type Edit =
  | { readonly kind: 'set'; readonly value: JsonValue }
  | { readonly kind: 'rename'; readonly key: string }
  | { readonly kind: 'remove' };

/**
 * The body with the members at a path edited; the body itself where `edit` answers null for all. Key
 * order is kept. A member is renamed over one of that name.
 */
export const editAt = (
  body: JsonObject,
  path: string,
  edit: (value: JsonValue) => Edit | null,
): JsonObject => editIn(body, segmentsOf(path), edit) as JsonObject;

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
      isIn(segment, entry, index) ? editIn(entry, rest, edit) : entry,
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
