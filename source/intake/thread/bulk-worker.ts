// Writes the store in a thread of its own while the main thread reads files.
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { ControlledTransaction } from 'kysely';
import { UserError } from '../../text/user-error.ts';
import { addWithin } from '../../store/captures/add-records.ts';
import type { Tables } from '../../store/tables.ts';
import { openStore, type Store } from '../../store/open.ts';
import type { BulkSettings, FromBulkWorker, ToBulkWorker } from './bulk-import.ts';
import { unpack } from './record-parcel.ts';

/** A transaction ends after so many bytes of records or so many milliseconds. */
const together = { bytes: 4 * 1024 * 1024, ms: 1000 };

/** The pause between two transactions, in which another process that waits can begin its own. */
const turnMs = 6;

const { file, at } = workerData as BulkSettings;

const open = async (): Promise<Store> => {
  const store = await openStore(file);
  store.engine.prepareForImport();
  return store;
};

const say = (message: FromBulkWorker, transferred: ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, transferred);

const createBulk = (opening: ReturnType<typeof open>) => {
  let current: ControlledTransaction<Tables> | null = null;
  let bytes = 0;
  let timer: NodeJS.Timeout | null = null;
  const commit = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (current === null) return;
    await current.commit().execute();
    current = null;
    bytes = 0;
    await sleep(turnMs);
  };
  return {
    commit,
    add: async (
      { parcel, source }: Extract<ToBulkWorker, { kind: 'records' }>,
      whenLate: () => void,
    ): Promise<void> => {
      const store = await opening;
      if (current === null) {
        current = await store.db.startTransaction().execute();
        timer = setTimeout(whenLate, together.ms);
      }
      const options = { source, comparisonId: null, at };
      const { fates, redactions } = await addWithin(store, current, unpack(parcel), options);
      bytes += parcel.bytes;
      const others = [...fates.entries()].filter(([, { kind }]) => kind !== 'added');
      say({ kind: 'added', others, redactions, memory: parcel.memory }, [parcel.memory]);
      if (bytes >= together.bytes) await commit();
    },
    end: async (): Promise<void> => {
      await commit();
      const store = await opening;
      await store.close();
      say({ kind: 'ended' });
    },
  };
};

const opening = open();
// The first records are answered with the error.
opening.catch(() => undefined);
const bulk = createBulk(opening);
let work = Promise.resolve();
let failed = false;

/** Runs tasks one after the other, and none after one has failed. */
const inTurn = (task: () => Promise<void>): void => {
  const last = work;
  work = (async (): Promise<void> => {
    await last;
    if (failed) return;
    try {
      await task();
    } catch (error) {
      failed = true;
      const isUserError = error instanceof UserError;
      const message = error instanceof Error ? error.message : String(error);
      const stack = error instanceof Error ? error.stack : undefined;
      say({ kind: 'failed', sentence: isUserError ? message : (stack ?? message), isUserError });
    }
  })();
};

parentPort?.on('message', (message: ToBulkWorker) => {
  inTurn(() =>
    message.kind === 'end' ? bulk.end() : bulk.add(message, () => inTurn(() => bulk.commit())),
  );
});
