import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';

/** A key with more dots than this is one name and not a path. */
const maximumDepth = 40;

type AttributeNode = {
  readonly children: Map<string, AttributeNode>;
  value: JsonValue | undefined;
};

/**
 * Expands attributes whose keys are paths (`llm.input_messages.0.message.role`) into the objects and lists
 * that they spell, also where only part of a path is dotted. A missing number leaves null in a list. If a
 * path has both a value and longer paths below it, the longer paths count.
 */
export const expandKeys = (flat: JsonObject): JsonObject => {
  const root: AttributeNode = { children: new Map(), value: undefined };
  insertAll(root, flat);
  const expanded = toJson(root);
  return isJsonObject(expanded) ? expanded : {};
};

const insertAll = (node: AttributeNode, object: JsonObject): void => {
  for (const [key, value] of Object.entries(object)) {
    const path = key.split('.');
    insert(node, path.length > maximumDepth ? [key] : path, value);
  }
};

const insert = (start: AttributeNode, path: readonly string[], value: JsonValue): void => {
  let node = start;
  for (const key of path) {
    const next = node.children.get(key) ?? { children: new Map(), value: undefined };
    node.children.set(key, next);
    node = next;
  }
  if (isJsonObject(value) && Object.keys(value).length > 0) {
    insertAll(node, value);
  } else if (isJsonArray(value) && value.some(isJsonObject)) {
    for (const [index, entry] of value.entries()) insert(node, [`${index}`], entry);
  } else {
    node.value = value;
  }
};

const toJson = ({ children, value }: AttributeNode): JsonValue => {
  if (children.size === 0) return value ?? null;
  const entries = Array.from(children, ([key, child]) => [key, toJson(child)] as const);
  if (!entries.every(([key]) => /^\d{1,9}$/.test(key))) return Object.fromEntries(entries);
  const numbered = entries.map(([key, entry]) => [Number(key), entry] as const);
  const last = Math.max(...numbered.map(([index]) => index));
  // With that many gaps these are not the indices of a list.
  if (last > 2 * numbered.length + 16) return numbered.map(([, entry]) => entry);
  const list: JsonValue[] = Array.from({ length: last + 1 }, () => null);
  for (const [index, entry] of numbered) list[index] = entry;
  return list;
};

/** The value at a dotted path, which may be a single key, lead through objects, or both. */
export const valueAtDottedPath = (object: JsonObject, path: string): JsonValue | undefined => {
  const whole = object[path];
  if (whole !== undefined) return whole;
  const keys = path.split('.');
  for (let length = keys.length - 1; length > 0; length -= 1) {
    const inner = object[keys.slice(0, length).join('.')];
    if (!isJsonObject(inner)) continue;
    const found = valueAtDottedPath(inner, keys.slice(length).join('.'));
    if (found !== undefined) return found;
  }
  return undefined;
};
