import type { Kysely } from 'kysely';
import { printable } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { moveToPlace, renameComparison } from '../rename-ids.ts';
import type { Tables } from '../tables.ts';
import { allRows, insertRow, rowsLike, type StoredRow, type RowUnion } from './unite-rows.ts';

/** The outcome of merging another store's comparisons. */
export type UnitedComparisons = {
  /** The ids of this store by those of the other one. */
  readonly ids: ReadonlyMap<string, string>;
  readonly added: number;
  readonly known: number;
  /** Comparisons of this store that now have the id of the other one. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  /** Comparisons with two selections, of which one stands. */
  readonly otherSelection: number;
};

/**
 * Unites the comparisons: those with the same name and models are one, with the id, the time and the
 * selection of the older one. Throws UserError if an id stands for two comparisons.
 */
export const uniteComparisons = async (
  union: RowUnion,
  deferForeignKeys: () => Promise<void>,
): Promise<UnitedComparisons> => {
  const { into } = union;
  const ids = new Map<string, string>();
  const renamed: { from: string; to: string }[] = [];
  const counts = { added: 0, known: 0, otherSelection: 0 };
  for await (const theirs of allRows(union.source, { name: 'comparison', key: ['id'] })) {
    const ours = await sameComparison(into, theirs);
    if (ours === null) {
      await insertRow(into, 'comparison', theirs);
      ids.set(idOf(theirs), idOf(theirs));
      counts.added += 1;
      continue;
    }
    counts.known += 1;
    if (ours['selection'] !== theirs['selection']) counts.otherSelection += 1;
    const standing = rank(ours) <= rank(theirs) ? ours : theirs;
    const from = idOf(ours);
    const to = idOf(standing);
    ids.set(idOf(theirs), to);
    if (from !== to) {
      await deferForeignKeys();
      await renameComparison(into, { from, to });
      await moveToPlace(into, { comparisonId: to });
      renamed.push({ from, to });
    }
    const [name] = [String(ours['name']), String(theirs['name'])].toSorted();
    await into
      .updateTable('comparison')
      .set({
        name,
        created_at: String(standing['created_at']),
        selection: standing['selection'] === null ? null : String(standing['selection']),
        overlap: standing['overlap'] === null ? null : Number(standing['overlap']),
      })
      .where('id', '=', to)
      .execute();
  }
  return { ids, ...counts, renamed };
};

const idOf = (row: StoredRow): string => String(row['id']);

/** The smaller of two comparisons stands. */
const rank = (row: StoredRow): string =>
  JSON.stringify([row['created_at'], row['id'], row['selection'] ?? '', row['overlap'] ?? '']);

/**
 * Finds the comparison here that means the same: by name and models or, if a scrub changed the name,
 * by id and models.
 */
const sameComparison = async (db: Kysely<Tables>, theirs: StoredRow): Promise<StoredRow | null> => {
  const [byName] = await rowsLike(db, 'comparison', ['name', 'baseline', 'candidate'], theirs);
  const [byId] = await rowsLike(db, 'comparison', ['id'], theirs);
  const found = byName ?? byId ?? null;
  const isOther =
    byId !== undefined &&
    (byId['id'] !== found?.['id'] ||
      byId['baseline'] !== theirs['baseline'] ||
      byId['candidate'] !== theirs['candidate']);
  if (isOther) {
    const [one, another] = [byId, theirs].map((row) => printable(String(row['name'])));
    throw new UserError(
      `The stores cannot be merged: the id ${idOf(theirs)} stands for the comparison ${one} in one of them and for ${another} in the other.`,
    );
  }
  return found;
};
