import type { Store } from './open.ts';

/** A process whose runs spend part of a month's budget. */
export type Spender = { readonly host: string; readonly pid: number };

/** How long a spender on another machine counts as alive, since its processes cannot be checked. */
const trustedMs = 24 * 60 * 60_000;

/**
 * Reserves the amount that the runs of this process may spend, in USD. Resolves to the sum of the
 * reservations of other processes that are alive or, on another machine, began within a day. If two
 * processes reserve at once, one sees the other's reservation. A reservation ends with its process.
 */
export const takeAllowance = async (
  store: Store,
  self: Spender & { readonly at: string; readonly isAlive: (pid: number) => boolean },
  usd: number,
): Promise<number> =>
  store.db.transaction().execute(async (transaction) => {
    const { at, host, isAlive, pid } = self;
    let others = 0;
    for (const row of await transaction.selectFrom('allowance').selectAll().execute()) {
      if (row.host === host && row.pid === pid) continue;
      const ageMs = Date.parse(at) - Date.parse(row.taken_at);
      if (row.host === host ? isAlive(row.pid) : ageMs < trustedMs) {
        others += row.usd;
        continue;
      }
      await transaction
        .deleteFrom('allowance')
        .where('host', '=', row.host)
        .where('pid', '=', row.pid)
        .execute();
    }
    const own = { usd, taken_at: at };
    await transaction
      .insertInto('allowance')
      .values({ host, pid, ...own })
      .onConflict((conflict) => conflict.columns(['host', 'pid']).doUpdateSet(own))
      .execute();
    return others;
  });

/** Changes the reservation of this process, in USD. */
export const changeAllowance = async (
  store: Store,
  { host, pid }: Spender,
  usd: number,
): Promise<void> => {
  await store.db
    .updateTable('allowance')
    .set({ usd })
    .where('host', '=', host)
    .where('pid', '=', pid)
    .execute();
};
