import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';

/** Longer paths are taken for one key. */
const maximumDepth = 40;

type Node = { readonly children: Map<string, Node>; value: JsonValue | undefined };

/**
 * Attributes whose keys are paths (`llm.input_messages.0.message.role`) as the objects and lists that they
 * spell, also where only a part of the path is spelled with dots. A list has null where a number is
 * missing. Where a path is both a value and has more below it, what is below counts.
 */
export const expandKeys = (flat: JsonObject): JsonObject => {
  const root: Node = { children: new Map(), value: undefined };
  insertAll(root, flat);
  const expanded = toJson(root);
  return isJsonObject(expanded) ? expanded : {};
};

const insertAll = (node: Node, object: JsonObject): void => {
  for (const [key, value] of Object.entries(object)) {
    const path = key.split('.');
    insert(node, path.length > maximumDepth ? [key] : path, value);
  }
};

const insert = (start: Node, path: readonly string[], value: JsonValue): void => {
  let node = start;
  for (const key of path) {
    const next = node.children.get(key) ?? { children: new Map(), value: undefined };
    node.children.set(key, next);
    node = next;
  }
  if (isJsonObject(value) && Object.keys(value).length > 0) {
    insertAll(node, value);
  } else if (Array.isArray(value) && (value as readonly JsonValue[]).some(isJsonObject)) {
    (value as readonly JsonValue[]).forEach((entry, index) => insert(node, [`${index}`], entry));
  } else {
    node.value = value;
  }
};

const toJson = ({ children, value }: Node): JsonValue => {
  if (children.size === 0) return value ?? null;
  const keys = [...children.keys()];
  const entries = Array.from(children, ([key, child]) => [key, toJson(child)] as const);
  if (!keys.every((key) => /^\d{1,9}$/.test(key))) return Object.fromEntries(entries);
  const numbered = entries.map(([key, entry]) => [Number(key), entry] as const);
  const last = Math.max(...numbered.map(([index]) => index));
  // So many gaps are no list with something missing.
  if (last > 2 * numbered.length + 16) return numbered.map(([, entry]) => entry);
  const list: JsonValue[] = Array.from({ length: last + 1 }, () => null);
  for (const [index, entry] of numbered) list[index] = entry;
  return list;
};

/** The value at a dotted path that may be one key, or lead through objects, or both. */
export const atPath = (object: JsonObject, path: string): JsonValue | undefined => {
  const whole = object[path];
  if (whole !== undefined) return whole;
  const keys = path.split('.');
  for (let length = keys.length - 1; length > 0; length -= 1) {
    const inner = object[keys.slice(0, length).join('.')];
    if (!isJsonObject(inner)) continue;
    const found = atPath(inner, keys.slice(length).join('.'));
    if (found !== undefined) return found;
  }
  return undefined;
};
