import type { Store } from './open.ts';

/** A process whose run may spend of a month's budget. */
export type Spender = { readonly host: string; readonly pid: number };

/** So long a spender on a machine that cannot be looked at (a container) is taken to be at work. */
const trustedMs = 24 * 60 * 60_000;

/**
 * Sets aside what the runs of this process may spend, USD, and gives what those of other processes
 * may: of each that is alive or, on another machine, has begun within a day. Of two processes that ask at
 * once, one sees what the other has set aside. What a process has set aside ends with it.
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

/** Corrects what this process has set aside, USD. */
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
