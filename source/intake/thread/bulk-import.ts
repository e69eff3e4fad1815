import { Worker } from 'node:worker_threads';
import { UserError } from '../../text/user-error.ts';
import type { ImportRecord, RecordFate } from '../../traffic/import-record.ts';
import { RedactionTally, type RedactionCounts } from '../../traffic/redaction-counts.ts';
import { toStorable } from '../../store/captures/storable-record.ts';
import { createPacker, type Parcel } from './record-parcel.ts';

/** What the thread is started with. */
export type BulkSettings = { readonly file: string; readonly at: string };

export type ToBulkWorker =
  | { readonly kind: 'records'; readonly parcel: Parcel; readonly source: string }
  | { readonly kind: 'end' };

/** One answer to each message, in their order. `failed` is the last one. */
export type FromBulkWorker =
  | ({
      readonly kind: 'added';
      /** It is handed back. */
      readonly memory: ArrayBuffer;
    } & Added)
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly sentence: string; readonly isUserError: boolean };

/** What became of each record, and what was redacted of what is new. */
export type BulkAdded = {
  readonly fates: readonly RecordFate[];
  readonly redactions: RedactionCounts;
};

/** What became of the records of a parcel. */
type Added = {
  /** Of those that were not simply added, by their place among all. */
  readonly others: readonly (readonly [index: number, fate: RecordFate])[];
  readonly redactions: RedactionCounts;
};

/** An import into a store that a thread of its own writes. */
export type BulkImport = {
  /**
   * Adds records as `addRecords` does, but for the commit: many share one, so that they are kept for
   * certain only when `end` has resolved. Rejects with what the store's errors are to the user.
   */
  readonly add: (records: readonly ImportRecord[], source: string) => Promise<BulkAdded>;
  /** Commits, and ends the thread. */
  readonly end: () => Promise<void>;
  /** Ends the thread with what has been committed. */
  readonly abandon: () => Promise<void>;
};

/** Starts the thread, which opens the store by itself. `workerUrl`: its bundled script. */
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
  const ask = (message: ToBulkWorker, transferred: ArrayBuffer[] = []): Promise<FromBulkWorker> =>
    new Promise((resolve, reject) => {
      if (failure !== null) {
        reject(failure);
        return;
      }
      waiting.push({ resolve, reject });
      worker.postMessage(message, transferred);
    });
  const packer = createPacker();
  /** What is packed in one turn of the event loop goes together. */
  let turn: Turn | null = null;
  const send = (): void => {
    if (turn === null) return;
    const { source, resolve, immediate } = turn;
    turn = null;
    clearImmediate(immediate);
    const parcel = packer.take();
    if (parcel === null) return;
    resolve(
      ask({ kind: 'records', parcel, source }, [parcel.memory]).then((answer) => {
        if (answer.kind !== 'added') throw new Error(`The store's thread answered ${answer.kind}.`);
        packer.reuse(answer.memory);
        return answer;
      }),
    );
  };
  const turnOf = (source: string): Turn => {
    if (turn !== null && turn.source !== source) send();
    if (turn !== null) return turn;
    const { promise, resolve } = Promise.withResolvers<Added>();
    // An `add` whose records are in two turns awaits them one after the other, and a failure rejects both.
    promise.catch(() => undefined);
    turn = { source, records: 0, added: promise, resolve, immediate: setImmediate(send) };
    return turn;
  };
  /** Where a record is in the turn that took it. */
  const lay = (record: ImportRecord, source: string): Place => {
    const storable = toStorable(record);
    let place = turnOf(source);
    if (!packer.lay(storable)) {
      send();
      place = turnOf(source);
      packer.lay(storable);
    }
    return { added: place.added, index: place.records++ };
  };
  return {
    // No async function: it would keep the records until they are added.
    add: (records, source) => joined(records.map((record) => lay(record, source))),
    end: async () => {
      send();
      await ask({ kind: 'end' });
      await worker.terminate();
    },
    abandon: async () => {
      await worker.terminate();
    },
  };
};

type Turn = {
  readonly source: string;
  records: number;
  readonly added: Promise<Added>;
  readonly resolve: (added: Promise<Added>) => void;
  readonly immediate: NodeJS.Immediate;
};

type Place = { readonly added: Promise<Added>; readonly index: number };

/** What was redacted in a turn is told with its first record. */
const joined = async (places: readonly Place[]): Promise<BulkAdded> => {
  const tally = new RedactionTally();
  const fates: RecordFate[] = [];
  let others: ReadonlyMap<number, RecordFate> | null = null;
  let answered: Promise<Added> | null = null;
  for (const { added, index } of places) {
    if (others === null || added !== answered) others = new Map((await added).others);
    answered = added;
    fates.push(others.get(index) ?? simplyAdded);
    if (index === 0) tally.add((await added).redactions);
  }
  return { fates, redactions: tally.counts() };
};

const simplyAdded: RecordFate = { kind: 'added' };
