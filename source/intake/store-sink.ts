import { addRecords } from '../store/captures/add-records.ts';
import { storable } from '../store/bodies.ts';
import { offerCaptures } from '../store/comparisons/select-captures.ts';
import type { Store } from '../store/open.ts';
import type { ImportRecord, RecordFate } from '../traffic/import-record.ts';
import type { TrafficInput } from './inspect-files.ts';
import type { RecordSink, SinkAnswer } from './take-in.ts';
import { BulkImport } from './thread/bulk-import.ts';

export type StoreSinkOptions = {
  /**
   * Offers captures to this comparison (see `offerNone`), including those that the store already has, and
   * selects rejected records into it. Of a store that is being built no captures are offered, because
   * all of them come from these files. Null for none.
   */
  readonly comparisonId: string | null;
  /** The time of the import, ISO 8601. */
  readonly at: string;
  /** The script of the thread. Default: the one next to the bundle. */
  readonly workerUrl?: URL;
};

/** The minimum size of files that are imported in a thread. */
const bulkBytes = 4 * 1024 * 1024;

/** Whether files are large enough for a thread of its own, and for a new store to be built aside. */
export const isBulk = (files: readonly TrafficInput[]): boolean =>
  files.reduce((sum, file) => sum + file.bytes, 0) >= bulkBytes;

/**
 * A sink that adds the records of these files to a store, in a thread of its own if they are large. A store
 * that is being built is put in its place when they are committed.
 */
export const storeSink = (
  store: Store,
  files: readonly TrafficInput[],
  options: StoreSinkOptions,
): RecordSink => {
  const { at, comparisonId } = options;
  const workerUrl = options.workerUrl ?? new URL('./bulk-worker.js', import.meta.url);
  if (!isBulk(files)) return offering(store, directSink(store, options), comparisonId);
  const place = store.engine.place();
  const sink = new BulkImport(workerUrl, { place, shownAs: store.file, comparisonId, at });
  return place.isBuilt ? placing(store, sink) : offering(store, sink, comparisonId);
};

const offering = (store: Store, sink: RecordSink, comparisonId: string | null): RecordSink =>
  comparisonId === null ? sink : new OfferingSink(store, sink);

const placing = (store: Store, sink: RecordSink): RecordSink => ({
  chunk: sink.chunk,
  ahead: sink.ahead,
  add: (records, source) => sink.add(records, source),
  commit: async () => {
    await sink.commit();
    await sink.close();
    await store.engine.putInPlace();
  },
  close: () => sink.close(),
});

/** Adds each chunk in a transaction, on the connection of the store. */
const directSink = (
  store: Store,
  { at, comparisonId }: Pick<StoreSinkOptions, 'at' | 'comparisonId'>,
): RecordSink => ({
  chunk: { records: 500, bytes: 1024 * 1024 },
  ahead: 0,
  add: (records, source) => addRecords(store, records, { source, comparisonId, offer: true, at }),
  commit: async () => {},
  close: async () => {},
});

/** The number of captures offered in one statement. */
const offeredTogether = 1000;

/**
 * Offers the captures that another sink adds or already has. An offer belongs to one connection, so
 * a thread cannot make it.
 */
class OfferingSink implements RecordSink {
  readonly chunk: RecordSink['chunk'];
  readonly ahead: number;
  readonly #store: Store;
  readonly #sink: RecordSink;
  #offered: string[] = [];

  constructor(store: Store, sink: RecordSink) {
    this.#store = store;
    this.#sink = sink;
    this.chunk = sink.chunk;
    this.ahead = sink.ahead;
  }

  add(records: readonly ImportRecord[], source: string): Promise<SinkAnswer> {
    // Not an async function, which would keep the records until they are added.
    const ids = records.map(captureIdOf);
    return this.#sink.add(records, source).then(async (answer) => {
      await this.#offer(ids, answer.fates);
      return answer;
    });
  }

  async commit(): Promise<void> {
    await this.#sink.commit();
    await this.#send();
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  async #offer(ids: readonly (string | null)[], fates: readonly RecordFate[]): Promise<void> {
    for (const [index, id] of ids.entries()) {
      if (id !== null && isStored(fates[index])) this.#offered.push(id);
    }
    if (this.#offered.length >= offeredTogether) await this.#send();
  }

  async #send(): Promise<void> {
    const ids = this.#offered;
    this.#offered = [];
    await offerCaptures(this.#store, ids);
  }
}

/** Returns the id of the capture that a record is or belongs to. */
const captureIdOf = (record: ImportRecord): string | null => {
  if (record.kind === 'rejected') return null;
  return storable(record.kind === 'capture' ? record.capture.id : record.captureId);
};

const isStored = (fate: RecordFate | undefined): boolean =>
  fate?.kind === 'added' || fate?.kind === 'had' || fate?.kind === 'merged';
