import { pairItems, pairMembers, typeName } from './json-differences.ts';
import type { JsonDifference, JsonPair } from './json-differences.ts';
import { JsonEquality } from './json-equality.ts';
import { spelledOut } from '../look-alikes.ts';
import { compactJson, type LosslessJson } from './lossless-json.ts';

/**
 * One field of two JSON answers. Each side is JSON text, or null if it lacks the field. Raw text. Where the
 * sides differ and look alike, the code points that differ are spelled out: `"10<U+00A0>EUR"`.
 */
export type FieldRow = {
  readonly path: string;
  readonly baseline: string | null;
  readonly candidate: string | null;
  readonly kind: 'same' | JsonDifference['kind'];
};

/** A table of fields. `omitted` is the number of rows beyond the limit. */
export type FieldTable = { readonly rows: readonly FieldRow[]; readonly omitted: number };

const maximumRows = 5000;

/**
 * Returns the leaves of two JSON values as a table, in the baseline's order, at most 5,000 rows. An
 * empty object or array is a leaf; values of different types share one row. If two arrays contain
 * the same items in a different order, the moved items are of kind `order`. The surplus items of
 * the longer array are `missing` or `extra`.
 */
export const fieldTable = (baseline: LosslessJson, candidate: LosslessJson): FieldTable => {
  const equality = new JsonEquality();
  const rows: FieldRow[] = [];
  let omitted = 0;

  const add = (kind: FieldRow['kind'], { path, baseline: a, candidate: b }: JsonPair): void => {
    if (rows.length >= maximumRows) omitted++;
    else if (a === null || b === null) {
      rows.push({
        path,
        baseline: a === null ? null : compactJson(a),
        candidate: b === null ? null : compactJson(b),
        kind,
      });
    } else {
      const texts = [compactJson(a), compactJson(b)] as const;
      const [first, second] = kind === 'value' ? spelledOut(...texts) : texts;
      rows.push({ path, baseline: first, candidate: second, kind });
    }
  };
  const visit = (pair: JsonPair, moved: boolean): void => {
    const { path, baseline: a, candidate: b } = pair;
    const present = a ?? b;
    if (present === null) return;
    // A value that one side lacks: each of its leaves is paired with nothing.
    const first = a ?? emptyLike(present);
    const second = b ?? emptyLike(present);
    if (first.kind === 'object' && second.kind === 'object') {
      if (first.members.length === 0 && second.members.length === 0)
        return add(leafKind(pair, equality), pair);
      for (const member of pairMembers(first, second, path)) visit(member, moved);
    } else if (first.kind === 'array' && second.kind === 'array') {
      if (first.items.length === 0 && second.items.length === 0)
        return add(leafKind(pair, equality), pair);
      const reordered =
        moved ||
        (!equality.equal(first, second) && equality.equalInAnyOrder(first.items, second.items));
      for (const item of pairItems(first.items, second.items, path, equality)) {
        visit(item, reordered);
      }
    } else {
      const kind = leafKind(pair, equality);
      add(moved && kind !== 'same' ? 'order' : kind, pair);
    }
  };
  visit({ path: '$', baseline, candidate }, false);
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
