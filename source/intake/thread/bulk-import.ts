import { toStorable } from '../../store/captures/storable-record.ts';
import type { StorePlace } from '../../store/engine/engine.ts';
import { Thread } from '../../threads/thread.ts';
import type { ImportRecord, RecordFate } from '../../traffic/import-record.ts';
import { RedactionTally, type RedactionCounts } from '../../traffic/redaction-counts.ts';
import type { RecordSink, SinkAnswer } from '../take-in.ts';
import { RecordPacker, type RecordParcel } from './record-parcel.ts';

/** The thread's settings. */
export type BulkSettings = {
  readonly place: StorePlace;
  /** The path of the store for messages. */
  readonly shownAs: string;
  /** Selects rejected records into this comparison, but not captures. */
  readonly comparisonId: string | null;
  readonly at: string;
};

export type BulkQuestion =
  | { readonly kind: 'add'; readonly parcel: RecordParcel; readonly source: string }
  | { readonly kind: 'commit' };

/** The results of a parcel's records; empty after a commit. */
export type BulkAnswer = {
  /** The results other than `added`, by index in the parcel. */
  readonly others: readonly (readonly [index: number, fate: RecordFate])[];
  readonly redactions: RedactionCounts;
  /** The memory of the parcel, for reuse. */
  readonly memory: ArrayBuffer | null;
};

/**
 * Adds records to a store that a thread opens and writes. It works like `addRecords`, except that
 * many chunks share a transaction: records are safe only after `commit`.
 */
export class BulkImport implements RecordSink {
  /** Small, so that objects die young and cost the garbage collector little. */
  readonly chunk = { records: 8, bytes: 64 * 1024 };
  /** Large enough that the thread never waits for the next chunk. */
  readonly ahead = 192;
  readonly #thread: Thread<BulkQuestion, BulkAnswer>;
  readonly #packer = new RecordPacker();
  #turn: Turn | null = null;

  /** `workerUrl`: the bundled bulk worker. */
  constructor(workerUrl: URL, settings: BulkSettings) {
    this.#thread = new Thread({
      workerUrl,
      name: 'The thread that writes the store',
      data: settings,
    });
  }

  add(records: readonly ImportRecord[], source: string): Promise<SinkAnswer> {
    // Not an async function, which would keep the records until they are added.
    return answerOf(records.map((record) => this.#pack(record, source)));
  }

  async commit(): Promise<void> {
    this.#send();
    await this.#thread.ask({ kind: 'commit' });
  }

  /** Without a previous commit, keeps only what the thread has already committed. */
  async close(): Promise<void> {
    if (this.#turn !== null) clearImmediate(this.#turn.immediate);
    await this.#thread.close();
  }

  #pack(record: ImportRecord, source: string): Place {
    const stored = toStorable(record);
    let turn = this.#turnFor(source);
    if (!this.#packer.add(stored)) {
      this.#send();
      turn = this.#turnFor(source);
      this.#packer.add(stored);
    }
    return { answer: turn.answer, index: turn.records++ };
  }

  #turnFor(source: string): Turn {
    if (this.#turn !== null && this.#turn.source !== source) this.#send();
    return (this.#turn ??= this.#beginTurn(source));
  }

  #beginTurn(source: string): Turn {
    const { promise, resolve } = Promise.withResolvers<BulkAnswer>();
    // Records of one chunk may be in two parcels, which are awaited one after the other; both may
    // fail.
    promise.catch(() => undefined);
    const immediate = setImmediate(() => this.#send());
    return { source, records: 0, answer: promise, resolve, immediate };
  }

  #send(): void {
    const turn = this.#turn;
    const parcel = this.#packer.take();
    this.#turn = null;
    if (turn === null || parcel === null) return;
    clearImmediate(turn.immediate);
    turn.resolve(this.#ask(parcel, turn.source));
  }

  async #ask(parcel: RecordParcel, source: string): Promise<BulkAnswer> {
    const answer = await this.#thread.ask({ kind: 'add', parcel, source }, [parcel.memory]);
    if (answer.memory !== null) this.#packer.reuse(answer.memory);
    return answer;
  }
}

/** The records packed within one turn of the event loop; they become one parcel. */
type Turn = {
  readonly source: string;
  records: number;
  readonly answer: Promise<BulkAnswer>;
  readonly resolve: (answer: Promise<BulkAnswer>) => void;
  readonly immediate: NodeJS.Immediate;
};

/** The position of a record: its parcel, and its index there. */
type Place = { readonly answer: Promise<BulkAnswer>; readonly index: number };

const added: RecordFate = { kind: 'added' };

/**
 * Returns the results of records. The redactions of a parcel are reported with its first record.
 */
const answerOf = async (places: readonly Place[]): Promise<SinkAnswer> => {
  const tally = new RedactionTally();
  const fates: RecordFate[] = [];
  let current: Promise<BulkAnswer> | null = null;
  let others: ReadonlyMap<number, RecordFate> = new Map();
  for (const { answer, index } of places) {
    if (answer !== current) others = new Map((await answer).others);
    current = answer;
    fates.push(others.get(index) ?? added);
    if (index === 0) tally.add((await answer).redactions);
  }
  return { fates, redactions: tally.counts() };
};
