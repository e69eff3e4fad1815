import { sha256 } from '../../traffic/hash.ts';
import { storable } from '../bodies.ts';
import type { Store } from '../open.ts';
import { writeTogether } from '../write-together.ts';

/** Loads the share of pairs that every reviewer of a comparison judges, from 0 to 1; by default 1. */
export const loadOverlap = async ({ db }: Store, comparisonId: string): Promise<number> => {
  const row = await db
    .selectFrom('comparison')
    .select('overlap')
    .where('id', '=', comparisonId)
    .executeTakeFirst();
  return row?.overlap ?? 1;
};

/** Changes the share of pairs that every reviewer judges. */
export const saveOverlap = async (
  { db }: Store,
  comparisonId: string,
  overlap: number,
): Promise<void> => {
  await db.updateTable('comparison').set({ overlap }).where('id', '=', comparisonId).execute();
};

/**
 * Whether every reviewer judges the pair. A greater share includes the pairs of a smaller one, and the
 * pairs are the same on every machine.
 */
export const isShared = (comparisonId: string, captureId: string, overlap: number): boolean => {
  const hash = sha256(`overlap\0${comparisonId}\0${captureId}`);
  return Number.parseInt(hash.slice(0, 13), 16) / 2 ** 52 < overlap;
};

/** A reviewer of a comparison, and the current time, ISO 8601. */
type Reviewing = {
  readonly comparisonId: string;
  readonly reviewer: string;
  readonly at: string;
};

/**
 * Lists the pairs that this reviewer leaves to others: judged by another one, or on another one's
 * screen, and not among those that everybody judges.
 */
export const pairsOfOthers = async (
  store: Store,
  { at, comparisonId, reviewer }: Reviewing,
): Promise<ReadonlySet<string>> => {
  const overlap = await loadOverlap(store, comparisonId);
  if (overlap >= 1) return new Set();
  const judged = await store.db
    .selectFrom('current_verdict')
    .select('capture_id')
    .where('comparison_id', '=', comparisonId)
    .where('reviewer', '<>', storable(reviewer))
    .execute();
  const open = await store.db
    .selectFrom('reservation')
    .select('capture_id')
    .where('comparison_id', '=', comparisonId)
    .where('reviewer', '<>', storable(reviewer))
    .where('until', '>', at)
    .execute();
  return new Set(
    [...judged, ...open]
      .map(({ capture_id }) => capture_id)
      .filter((captureId) => !isShared(comparisonId, captureId, overlap)),
  );
};

/**
 * Reserves a pair for a reviewer until a time, and releases the one before it. False if another
 * reviewer has it on the screen and not everybody judges it.
 */
export const reservePair = async (
  store: Store,
  pair: Reviewing & { readonly captureId: string; readonly until: string },
): Promise<boolean> => {
  const { at, captureId, comparisonId, until } = pair;
  const overlap = await loadOverlap(store, comparisonId);
  if (isShared(comparisonId, captureId, overlap)) return true;
  const reviewer = storable(pair.reviewer);
  let isFree = false;
  await writeTogether(store, async (transaction) => {
    const taken = await transaction
      .selectFrom('reservation')
      .select('reviewer')
      .where('comparison_id', '=', comparisonId)
      .where('capture_id', '=', captureId)
      .where('reviewer', '<>', reviewer)
      .where('until', '>', at)
      .executeTakeFirst();
    isFree = taken === undefined;
    if (!isFree) return;
    const changing = { capture_id: captureId, until };
    await transaction
      .insertInto('reservation')
      .values({ comparison_id: comparisonId, reviewer, ...changing })
      .onConflict((conflict) =>
        conflict.columns(['comparison_id', 'reviewer']).doUpdateSet(changing),
      )
      .execute();
  });
  return isFree;
};

/** Releases the pair that a reviewer had on the screen. */
export const releasePair = (
  store: Store,
  { comparisonId, reviewer }: Pick<Reviewing, 'comparisonId' | 'reviewer'>,
): Promise<void> =>
  writeTogether(store, async (transaction) => {
    await transaction
      .deleteFrom('reservation')
      .where('comparison_id', '=', comparisonId)
      .where('reviewer', '=', storable(reviewer))
      .execute();
  });
