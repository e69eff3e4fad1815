import { randomBytes } from 'node:crypto';
import { harmless } from '../../text/harmless.ts';
import { UserError } from '../../text/user-error.ts';
import { sha256 } from '../../traffic/hash.ts';
import { storable } from '../database/bodies.ts';
import type { Store } from '../open.ts';

export type ComparisonRecord = {
  readonly id: string;
  readonly name: string;
  /** The labels of the two models as the user wrote them. */
  readonly baseline: string;
  readonly candidate: string;
  readonly createdAt: string;
};

/**
 * The place of a capture in the review queue of a comparison: its order is random, the same on
 * every machine, and not changed by captures that come later.
 */
export const queuePosition = (comparisonId: string, captureId: string): string =>
  sha256(`${comparisonId}\0${captureId}`);

/** Opens the comparison of this name and these models; creates it where it is missing. */
export const openComparison = async (
  store: Store,
  options: {
    /** Null: the two labels with an arrow between. */
    readonly name: string | null;
    readonly baseline: string;
    readonly candidate: string;
    readonly at: string;
  },
): Promise<ComparisonRecord & { readonly created: boolean }> => {
  const baseline = storable(options.baseline);
  const candidate = storable(options.candidate);
  const name = storable(options.name ?? `${baseline} → ${candidate}`);
  return store.db.transaction().execute(async (transaction) => {
    const found = await transaction
      .selectFrom('comparison')
      .selectAll()
      .where('name', '=', name)
      .where('baseline', '=', baseline)
      .where('candidate', '=', candidate)
      .executeTakeFirst();
    if (found !== undefined) return { ...toRecord(found), created: false };
    const row = { id: newComparisonId(), name, baseline, candidate, created_at: options.at };
    await transaction.insertInto('comparison').values(row).execute();
    return { ...toRecord(row), created: true };
  });
};

/** Crockford's: without letters that are read for digits. */
const base32 = '0123456789abcdefghjkmnpqrstvwxyz';

const newComparisonId = (): string =>
  Array.from(randomBytes(8), (byte) => base32[byte & 31]).join('');

/** Selects every rejected record of the store into the comparison. */
export const selectRejected = async (store: Store, comparisonId: string): Promise<void> => {
  await store.db
    .insertInto('comparison_rejected')
    .columns(['comparison_id', 'rejected_id'])
    .expression((e) =>
      e
        .selectFrom('rejected_record')
        .select((s) => [s.val(comparisonId).as('comparison_id'), 'id'])
        .where('id', 'is not', null),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** All comparisons, the newest first. */
export const listComparisons = async (store: Store): Promise<readonly ComparisonRecord[]> => {
  const rows = await store.db
    .selectFrom('comparison')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(toRecord);
};

/**
 * The comparison of this id or name; null asks for the newest. Throws UserError, which lists what
 * there is, when none fits or more than one bears the name.
 */
export const findComparison = async (
  store: Store,
  idOrName: string | null,
): Promise<ComparisonRecord> => {
  const all = await listComparisons(store);
  const [newest] = all;
  if (newest === undefined) {
    throw new UserError(
      `${harmless(store.file)} holds no comparison. Start one: understudy compare traffic.jsonl --baseline MODEL --candidate MODEL.`,
    );
  }
  if (idOrName === null) return newest;
  const byId = all.find(({ id }) => id === idOrName);
  if (byId !== undefined) return byId;
  const [byName, another] = all.filter(({ name }) => name === idOrName);
  if (byName !== undefined && another === undefined) return byName;
  const asked = JSON.stringify(harmless(idOrName));
  throw new UserError(
    byName === undefined
      ? `There is no comparison ${asked} in ${harmless(store.file)}. There is: ${listed(all)}.`
      : `More than one comparison is named ${asked}. Name one by its id: ${listed(all)}.`,
  );
};

/** Removes the comparison if it selects nothing; whether it did. */
export const dropEmptyComparison = async (store: Store, comparisonId: string): Promise<boolean> =>
  store.db.transaction().execute(async (transaction) => {
    const selected = await transaction
      .selectFrom('comparison_capture')
      .select('capture_id')
      .where('comparison_id', '=', comparisonId)
      .limit(1)
      .executeTakeFirst();
    if (selected !== undefined) return false;
    for (const table of ['comparison_rejected', 'comparison_left_out'] as const) {
      await transaction.deleteFrom(table).where('comparison_id', '=', comparisonId).execute();
    }
    const { numDeletedRows } = await transaction
      .deleteFrom('comparison')
      .where('id', '=', comparisonId)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  });

const listed = (all: readonly ComparisonRecord[]): string => {
  const shown = all.slice(0, 10).map(({ id, name }) => `${id} (${harmless(name)})`);
  const more = all.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
};

const toRecord = (row: {
  id: string;
  name: string;
  baseline: string;
  candidate: string;
  created_at: string;
}): ComparisonRecord => ({
  id: row.id,
  name: row.name,
  baseline: row.baseline,
  candidate: row.candidate,
  createdAt: row.created_at,
});
