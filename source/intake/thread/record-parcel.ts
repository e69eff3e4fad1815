import type {
  StorableCapture,
  StorableRecord,
  StorableRecording,
} from '../../store/captures/storable-record.ts';
import { decodeBody } from '../../store/bodies.ts';
import { BufferPool } from '../../threads/buffer-pool.ts';

/**
 * Records in transit to another thread: their bodies as UTF-8 in a buffer that is transferred
 * without a copy, and everything else as one JSON string, which is much faster than cloning
 * objects.
 */
export type RecordParcel = {
  readonly memory: ArrayBuffer;
  /** The records, with the lengths of their bodies in bytes in place of these. */
  readonly records: string;
  /** The number of bytes used in the memory. */
  readonly bytes: number;
};

/** The usual memory of a parcel. A larger record gets its own parcel. */
const usualBytes = 256 * 1024;

/** The number of spare buffers; a usual import never has more parcels in transit. */
const maximumSpares = 64;

/** Packs records one by one, so that none has to be kept. */
export class RecordPacker {
  readonly #buffers = new BufferPool(usualBytes, maximumSpares);
  #buffer: Buffer<ArrayBuffer> | null = null;
  #records: string[] = [];
  #size = 0;

  /** Adds a record. Returns false if it does not fit: the parcel must be taken first. */
  add(record: StorableRecord): boolean {
    const bodies = bodiesOf(record);
    const room = this.#buffer === null ? usualBytes : this.#buffer.length - this.#size;
    if (!fits(bodies, room)) {
      if (this.#records.length > 0) return false;
      this.#buffer = Buffer.from(this.#buffers.take(byteLength(bodies)));
    }
    const buffer = (this.#buffer ??= Buffer.from(this.#buffers.take(0)));
    const lengths: number[] = [];
    for (const body of bodies) {
      const length = buffer.write(body, this.#size);
      this.#size += length;
      lengths.push(length);
    }
    this.#records.push(JSON.stringify(packRecord(record, lengths)));
    return true;
  }

  /** Returns the parcel and begins the next one; null if it is empty. */
  take(): RecordParcel | null {
    if (this.#buffer === null || this.#records.length === 0) return null;
    const parcel = {
      memory: this.#buffer.buffer,
      records: `[${this.#records.join(',')}]`,
      bytes: this.#size,
    };
    this.#buffer = null;
    this.#records = [];
    this.#size = 0;
    return parcel;
  }

  /** Keeps the memory of an unpacked parcel for reuse. */
  reuse(memory: ArrayBuffer): void {
    this.#buffers.give(memory);
  }
}

/** Unpacks the records of a parcel; their bodies are views of its memory. */
export const unpackRecords = ({ memory, records }: RecordParcel): readonly StorableRecord[] => {
  let start = 0;
  const read = (length: number): Uint8Array => {
    const bytes = Buffer.from(memory, start, length);
    start += length;
    return bytes;
  };
  const packed = JSON.parse(records) as readonly PackedRecord[];
  return packed.map((record) =>
    'kind' in record ? unpackOther(record, read) : unpackCapture(record, read),
  );
};

const byteLength = (bodies: readonly string[]): number =>
  bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);

/**
 * Returns whether the bodies fit. Counts exact bytes only in close cases: a UTF-16 unit takes at
 * most three bytes of UTF-8.
 */
const fits = (bodies: readonly string[], room: number): boolean => {
  let units = 0;
  for (const { length } of bodies) units += length;
  return units * 3 <= room || byteLength(bodies) <= room;
};

const bodiesOf = (record: StorableRecord): readonly string[] => {
  switch (record.kind) {
    case 'capture': {
      const bodies = [decodeBody(record.request)];
      for (const { body } of record.recorded) bodies.push(decodeBody(body));
      return bodies;
    }
    case 'answer':
      return record.recorded === null ? [] : [decodeBody(record.recorded.body)];
    case 'rejected':
      return [];
  }
};

/**
 * Nearly all records are captures. As an array, a capture is written and parsed in half the time that an
 * object takes.
 */
type PackedRecord = ReturnType<typeof packCapture> | PackedOther;

/** Any other record, with the length of its body if it has one. */
type PackedOther = Exclude<StorableRecord, StorableCapture> & { readonly length?: number };

const packRecord = (record: StorableRecord, lengths: readonly number[]): PackedRecord => {
  if (record.kind === 'capture') return packCapture(record, lengths);
  if (record.kind === 'rejected' || record.recorded === null) return record;
  const [length = 0] = lengths;
  return { ...record, recorded: { ...record.recorded, body: '' }, length };
};

const packCapture = (capture: StorableCapture, lengths: readonly number[]) =>
  [
    lengths,
    capture.line,
    capture.id,
    capture.endpoint,
    capture.timestamp,
    capture.dialect,
    capture.model,
    capture.recorded.map(packRecording),
    capture.metadata,
    capture.partial,
    capture.redactions ?? null,
    capture.turn,
  ] as const;

const packRecording = (recording: StorableRecording) =>
  [recording.model, recording.production, recording.timeToFirstTokenMs, recording.totalMs] as const;

type ReadBody = (length: number) => Uint8Array;

const unpackCapture = (
  [
    [requestLength = 0, ...lengths],
    line,
    id,
    endpoint,
    timestamp,
    dialect,
    model,
    recorded,
    metadata,
    partial,
    redactions,
    turn,
  ]: ReturnType<typeof packCapture>,
  read: ReadBody,
): StorableCapture => ({
  kind: 'capture',
  line,
  id,
  endpoint,
  timestamp,
  dialect,
  model,
  request: read(requestLength),
  recorded: recorded.map((recording, index) =>
    unpackRecording(recording, read(lengths[index] ?? 0)),
  ),
  metadata,
  partial,
  redactions: redactions ?? undefined,
  turn,
});

const unpackRecording = (
  [model, production, timeToFirstTokenMs, totalMs]: ReturnType<typeof packRecording>,
  body: Uint8Array,
): StorableRecording => ({ model, production, body, timeToFirstTokenMs, totalMs });

const unpackOther = ({ length = 0, ...record }: PackedOther, read: ReadBody): StorableRecord =>
  record.kind === 'rejected' || record.recorded === null
    ? record
    : { ...record, recorded: { ...record.recorded, body: read(length) } };
