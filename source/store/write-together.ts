import type { Kysely, Transaction } from 'kysely';
import type { Store } from './open.ts';
import type { Tables } from './tables.ts';

type Write = (transaction: Transaction<Tables>) => Promise<void>;

type Waiting = {
  readonly write: Write;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** The most writes in one transaction. More would delay a verdict. */
const mostTogether = 128;

/**
 * How long to gather writes while many arrive. A commit costs as much as several writes, and ten
 * milliseconds are negligible next to a model's latency.
 */
const gatherMs = 10;

/** Many writes are arriving if a transaction had at least this many. */
const busyFrom = 4;

const queues = new WeakMap<Kysely<Tables>, Waiting[]>();

/** The stores whose last transaction had at least `busyFrom` writes. */
const busy = new WeakSet<Kysely<Tables>>();

/**
 * Runs a write in one transaction with the other waiting writes. Resolves when it is committed.
 * Dozens of answers arrive at once, and separate commits would cost more than the writes. A failed
 * write does not affect the others. It may run twice.
 */
export const writeTogether = (store: Store, write: Write): Promise<void> =>
  new Promise((resolve, reject) => {
    const waiting = { write, resolve, reject };
    const queue = queues.get(store.db);
    if (queue !== undefined) {
      queue.push(waiting);
      return;
    }
    const begun = [waiting];
    queues.set(store.db, begun);
    const start = (): void => void writeAll(store.db, begun);
    if (busy.has(store.db)) setTimeout(start, gatherMs);
    else setImmediate(start);
  });

const writeAll = async (db: Kysely<Tables>, queue: Waiting[]): Promise<void> => {
  while (queue.length > 0) {
    const together = queue.splice(0, mostTogether);
    if (together.length >= busyFrom) busy.add(db);
    else busy.delete(db);
    try {
      await inOne(db, together);
    } catch (error) {
      await eachAlone(db, together, error);
    }
  }
  queues.delete(db);
};

const inOne = async (db: Kysely<Tables>, together: readonly Waiting[]): Promise<void> => {
  await db.transaction().execute(async (transaction) => {
    for (const { write } of together) await write(transaction);
  });
  for (const { resolve } of together) resolve();
};

const eachAlone = async (
  db: Kysely<Tables>,
  together: readonly Waiting[],
  error: unknown,
): Promise<void> => {
  const [only, another] = together;
  if (only !== undefined && another === undefined) {
    only.reject(error);
    return;
  }
  for (const waiting of together) {
    try {
      await inOne(db, [waiting]);
    } catch (own) {
      waiting.reject(own);
    }
  }
};
