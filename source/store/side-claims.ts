import { sql, type Transaction } from 'kysely';
import type { Side } from '../comparison/outcome.ts';
import { compiledOnce } from './compiled-queries.ts';
import type { Tables } from './tables.ts';
import { writeTogether } from './write-together.ts';
import type { Store } from './open.ts';

/** A run that claims sides, and its process. Times are ISO 8601 in UTC. */
export type Claimant = {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: string;
};

/** One call's answer to one or more comparisons. */
export type SharedSide = {
  readonly captureId: string;
  readonly side: Side;
  readonly sample: number;
  readonly comparisonIds: readonly string[];
};

/** The results of a claim, by comparison. If one is taken, none is claimed. */
export type ClaimResult = {
  /** The claimant may send the call. */
  readonly claimed: readonly string[];
  /** The side has its answer. */
  readonly answered: readonly string[];
  /** The answer is pending in a batch. */
  readonly ordered: readonly string[];
  /** Another run is sending the call. */
  readonly taken: readonly string[];
};

/** Lists the runs that have not removed themselves, with the time of each one's last heartbeat. */
export const listClaimants = async (
  store: Store,
): Promise<readonly (Claimant & { readonly touchedAt: string })[]> => {
  const rows = await store.db.selectFrom('claimant').selectAll().orderBy('started_at').execute();
  return rows.map((row) => ({
    id: row.id,
    host: row.host,
    pid: row.pid,
    startedAt: row.started_at,
    touchedAt: row.touched_at,
  }));
};

/** Lists the first calls of a comparison that some runs are making. */
export const listClaims = (
  store: Store,
  comparisonId: string,
  claimantIds: readonly string[],
): Promise<readonly { readonly captureId: string; readonly side: Side }[]> =>
  store.db
    .selectFrom('claim')
    .select(['capture_id as captureId', 'side'])
    .where('comparison_id', '=', comparisonId)
    .where('claimant_id', 'in', claimantIds)
    .where('sample', '=', 0)
    .execute();

/** Records a run's heartbeat; adds the run if it is missing. */
export const touchClaimant = (store: Store, claimant: Claimant, at: string): Promise<void> =>
  writeTogether(store, (transaction) => touch(transaction, claimant, at));

/** Removes runs with all of their claims. */
export const removeClaimants = (store: Store, ids: readonly string[]): Promise<void> =>
  writeTogether(store, async (transaction) => {
    await transaction.deleteFrom('claimant').where('id', 'in', ids).execute();
  });

/**
 * Claims sides for a run in one write, and records the run's heartbeat. A side that is answered,
 * pending in a batch or claimed by another run is not claimed. A baseline's answer serves every
 * comparison of the same name and baseline, so a claim in one of them counts in all. Returns one
 * result for each side, in the same order.
 */
export const takeClaims = async (
  store: Store,
  claimant: Claimant,
  sides: readonly SharedSide[],
  at: string,
): Promise<readonly ClaimResult[]> => {
  const results: ClaimResult[] = [];
  await writeTogether(store, async (transaction) => {
    results.length = 0;
    await touch(transaction, claimant, at);
    for (const side of sides) results.push(await claimShared(transaction, claimant.id, side));
  });
  return results;
};

/** Releases a run's claims on these sides. */
export const releaseClaims = (
  store: Store,
  claimantId: string,
  sides: readonly SharedSide[],
): Promise<void> =>
  writeTogether(store, async (transaction) => {
    for (const side of sides) await deleteOwnClaims(transaction, claimantId, side);
  });

/** Releases all claims of a run. */
export const releaseAllClaims = (store: Store, claimantId: string): Promise<void> =>
  writeTogether(store, async (transaction) => {
    await transaction.deleteFrom('claim').where('claimant_id', '=', claimantId).execute();
  });

const deleteClaim = compiledOnce((db) =>
  db
    .deleteFrom('claim')
    .where('capture_id', '=', '')
    .where('side', '=', 'baseline')
    .where('sample', '=', 0)
    .where('comparison_id', '=', '')
    .compile(),
);

/**
 * Ends the claim on a side whose answer is stored in the same transaction, whichever run holds it.
 */
export const endClaim = async (
  transaction: Transaction<Tables>,
  side: Omit<SharedSide, 'comparisonIds'> & { readonly comparisonId: string },
): Promise<void> => {
  await deleteClaim(transaction, [side.captureId, side.side, side.sample, side.comparisonId]);
};

const touch = async (
  transaction: Transaction<Tables>,
  { host, id, pid, startedAt }: Claimant,
  at: string,
): Promise<void> => {
  await transaction
    .insertInto('claimant')
    .values({ id, host, pid, started_at: startedAt, touched_at: at })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ touched_at: at }))
    .execute();
};

const claimShared = async (
  transaction: Transaction<Tables>,
  claimantId: string,
  shared: SharedSide,
): Promise<ClaimResult> => {
  const ids: Record<keyof ClaimResult, string[]> = {
    claimed: [],
    answered: [],
    ordered: [],
    taken: [],
  };
  for (const comparisonId of shared.comparisonIds) {
    ids[await claimOne(transaction, claimantId, shared, comparisonId)].push(comparisonId);
  }
  if (ids.taken.length === 0 || ids.claimed.length === 0) return ids;
  // The answer that another run is fetching will also serve these.
  await deleteOwnClaims(transaction, claimantId, { ...shared, comparisonIds: ids.claimed });
  return { ...ids, claimed: [], taken: [...ids.taken, ...ids.claimed] };
};

const claimOne = async (
  transaction: Transaction<Tables>,
  claimantId: string,
  { captureId, sample, side }: SharedSide,
  comparisonId: string,
): Promise<keyof ClaimResult> => {
  const key = [captureId, side, sample, comparisonId];
  const { numAffectedRows } = await insertClaim(transaction, [...key, claimantId]);
  if (numAffectedRows === 1n) return 'claimed';
  const { rows } = await findObstacle(transaction, [claimantId, ...key]);
  const [found] = rows;
  if (found?.answered === 1) return 'answered';
  if (found?.ordered === 1) return 'ordered';
  return found?.own === 1 ? 'claimed' : 'taken';
};

/** Tests whether the side `wanted` has its answer. */
const isAnswered = sql`exists (
  select 1 from response r
  where r.comparison_id = wanted.comparison_id and r.capture_id = wanted.capture_id
    and r.side = wanted.side and r.sample = wanted.sample
)`;

/** Tests whether `wanted` is pending in a batch. */
const isOrdered = sql`exists (
  select 1 from batch_line l
  join batch_job j on j.id = l.job_id
  where l.comparison_id = wanted.comparison_id and l.capture_id = wanted.capture_id
    and l.side = wanted.side and l.sample = wanted.sample and l.settled = 0
    and j.state <> 'planned'
)`;

/**
 * Tests whether another run has claimed `wanted`, or the same baseline's answer for another
 * comparison.
 */
const isTaken = sql`exists (
  select 1 from claim o
  where o.capture_id = wanted.capture_id and o.side = wanted.side and o.sample = wanted.sample
    and o.claimant_id <> wanted.claimant_id
    and (o.comparison_id = wanted.comparison_id or (o.side = 'baseline' and exists (
      select 1 from comparison a
      join comparison b on b.name = a.name and b.baseline = a.baseline
      where a.id = o.comparison_id and b.id = wanted.comparison_id
    )))
)`;

const insertClaim = compiledOnce((db) =>
  sql`
    insert into claim (capture_id, side, sample, comparison_id, claimant_id)
    select * from (
      select cast(${''} as text) as capture_id, cast(${''} as text) as side,
        cast(${0} as integer) as sample, cast(${''} as text) as comparison_id,
        cast(${''} as text) as claimant_id
    ) wanted
    where not ${isAnswered} and not ${isOrdered} and not ${isTaken}
    on conflict do nothing
  `.compile(db),
);

const findObstacle = compiledOnce((db) =>
  sql<{ readonly answered: number; readonly ordered: number; readonly own: number }>`
    select case when ${isAnswered} then 1 else 0 end as answered,
      case when ${isOrdered} then 1 else 0 end as ordered,
      case when exists (
        select 1 from claim o
        where o.capture_id = wanted.capture_id and o.side = wanted.side
          and o.sample = wanted.sample and o.comparison_id = wanted.comparison_id
          and o.claimant_id = ${''}
      ) then 1 else 0 end as own
    from (
      select cast(${''} as text) as capture_id, cast(${''} as text) as side,
        cast(${0} as integer) as sample, cast(${''} as text) as comparison_id
    ) wanted
  `.compile(db),
);

const deleteOwnClaims = async (
  transaction: Transaction<Tables>,
  claimantId: string,
  { captureId, comparisonIds, sample, side }: SharedSide,
): Promise<void> => {
  await transaction
    .deleteFrom('claim')
    .where('capture_id', '=', captureId)
    .where('side', '=', side)
    .where('sample', '=', sample)
    .where('comparison_id', 'in', comparisonIds)
    .where('claimant_id', '=', claimantId)
    .execute();
};
