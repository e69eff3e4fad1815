import { longestAscending, matchSequences } from '../alignment/match-sequences.ts';
import { canonicalNumber, type JsonEquality } from './json-equality.ts';
import type { LosslessJson } from './lossless-json.ts';

/**
 * An item of one array with its counterpart in the other, as indexes; null if a side has none.
 * `moved`: its place among the matched items differs. `label` is its part of a path: `[id=a]` if
 * items are told apart by a member, else the index in the baseline, or in the candidate if only
 * the candidate has it: `[3]`.
 */
export type ItemMatch = {
  readonly baseline: number | null;
  readonly candidate: number | null;
  readonly moved: boolean;
  readonly label: string;
};

/** The members that tell items apart, best first. */
const identityKeys = ['id', 'key', 'name'] as const;

/** Beyond this number of edits, equal items that are not unique may count as moved. */
const maximumEdits = 400;
/** Beyond this number of pairs, items that are alike are matched by their place only. */
const maximumLikenessPairs = 10_000;
/** The likeness from which two items count as versions of each other wherever they stand. */
const alikeEnough = 0.5;

/**
 * Matches the items of two arrays: by `id`, `key` or `name` if every item has it, none repeats on
 * its side and the sides share at least one; otherwise equal items, then items that are alike, then
 * by their place between those. Returns the baseline's items in their order, then those that only
 * the candidate has. Takes linear time in the number of items, apart from bounded parts.
 */
export const matchItems = (
  baseline: readonly LosslessJson[],
  candidate: readonly LosslessJson[],
  equality: JsonEquality,
): readonly ItemMatch[] => {
  for (const key of identityKeys) {
    const first = identities(baseline, key);
    const second = first === null ? null : identities(candidate, key);
    if (first === null || second === null) continue;
    const places = new Map([...second.keys()].map((identity, index) => [identity, index]));
    const partners = Int32Array.from(first.keys(), (identity) => places.get(identity) ?? -1);
    const names = { baseline: [...first.values()], candidate: [...second.values()] };
    const oneIsEmpty = baseline.length === 0 || candidate.length === 0;
    if (!oneIsEmpty && partners.every((partner) => partner === -1)) continue;
    const label = (identity: string | undefined): string => `[${key}=${identity ?? ''}]`;
    return listedMatches(partners, candidate.length, {
      baseline: (index) => label(names.baseline[index]),
      candidate: (index) => label(names.candidate[index]),
    });
  }
  const label = (index: number): string => `[${index}]`;
  return listedMatches(matchByValue(baseline, candidate, equality), candidate.length, {
    baseline: label,
    candidate: label,
  });
};

/**
 * Returns the value of a member for each item, as in a path, by a key that is the same for equal values (`1` and
 * `1.0`); null unless it tells them apart.
 */
const identities = (
  items: readonly LosslessJson[],
  key: (typeof identityKeys)[number],
): ReadonlyMap<string, string> | null => {
  const found = new Map<string, string>();
  for (const item of items) {
    const values = item.kind === 'object' ? item.members.filter((each) => each.key === key) : [];
    const value = values.length === 1 ? values[0]?.value : undefined;
    if (value?.kind !== 'string' && value?.kind !== 'number') return null;
    const name =
      value.kind === 'number'
        ? value.text
        : /^(?!-?\d+(?:\.\d+)?$)[\p{L}\p{M}\p{N}_.:@/+-]+$/u.test(value.value)
          ? value.value.normalize('NFC')
          : JSON.stringify(value.value.normalize('NFC'));
    const identity = value.kind === 'number' ? `#${canonicalNumber(value.text)}` : name;
    if (found.has(identity)) return null;
    found.set(identity, name);
  }
  return found;
};

/** Returns the matches that an array of partners (-1 for none) describes, in `matchItems`'s order. */
export const listedMatches = (
  partners: Int32Array,
  candidates: number,
  label: {
    readonly baseline: (index: number) => string;
    readonly candidate: (index: number) => string;
  },
): readonly ItemMatch[] => {
  const matched = pairsOf(partners);
  const inOrder = new Set(longestAscending(matched).map(([index]) => index));
  const taken = new Set(partners);
  const items: ItemMatch[] = Array.from(partners, (partner, index) => ({
    baseline: index,
    candidate: partner === -1 ? null : partner,
    moved: partner !== -1 && !inOrder.has(index),
    label: label.baseline(index),
  }));
  for (let index = 0; index < candidates; index++) {
    if (taken.has(index)) continue;
    items.push({ baseline: null, candidate: index, moved: false, label: label.candidate(index) });
  }
  return items;
};

const pairsOf = (partners: Int32Array): [number, number][] => {
  const pairs: [number, number][] = [];
  for (const [index, partner] of partners.entries()) {
    if (partner !== -1) pairs.push([index, partner]);
  }
  return pairs;
};

const matchByValue = (
  baseline: readonly LosslessJson[],
  candidate: readonly LosslessJson[],
  equality: JsonEquality,
): Int32Array => {
  const first = baseline.map((item) => equality.numberOf(item));
  const second = candidate.map((item) => equality.numberOf(item));
  const { partners } = matchSequences(first, second, maximumEdits);
  const taken = new Set(partners);
  // Equal items elsewhere, in order of appearance: they moved.
  const elsewhere = new Map<number, number[]>();
  for (let index = second.length - 1; index >= 0; index--) {
    const number = second[index];
    if (taken.has(index) || number === undefined) continue;
    const places = elsewhere.get(number);
    if (places === undefined) elsewhere.set(number, [index]);
    else places.push(index);
  }
  for (const [index, number] of first.entries()) {
    if (partners[index] !== -1) continue;
    const place = elsewhere.get(number)?.pop();
    if (place === undefined) continue;
    partners[index] = place;
    taken.add(place);
  }
  matchAlike(partners, taken, { baseline, candidate, equality });
  matchByPlace(partners, taken, candidate.length);
  return partners;
};

type Arrays = {
  readonly baseline: readonly LosslessJson[];
  readonly candidate: readonly LosslessJson[];
  readonly equality: JsonEquality;
};

/** Matches what is left by likeness, greatest first, then nearest first. */
const matchAlike = (partners: Int32Array, taken: Set<number>, arrays: Arrays): void => {
  const { baseline, candidate, equality } = arrays;
  const left = [...partners.keys()].filter((index) => partners[index] === -1);
  const right = [...candidate.keys()].filter((index) => !taken.has(index));
  if (left.length * right.length > maximumLikenessPairs) return;
  const found: { index: number; partner: number; likeness: number }[] = [];
  for (const index of left) {
    for (const partner of right) {
      const [a, b] = [baseline[index], candidate[partner]];
      const likeness = a === undefined || b === undefined ? 0 : likenessOf(a, b, equality);
      if (likeness >= alikeEnough) found.push({ index, partner, likeness });
    }
  }
  const distance = ({ index, partner }: (typeof found)[number]): number =>
    Math.abs(index - partner);
  found.sort((a, b) => b.likeness - a.likeness || distance(a) - distance(b));
  for (const { index, partner } of found) {
    if (partners[index] !== -1 || taken.has(partner)) continue;
    partners[index] = partner;
    taken.add(partner);
  }
};

/** Returns a likeness from 0 to 1: the share of equal members; a member that differs counts a quarter. */
export const likenessOf = (a: LosslessJson, b: LosslessJson, equality: JsonEquality): number => {
  if (a.kind === 'object' && b.kind === 'object') {
    const members = new Map(b.members.map(({ key, value }) => [key, value]));
    let shared = 0;
    // A key that repeats counts with its last value on both sides.
    for (const [key, value] of new Map(a.members.map((member) => [member.key, member.value]))) {
      const other = members.get(key);
      if (other !== undefined) shared += equality.equal(value, other) ? 1 : 0.25;
    }
    return shared / Math.max(1, a.members.length, b.members.length);
  }
  if (a.kind === 'array' && b.kind === 'array') {
    const left = new Map<number, number>();
    for (const item of a.items) {
      left.set(equality.numberOf(item), (left.get(equality.numberOf(item)) ?? 0) + 1);
    }
    let shared = 0;
    for (const item of b.items) {
      const count = left.get(equality.numberOf(item)) ?? 0;
      if (count > 0) shared++;
      left.set(equality.numberOf(item), count - 1);
    }
    return shared / Math.max(1, a.items.length, b.items.length);
  }
  return 0;
};

/** Matches what is left between two matched items that kept their order, first with first. */
const matchByPlace = (partners: Int32Array, taken: Set<number>, candidates: number): void => {
  const anchors = longestAscending(pairsOf(partners));
  let at = 0;
  let other = 0;
  for (const [index, partner] of [...anchors, [partners.length, candidates] as const]) {
    for (; at < index; at++) {
      if (partners[at] !== -1) continue;
      while (other < partner && taken.has(other)) other++;
      if (other >= partner) break;
      partners[at] = other;
      taken.add(other);
    }
    at = index + 1;
    other = partner + 1;
  }
};
