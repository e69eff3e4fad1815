import { printableLine } from '../../text/printable.ts';
import { areEqualButForCase, JsonEquality } from './json-equality.ts';
import { compactJson, parseLosslessJson, type LosslessJson } from './lossless-json.ts';
import { matchItems } from './match-items.ts';

/**
 * One difference between two JSON values. `missing`: the candidate lacks the value. `extra`: only
 * the candidate has it. `order`: items of an array that changed their place. `path` looks like
 * `$.items[id=a].score`; inside a string that holds JSON it goes on after `(json)`. Each side is
 * JSON text of at most 200 characters (for `order`, the items in their order), or null if it has
 * no value. Raw model output.
 */
export type JsonDifference = {
  readonly kind: 'missing' | 'extra' | 'type' | 'value' | 'order';
  readonly path: string;
  readonly baseline: string | null;
  readonly candidate: string | null;
  /** Two strings of which at least one is cut here differ in nothing but case. */
  readonly isCaseOnly?: true;
};

/** The most differences that are listed. */
export const maximumJsonDifferences = 1000;

/**
 * Lists the differences between two JSON values, in the baseline's order, at most
 * `maximumJsonDifferences`. The list is empty exactly if the values are equal (see `JsonEquality`).
 * Items of arrays are matched by `matchItems`: an item that is only moved differs in nothing else.
 */
export const jsonDifferences = (
  baseline: LosslessJson,
  candidate: LosslessJson,
): readonly JsonDifference[] => {
  const equality = new JsonEquality();
  const found: JsonDifference[] = [];

  const add = (
    kind: JsonDifference['kind'],
    { path, baseline: a, candidate: b }: JsonPair,
  ): void => {
    const [first, second] = [truncatedJson(a), truncatedJson(b)];
    const isCut = [first, second].some((text) => text?.endsWith('…') === true);
    const areAlike =
      isCut && a?.kind === 'string' && b?.kind === 'string' && areEqualButForCase(a.value, b.value);
    const shown = { baseline: first, candidate: second };
    found.push({ kind, path, ...shown, ...(areAlike ? { isCaseOnly: true } : {}) });
  };
  const visitAll = (pairs: readonly JsonPair[]): void => {
    for (const pair of pairs) {
      if (found.length >= maximumJsonDifferences) return;
      visit(pair);
    }
  };
  const visit = (pair: JsonPair): void => {
    const { baseline: a, candidate: b, path } = pair;
    if (a === null || b === null) return add(a === null ? 'extra' : 'missing', pair);
    if (equality.equal(a, b)) return;
    if (a.kind === 'object' && b.kind === 'object') return visitAll(pairMembers(a, b, path));
    if (a.kind === 'array' && b.kind === 'array') {
      const { pairs, order } = pairItems(a.items, b.items, path, equality);
      if (order !== null) found.push({ kind: 'order', path, ...order });
      return visitAll(pairs);
    }
    const inside = jsonInStrings(a, b);
    // The same JSON, written differently, is another string.
    if (inside === null || equality.equal(inside.baseline, inside.candidate)) {
      add(typeName(a) === typeName(b) ? 'value' : 'type', pair);
    } else visit({ ...inside, path: `${path}(json)` });
  };
  visit({ path: '$', baseline, candidate });
  return found;
};

/** The two values at one path; at least one side has a value. */
export type JsonPair = {
  readonly path: string;
  readonly baseline: LosslessJson | null;
  readonly candidate: LosslessJson | null;
};

type LosslessObject = Extract<LosslessJson, { kind: 'object' }>;

/** Two members with one key, spelled as the baseline does if it has one. */
export type MemberPair = JsonPair & { readonly key: string };

/**
 * Pairs the members of two objects by key: the baseline's in their order, then those that only the
 * candidate has. Repeated keys are paired in order of appearance.
 */
export const pairMembers = (
  baseline: LosslessObject,
  candidate: LosslessObject,
  path: string,
): readonly MemberPair[] => {
  const unpaired = new Map<string, LosslessJson[]>();
  for (const { key, value } of candidate.members) {
    const name = key.normalize('NFC');
    const values = unpaired.get(name);
    if (values === undefined) unpaired.set(name, [value]);
    else values.push(value);
  }
  for (const values of unpaired.values()) values.reverse();
  const pairs: MemberPair[] = baseline.members.map(({ key, value }) => ({
    key,
    path: memberPath(path, key),
    baseline: value,
    candidate: unpaired.get(key.normalize('NFC'))?.pop() ?? null,
  }));
  for (const [key, values] of unpaired) {
    for (const value of values.reverse()) {
      pairs.push({ key, path: memberPath(path, key), baseline: null, candidate: value });
    }
  }
  return pairs;
};

/**
 * Pairs the items of two arrays as `matchItems` does. `order` has the items of both sides in their
 * order if some moved, as text of at most 200 characters; else it is null.
 */
export const pairItems = (
  baseline: readonly LosslessJson[],
  candidate: readonly LosslessJson[],
  path: string,
  equality: JsonEquality,
): {
  readonly pairs: readonly JsonPair[];
  readonly order: { readonly baseline: string; readonly candidate: string } | null;
} => {
  const matched = matchItems(baseline, candidate, equality);
  const pairs = matched.map((item) => ({
    path: `${path}${item.label}`,
    baseline: item.baseline === null ? null : (baseline[item.baseline] ?? null),
    candidate: item.candidate === null ? null : (candidate[item.candidate] ?? null),
  }));
  if (!matched.some(({ moved }) => moved)) return { pairs, order: null };
  const named = matched.every(({ label }) => label.includes('='));
  const listed = (
    items: readonly LosslessJson[],
    place: (item: (typeof matched)[number]) => number | null,
  ): string => {
    if (!named) return truncatedJson({ kind: 'array', items }) ?? '';
    const names: string[] = [];
    for (const item of matched) {
      const index = place(item);
      if (index !== null) names[index] = item.label.slice(item.label.indexOf('=') + 1, -1);
    }
    return truncated(names.join(', '));
  };
  return {
    pairs,
    order: {
      baseline: listed(baseline, (item) => item.baseline),
      candidate: listed(candidate, (item) => item.candidate),
    },
  };
};

/**
 * Returns the values inside two different strings that each hold a JSON object or array; null for
 * any other values.
 */
export const jsonInStrings = (
  a: LosslessJson,
  b: LosslessJson,
): { readonly baseline: LosslessJson; readonly candidate: LosslessJson } | null => {
  if (a.kind !== 'string' || b.kind !== 'string') return null;
  const baseline = containerIn(a.value);
  const candidate = baseline === null ? null : containerIn(b.value);
  return baseline === null || candidate === null || baseline.kind !== candidate.kind
    ? null
    : { baseline, candidate };
};

const containerIn = (text: string): LosslessJson | null =>
  /^\s*[[{]/.test(text) ? parseLosslessJson(text) : null;

/** Returns a path as it is shown: `items[id=a].qty` for `$.items[id=a].qty`, and '' for the whole. */
export const shownPath = (path: string): string => printableLine(path.replace(/^\$\.?/, ''));

/** Returns the name of a value's type in JSON. */
export const typeName = (value: LosslessJson): string =>
  value.kind === 'literal' ? (value.value === null ? 'null' : 'boolean') : value.kind;

const memberPath = (path: string, key: string): string =>
  // `$` alone is the whole.
  key !== '$' && /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)
    ? `${path}.${key}`
    : `${path}[${JSON.stringify(key)}]`;

const truncatedJson = (value: LosslessJson | null): string | null => {
  if (value === null) return null;
  const text = compactJson(value);
  return truncated(text);
};

const truncated = (text: string): string => (text.length <= 200 ? text : `${text.slice(0, 199)}…`);
