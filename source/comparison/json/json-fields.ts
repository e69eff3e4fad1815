import { createJsonIdentity } from './json-equality.ts';
import { isReordered, pairItems, pairMembers, typeName } from './json-differences.ts';
import type { JsonDifference, JsonPair } from './json-differences.ts';
import { compactJson } from './json-text.ts';
import type { SpelledJson } from './lossless-json.ts';

/** One field of two JSON answers: JSON text of each side, null where a side lacks it. Raw text. */
export type FieldRow = {
  readonly path: string;
  readonly baseline: string | null;
  readonly candidate: string | null;
  readonly kind: 'same' | JsonDifference['kind'];
};

/** `omitted` counts the rows beyond the limit, which are not in `rows`. */
export type FieldTable = { readonly rows: readonly FieldRow[]; readonly omitted: number };

const maximumRows = 5000;

/**
 * Two JSON values as rows of their leaves, in the baseline's order, at most 5,000. An empty object or
 * array is a leaf; a value whose type differs is one row. Items of an array that only moved are
 * `order`; those that only the longer array has are `missing` or `extra`.
 */
export const fieldTable = (baseline: SpelledJson, candidate: SpelledJson): FieldTable => {
  const identity = createJsonIdentity();
  const rows: FieldRow[] = [];
  let omitted = 0;

  const add = (kind: FieldRow['kind'], { path, baseline: a, candidate: b }: JsonPair): void => {
    if (rows.length >= maximumRows) omitted++;
    else {
      rows.push({
        path,
        baseline: a === null ? null : compactJson(a),
        candidate: b === null ? null : compactJson(b),
        kind,
      });
    }
  };
  const visit = (pair: JsonPair, moved: boolean): void => {
    const { path, baseline: a, candidate: b } = pair;
    const present = a ?? b;
    if (present === null) return;
    // One side only: its leaves, each beside nothing.
    const first = a ?? emptyLike(present);
    const second = b ?? emptyLike(present);
    if (first.kind === 'object' && second.kind === 'object') {
      if (first.members.length === 0 && second.members.length === 0)
        return add(leafKind(pair), pair);
      for (const member of pairMembers(first, second, path)) visit(member, moved);
    } else if (first.kind === 'array' && second.kind === 'array') {
      if (first.items.length === 0 && second.items.length === 0) return add(leafKind(pair), pair);
      const reordered =
        moved ||
        (identity(first) !== identity(second) && isReordered(first.items, second.items, identity));
      for (const item of pairItems(first.items, second.items, path, identity)) {
        visit(item, reordered);
      }
    } else {
      const kind = leafKind(pair);
      add(moved && kind !== 'same' ? 'order' : kind, pair);
    }
  };
  const leafKind = ({ baseline: a, candidate: b }: JsonPair): FieldRow['kind'] => {
    if (a === null) return 'extra';
    if (b === null) return 'missing';
    if (identity(a) === identity(b)) return 'same';
    return typeName(a) === typeName(b) ? 'value' : 'type';
  };
  visit({ path: '$', baseline, candidate }, false);
  return { rows, omitted };
};

const emptyLike = (value: SpelledJson): SpelledJson => {
  if (value.kind === 'object') return { kind: 'object', members: [] };
  if (value.kind === 'array') return { kind: 'array', items: [] };
  return value;
};
