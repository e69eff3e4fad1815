import type { Kysely, Transaction } from 'kysely';
import type { Store } from '../open.ts';
import type { Schema } from './schema.ts';

type Write = (transaction: Transaction<Schema>) => Promise<void>;

type Waiting = {
  readonly write: Write;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** So many writes share a transaction: more would keep a verdict waiting for them. */
const mostTogether = 128;

/**
 * How long writes are gathered while they come thick and fast: a commit costs as much as several of
 * them, and nobody sees ten milliseconds beside the time that a model takes.
 */
const gatherMs = 10;

/** From so many in one transaction on they come thick and fast. */
const busyFrom = 4;

const queues = new WeakMap<Kysely<Schema>, Waiting[]>();

/** The stores whose last transaction held that many. */
const busy = new WeakSet<Kysely<Schema>>();

/**
 * Writes in one transaction with what else is to be written at this moment; resolves when it is
 * committed. Answers arrive by the dozen at once, and to commit each for itself costs more than to
 * write it. A write that fails does not harm the others.
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

const writeAll = async (db: Kysely<Schema>, queue: Waiting[]): Promise<void> => {
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

const inOne = async (db: Kysely<Schema>, together: readonly Waiting[]): Promise<void> => {
  await db.transaction().execute(async (transaction) => {
    for (const { write } of together) await write(transaction);
  });
  for (const { resolve } of together) resolve();
};

const eachAlone = async (
  db: Kysely<Schema>,
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
