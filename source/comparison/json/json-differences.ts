import { JsonEquality } from './json-equality.ts';
import { compactJson, type LosslessJson } from './lossless-json.ts';

/**
 * One difference between two JSON values. `missing`: the candidate lacks the value. `extra`: only
 * the candidate has it. `order`: the same items in a different order. `length`: arrays of different
 * lengths. `path` looks like `$.items[3].score`. Each side is JSON text of at most 200 characters
 * (for `length`, the number of items), or null if it has no value. Raw model output.
 */
export type JsonDifference = {
  readonly kind: 'missing' | 'extra' | 'type' | 'value' | 'order' | 'length';
  readonly path: string;
  readonly baseline: string | null;
  readonly candidate: string | null;
};

/** The most differences that are listed. */
export const maximumJsonDifferences = 1000;

/**
 * Lists the differences between two JSON values, in the baseline's order, at most
 * `maximumJsonDifferences`. The list is empty exactly if the values are equal (see `JsonEquality`).
 * Arrays are compared by index between the equal items at their ends.
 */
export const jsonDifferences = (
  baseline: LosslessJson,
  candidate: LosslessJson,
): readonly JsonDifference[] => {
  const equality = new JsonEquality();
  const found: JsonDifference[] = [];

  const add = (
    kind: JsonDifference['kind'],
    path: string,
    a: LosslessJson | null,
    b: LosslessJson | null,
  ): void => {
    found.push({ kind, path, baseline: truncatedJson(a), candidate: truncatedJson(b) });
  };
  const visit = (a: LosslessJson, b: LosslessJson, path: string): void => {
    if (found.length >= maximumJsonDifferences || equality.equal(a, b)) return;
    if (a.kind === 'object' && b.kind === 'object') {
      for (const pair of pairMembers(a, b, path)) {
        if (found.length >= maximumJsonDifferences) return;
        if (pair.baseline === null) add('extra', pair.path, null, pair.candidate);
        else if (pair.candidate === null) add('missing', pair.path, pair.baseline, null);
        else visit(pair.baseline, pair.candidate, pair.path);
      }
    } else if (a.kind === 'array' && b.kind === 'array') {
      if (equality.equalInAnyOrder(a.items, b.items)) return add('order', path, a, b);
      if (a.items.length !== b.items.length) {
        const lengths = { baseline: `${a.items.length}`, candidate: `${b.items.length}` };
        found.push({ kind: 'length', path, ...lengths });
      }
      for (const pair of pairItems(a.items, b.items, path, equality)) {
        if (pair.baseline !== null && pair.candidate !== null) {
          visit(pair.baseline, pair.candidate, pair.path);
        }
      }
    } else add(typeName(a) === typeName(b) ? 'value' : 'type', path, a, b);
  };
  visit(baseline, candidate, '$');
  return found;
};

/** The two values at one path; at least one side has a value. */
export type JsonPair = {
  readonly path: string;
  readonly baseline: LosslessJson | null;
  readonly candidate: LosslessJson | null;
};

type LosslessObject = Extract<LosslessJson, { kind: 'object' }>;

/**
 * Pairs the members of two objects by key: the baseline's in their order, then those that only the
 * candidate has. Repeated keys are paired in order of appearance.
 */
export const pairMembers = (
  baseline: LosslessObject,
  candidate: LosslessObject,
  path: string,
): readonly JsonPair[] => {
  const unpaired = new Map<string, LosslessJson[]>();
  for (const { key, value } of candidate.members) {
    const name = key.normalize('NFC');
    const values = unpaired.get(name);
    if (values === undefined) unpaired.set(name, [value]);
    else values.push(value);
  }
  for (const values of unpaired.values()) values.reverse();
  const pairs: JsonPair[] = baseline.members.map(({ key, value }) => ({
    path: memberPath(path, key),
    baseline: value,
    candidate: unpaired.get(key.normalize('NFC'))?.pop() ?? null,
  }));
  for (const [key, values] of unpaired) {
    for (const value of values.reverse()) {
      pairs.push({ path: memberPath(path, key), baseline: null, candidate: value });
    }
  }
  return pairs;
};

/**
 * Pairs the items of two arrays: equal items at the front and at the back with each other, the
 * items in between by index, and any remaining items with nothing.
 */
export const pairItems = (
  baseline: readonly LosslessJson[],
  candidate: readonly LosslessJson[],
  path: string,
  equality: JsonEquality,
): readonly JsonPair[] => {
  const shorter = Math.min(baseline.length, candidate.length);
  const equal = (a: LosslessJson | undefined, b: LosslessJson | undefined): boolean =>
    a !== undefined && b !== undefined && equality.equal(a, b);
  let front = 0;
  while (front < shorter && equal(baseline[front], candidate[front])) front++;
  let back = 0;
  while (back < shorter - front && equal(baseline.at(-1 - back), candidate.at(-1 - back))) back++;

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

/** Returns the name of a value's type in JSON. */
export const typeName = (value: LosslessJson): string =>
  value.kind === 'literal' ? (value.value === null ? 'null' : 'boolean') : value.kind;

const memberPath = (path: string, key: string): string =>
  /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;

const truncatedJson = (value: LosslessJson | null): string | null => {
  if (value === null) return null;
  const text = compactJson(value);
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
};
