// The entry of the thread that writes the store while the main thread reads files.
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import type { ControlledTransaction } from 'kysely';
import { addWithin } from '../../store/captures/add-records.ts';
import type { Tables } from '../../store/tables.ts';
import { openStore, type Store } from '../../store/open.ts';
import { answerQuestions, type ThreadAnswer } from '../../threads/thread.ts';
import type { BulkAnswer, BulkQuestion, BulkSettings } from './bulk-import.ts';
import { unpackRecords } from './record-parcel.ts';

/** A transaction ends after this many bytes of records or milliseconds. */
const transactionLimits = { bytes: 4 * 1024 * 1024, ms: 1000 };

/** In a store that is being built nobody waits for a transaction to end. */
const builtLimits = { bytes: 16 * 1024 * 1024, ms: 1000 };

/** The pause after a transaction, in which another process that waits can begin its own. */
const pauseMs = 6;

const open = async ({ place, shownAs }: BulkSettings): Promise<Store> => {
  const { file, isBuilt } = place;
  const store = await openStore(file, { shownAs, isBuilt });
  store.engine.prepareForImport();
  return store;
};

/** Writes parcels of records into a store, many of them in one transaction. */
class BulkWriter {
  readonly #settings: BulkSettings;
  readonly #opening: Promise<Store>;
  /** The latest task. After a failed task, the next ones fail with the same error. */
  #tasks: Promise<unknown>;
  #transaction: ControlledTransaction<Tables> | null = null;
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(settings: BulkSettings) {
    this.#settings = settings;
    this.#opening = open(settings);
    this.#tasks = this.#opening;
    // The answer to the first question carries the error.
    this.#tasks.catch(() => undefined);
  }

  respond(question: BulkQuestion): Promise<ThreadAnswer<BulkAnswer>> {
    return this.#inTurn(() => (question.kind === 'commit' ? this.#finish() : this.#add(question)));
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#tasks.then(task);
    done.catch(() => undefined);
    this.#tasks = done;
    return done;
  }

  async #add({
    parcel,
    source,
  }: Extract<BulkQuestion, { kind: 'add' }>): Promise<ThreadAnswer<BulkAnswer>> {
    const { at, comparisonId } = this.#settings;
    const store = await this.#opening;
    this.#transaction ??= await this.#begin(store);
    const options = { source, comparisonId, offer: true, at };
    const { fates, redactions } = await addWithin(
      store,
      this.#transaction,
      unpackRecords(parcel),
      options,
    );
    this.#bytes += parcel.bytes;
    if (this.#bytes >= this.#limits().bytes) await this.#commit();
    const others = [...fates.entries()].filter(([, { kind }]) => kind !== 'added');
    const { memory } = parcel;
    return { answer: { others, redactions, memory }, transferred: [memory] };
  }

  async #begin(store: Store): Promise<ControlledTransaction<Tables>> {
    this.#timer = setTimeout(() => {
      void this.#inTurn(() => this.#commit());
    }, this.#limits().ms);
    return store.db.startTransaction().execute();
  }

  async #commit(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#transaction === null) return;
    await this.#transaction.commit().execute();
    this.#transaction = null;
    this.#bytes = 0;
    if (!this.#settings.place.isBuilt) await sleep(pauseMs);
  }

  #limits(): typeof transactionLimits {
    return this.#settings.place.isBuilt ? builtLimits : transactionLimits;
  }

  /** Commits and closes the store. */
  async #finish(): Promise<ThreadAnswer<BulkAnswer>> {
    await this.#commit();
    const store = await this.#opening;
    await store.close();
    return { answer: { others: [], redactions: {}, memory: null } };
  }
}

const writer = new BulkWriter(workerData as BulkSettings);
answerQuestions<BulkQuestion, BulkAnswer>((question) => writer.respond(question));
