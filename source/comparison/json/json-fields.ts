import { jsonInStrings, pairItems, pairMembers, typeName } from './json-differences.ts';
import type { JsonDifference, JsonPair } from './json-differences.ts';
import { JsonEquality } from './json-equality.ts';
import { spelledOut } from '../look-alikes.ts';
import { compactJson, type LosslessJson } from './lossless-json.ts';

/**
 * One field of two JSON answers. Each side is JSON text, or null if it lacks the field. `order`: an
 * array whose items changed their place; each side lists them. Raw text. Where the sides differ and
 * look alike, the code points that differ are spelled out: `"10<U+00A0>EUR"`.
 */
export type FieldRow = {
  readonly path: string;
  readonly baseline: string | null;
  readonly candidate: string | null;
  readonly kind: 'same' | JsonDifference['kind'];
  /** Of an argument that one side lacks: what the tool's schema says about it. */
  readonly note?: 'required' | 'optional';
};

/** A table of fields. `omitted` is the number of rows beyond the limit. */
export type FieldTable = { readonly rows: readonly FieldRow[]; readonly omitted: number };

const maximumRows = 5000;

/**
 * Returns the leaves of two JSON values as a table, in the baseline's order, at most 5,000 rows. An
 * empty object or array is a leaf; values of different types share one row. Items of arrays are
 * matched by `matchItems`. Strings that hold JSON are looked into if they differ.
 */
export const fieldTable = (baseline: LosslessJson, candidate: LosslessJson): FieldTable => {
  const equality = new JsonEquality();
  const rows: FieldRow[] = [];
  let omitted = 0;

  const push = (row: FieldRow): void => {
    if (rows.length >= maximumRows) omitted++;
    else rows.push(row);
  };
  const add = ({ path, baseline: a, candidate: b }: JsonPair): void => {
    const kind = leafKind({ path, baseline: a, candidate: b }, equality);
    const [first, second] = [a, b].map((value) => (value === null ? null : compactJson(value)));
    if (typeof first === 'string' && typeof second === 'string') {
      const [spelled, other] = spelledOut(first, second);
      push({ path, baseline: spelled, candidate: other, kind });
    } else push({ path, baseline: first ?? null, candidate: second ?? null, kind });
  };
  const visit = (pair: JsonPair): void => {
    const { path, baseline: a, candidate: b } = pair;
    const present = a ?? b;
    if (present === null) return;
    // A value that one side lacks: each of its leaves is paired with nothing.
    const first = a ?? emptyLike(present);
    const second = b ?? emptyLike(present);
    if (first.kind === 'object' && second.kind === 'object') {
      if (first.members.length === 0 && second.members.length === 0) return add(pair);
      for (const member of pairMembers(first, second, path)) visit(member);
    } else if (first.kind === 'array' && second.kind === 'array') {
      if (first.items.length === 0 && second.items.length === 0) return add(pair);
      const { pairs, order } = pairItems(first.items, second.items, path, equality);
      if (order !== null) push({ kind: 'order', path, ...order });
      for (const item of pairs) visit(item);
    } else {
      const inside = a === null || b === null || equality.equal(a, b) ? null : jsonInStrings(a, b);
      if (inside === null || equality.equal(inside.baseline, inside.candidate)) add(pair);
      else visit({ ...inside, path: `${path}(json)` });
    }
  };
  visit({ path: '$', baseline, candidate });
  return { rows, omitted };
};

const leafKind = ({ baseline, candidate }: JsonPair, equality: JsonEquality): FieldRow['kind'] => {
  if (baseline === null) return 'extra';
  if (candidate === null) return 'missing';
  if (equality.equal(baseline, candidate)) return 'same';
  return typeName(baseline) === typeName(candidate) ? 'value' : 'type';
};

const emptyLike = (value: LosslessJson): LosslessJson => {
  if (value.kind === 'object') return { kind: 'object', members: [] };
  if (value.kind === 'array') return { kind: 'array', items: [] };
  return value;
};
