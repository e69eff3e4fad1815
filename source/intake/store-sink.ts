import { addRecords } from '../store/captures/add-records.ts';
import { storable } from '../store/bodies.ts';
import { offerCaptures } from '../store/comparisons/select-captures.ts';
import type { Store } from '../store/open.ts';
import type { ImportRecord, RecordFate } from '../traffic/import-record.ts';
import type { TrafficFile } from './inspect-files.ts';
import type { RecordSink, SinkAnswer } from './take-in.ts';
import { BulkImport } from './thread/bulk-import.ts';

export type StoreSinkOptions = {
  /** The path of the store, possibly a copy that `store.file` does not name. */
  readonly storeFile: string;
  /**
   * The comparison to which captures are offered (see `offerNone`), including those already in the
   * store, and which selects rejected records. Null for none.
   */
  readonly comparisonId: string | null;
  /** The time of the import, ISO 8601. */
  readonly at: string;
  /** The script of the thread. Default: the one next to the bundle. */
  readonly workerUrl?: URL;
};

/** The minimum size of files that are imported in a thread. */
const bulkBytes = 4 * 1024 * 1024;

/**
 * Creates a sink that adds the records of these files to a store, in its own thread if they are
 * large.
 */
export const storeSink = (
  store: Store,
  files: readonly TrafficFile[],
  options: StoreSinkOptions,
): RecordSink => {
  const { at, comparisonId, storeFile } = options;
  const workerUrl = options.workerUrl ?? new URL('./bulk-worker.js', import.meta.url);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const sink =
    bytes < bulkBytes
      ? directSink(store, options)
      : new BulkImport(workerUrl, { file: storeFile, shownAs: store.file, comparisonId, at });
  return comparisonId === null ? sink : new OfferingSink(store, sink);
};

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
