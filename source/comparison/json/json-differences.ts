import { createJsonIdentity } from './json-equality.ts';
import { compactJson } from './json-text.ts';
import type { SpelledJson } from './lossless-json.ts';

/**
 * How two JSON values differ at one place. `missing`: the candidate lacks it. `extra`: only the
 * candidate has it. `order`: the same items in another order. `length`: arrays of other lengths.
 * `path` is like `$.items[3].score`; the sides are JSON text of at most 200 characters (for `length`
 * the number of items), null where a side has nothing. Raw text from outside.
 */
export type JsonDifference = {
  readonly kind: 'missing' | 'extra' | 'type' | 'value' | 'order' | 'length';
  readonly path: string;
  readonly baseline: string | null;
  readonly candidate: string | null;
};

/** More differences than this are not listed. */
export const maximumJsonDifferences = 1000;

/**
 * The differences between two JSON values, in the baseline's order, at most
 * `maximumJsonDifferences`. Empty exactly when they are equal, key order and number spelling aside.
 * Arrays are compared by index, after equal items at both ends.
 */
export const jsonDifferences = (
  baseline: SpelledJson,
  candidate: SpelledJson,
): readonly JsonDifference[] => {
  const identity = createJsonIdentity();
  const found: JsonDifference[] = [];

  const add = (
    kind: JsonDifference['kind'],
    path: string,
    a: SpelledJson | null,
    b: SpelledJson | null,
  ): void => {
    found.push({ kind, path, baseline: shortJson(a), candidate: shortJson(b) });
  };
  const visit = (a: SpelledJson, b: SpelledJson, path: string): void => {
    if (found.length >= maximumJsonDifferences || identity(a) === identity(b)) return;
    if (a.kind === 'object' && b.kind === 'object') {
      for (const pair of pairMembers(a, b, path)) {
        if (found.length >= maximumJsonDifferences) return;
        if (pair.baseline === null) add('extra', pair.path, null, pair.candidate);
        else if (pair.candidate === null) add('missing', pair.path, pair.baseline, null);
        else visit(pair.baseline, pair.candidate, pair.path);
      }
    } else if (a.kind === 'array' && b.kind === 'array') {
      if (isReordered(a.items, b.items, identity)) return add('order', path, a, b);
      if (a.items.length !== b.items.length) {
        const lengths = { baseline: `${a.items.length}`, candidate: `${b.items.length}` };
        found.push({ kind: 'length', path, ...lengths });
      }
      for (const pair of pairItems(a.items, b.items, path, identity)) {
        if (pair.baseline !== null && pair.candidate !== null) {
          visit(pair.baseline, pair.candidate, pair.path);
        }
      }
    } else add(typeName(a) === typeName(b) ? 'value' : 'type', path, a, b);
  };
  visit(baseline, candidate, '$');
  return found;
};

/** Two values that stand at the same place; at least one side is there. */
export type JsonPair = {
  readonly path: string;
  readonly baseline: SpelledJson | null;
  readonly candidate: SpelledJson | null;
};

type JsonObjectNode = Extract<SpelledJson, { kind: 'object' }>;

/**
 * The members of two objects by key: the baseline's in their order, then the candidate's others. A
 * repeated key is paired with its repetition on the other side, first with first.
 */
export const pairMembers = (
  baseline: JsonObjectNode,
  candidate: JsonObjectNode,
  path: string,
): readonly JsonPair[] => {
  const waiting = new Map<string, SpelledJson[]>();
  for (const { key, value } of candidate.members) {
    const values = waiting.get(key);
    if (values === undefined) waiting.set(key, [value]);
    else values.push(value);
  }
  for (const values of waiting.values()) values.reverse();
  const pairs: JsonPair[] = baseline.members.map(({ key, value }) => ({
    path: memberPath(path, key),
    baseline: value,
    candidate: waiting.get(key)?.pop() ?? null,
  }));
  for (const [key, values] of waiting) {
    for (const value of values.reverse()) {
      pairs.push({ path: memberPath(path, key), baseline: null, candidate: value });
    }
  }
  return pairs;
};

/**
 * The items of two arrays: equal ones at the front and at the back with each other, those between by
 * index, what is left over with nothing.
 */
export const pairItems = (
  baseline: readonly SpelledJson[],
  candidate: readonly SpelledJson[],
  path: string,
  identity: (value: SpelledJson) => number,
): readonly JsonPair[] => {
  const shorter = Math.min(baseline.length, candidate.length);
  const same = (a: SpelledJson | undefined, b: SpelledJson | undefined): boolean =>
    a !== undefined && b !== undefined && identity(a) === identity(b);
  let front = 0;
  while (front < shorter && same(baseline[front], candidate[front])) front++;
  let back = 0;
  while (back < shorter - front && same(baseline.at(-1 - back), candidate.at(-1 - back))) back++;

  const pairs: JsonPair[] = [];
  const between = Math.max(baseline.length, candidate.length) - back;
  for (let index = 0; index < between; index++) {
    const a = index < baseline.length - back ? baseline[index] : undefined;
    const b = index < candidate.length - back ? candidate[index] : undefined;
    pairs.push({ path: `${path}[${index}]`, baseline: a ?? null, candidate: b ?? null });
  }
  for (let index = baseline.length - back; index < baseline.length; index++) {
    const b = candidate[index - baseline.length + candidate.length];
    pairs.push({
      path: `${path}[${index}]`,
      baseline: baseline[index] ?? null,
      candidate: b ?? null,
    });
  }
  return pairs;
};

/** Whether two arrays hold the same items in different orders. */
export const isReordered = (
  baseline: readonly SpelledJson[],
  candidate: readonly SpelledJson[],
  identity: (value: SpelledJson) => number,
): boolean => {
  if (baseline.length !== candidate.length) return false;
  const sorted = candidate.map(identity).sort((a, b) => a - b);
  return baseline
    .map(identity)
    .sort((a, b) => a - b)
    .every((item, index) => item === sorted[index]);
};

/** The type as JSON names it. */
export const typeName = (value: SpelledJson): string =>
  value.kind === 'literal' ? (value.value === null ? 'null' : 'boolean') : value.kind;

const memberPath = (path: string, key: string): string =>
  /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;

const shortJson = (value: SpelledJson | null): string | null => {
  if (value === null) return null;
  const text = compactJson(value);
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
};
