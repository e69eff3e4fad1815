import { Worker } from 'node:worker_threads';
import { UserError } from '../../../text/user-error.ts';
import type { ImportRecord } from '../../../traffic/import-record.ts';
import type { Added } from '../add-records.ts';
import { toStorable } from '../storable-record.ts';
import { pack, type Parcel } from './parcel.ts';

/** What the thread is started with. */
export type BulkSettings = { readonly file: string; readonly at: string };

export type ToBulkWorker =
  | { readonly kind: 'records'; readonly parcel: Parcel; readonly source: string }
  | { readonly kind: 'end' };

/** One answer to each message, in their order. `failed` is the last one. */
export type FromBulkWorker =
  /** `memory` is handed back. */
  | { readonly kind: 'added'; readonly added: Added; readonly memory: ArrayBuffer }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly sentence: string; readonly isUserError: boolean };

/** An import into a store that a thread of its own writes. */
export type BulkImport = {
  /**
   * Adds records as `addRecords` does, but for the commit: many share one, so that they are kept for
   * certain only when `end` has resolved. Rejects with what the store's errors are to the user.
   */
  readonly add: (records: readonly ImportRecord[], source: string) => Promise<Added>;
  /** Commits, and ends the thread. */
  readonly end: () => Promise<void>;
  /** Ends the thread with what has been committed. */
  readonly abandon: () => Promise<void>;
};

/** Starts the thread. The store's file must be closed in this one. `workerUrl`: its bundled script. */
export const startBulkImport = (workerUrl: URL, settings: BulkSettings): BulkImport => {
  const worker = new Worker(workerUrl, { workerData: settings });
  const waiting: {
    readonly resolve: (answer: FromBulkWorker) => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  let failure: Error | null = null;
  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.on('message', (answer: FromBulkWorker) => {
    if (answer.kind === 'failed') {
      fail(answer.isUserError ? new UserError(answer.sentence) : new Error(answer.sentence));
    } else waiting.shift()?.resolve(answer);
  });
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('The thread that writes the store has ended.')));
  const spare: ArrayBuffer[] = [];
  const ask = (message: ToBulkWorker, transferred: ArrayBuffer[] = []): Promise<FromBulkWorker> =>
    new Promise((resolve, reject) => {
      if (failure !== null) {
        reject(failure);
        return;
      }
      waiting.push({ resolve, reject });
      worker.postMessage(message, transferred);
    });
  return {
    // No async function: it would keep the records until they are added.
    add: (records, source) => {
      const parcel = pack(records.map(toStorable), spare.pop() ?? null);
      return ask({ kind: 'records', parcel, source }, [parcel.memory]).then((answer) => {
        if (answer.kind !== 'added') throw new Error(`The store's thread answered ${answer.kind}.`);
        spare.push(answer.memory);
        return answer.added;
      });
    },
    end: async () => {
      await ask({ kind: 'end' });
      await worker.terminate();
    },
    abandon: async () => {
      await worker.terminate();
    },
  };
};
