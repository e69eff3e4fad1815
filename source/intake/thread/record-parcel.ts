import type { StorableRecord, StorableRecording } from '../../store/captures/storable-record.ts';
import { decodeBody } from '../../store/bodies.ts';
import { BufferPool } from '../../threads/buffer-pool.ts';

/**
 * Records in transit to another thread: their bodies as UTF-8 in a buffer that is transferred
 * without a copy, and everything else as one JSON string, which is much faster than cloning
 * objects.
 */
export type RecordParcel = {
  readonly memory: ArrayBuffer;
  /** The records, with the length in bytes in place of each body. */
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
    const bodies = bodiesOf(record).map(decodeBody);
    const room = this.#buffer === null ? usualBytes : this.#buffer.length - this.#size;
    if (!fits(bodies, room)) {
      if (this.#records.length > 0) return false;
      this.#buffer = Buffer.from(this.#buffers.take(byteLength(bodies)));
    }
    const buffer = (this.#buffer ??= Buffer.from(this.#buffers.take(0)));
    const write = (body: Body): string => {
      const length = buffer.write(decodeBody(body), this.#size);
      this.#size += length;
      return String(length);
    };
    this.#records.push(JSON.stringify(replaceBodies(record, write)));
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
  const read = (length: Body): Uint8Array => {
    const bytes = Buffer.from(memory, start, Number(length));
    start += bytes.length;
    return bytes;
  };
  const packed = JSON.parse(records) as readonly StorableRecord[];
  return packed.map((record) => replaceBodies(record, read));
};

const byteLength = (bodies: readonly string[]): number =>
  bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);

/**
 * Returns whether the bodies fit. Counts exact bytes only in close cases: a UTF-16 unit takes at
 * most three bytes of UTF-8.
 */
const fits = (bodies: readonly string[], room: number): boolean =>
  bodies.reduce((most, body) => most + body.length * 3, 0) <= room || byteLength(bodies) <= room;

type Body = StorableRecording['body'];

const bodiesOf = (record: StorableRecord): readonly Body[] => {
  switch (record.kind) {
    case 'capture':
      return [record.request, ...record.recorded.map(({ body }) => body)];
    case 'answer':
      return record.recorded === null ? [] : [record.recorded.body];
    case 'rejected':
      return [];
  }
};

/** Replaces the bodies of a record, in the order of `bodiesOf`. */
const replaceBodies = (record: StorableRecord, replace: (body: Body) => Body): StorableRecord => {
  switch (record.kind) {
    case 'capture': {
      const request = replace(record.request);
      const recorded = record.recorded.map((one) => ({ ...one, body: replace(one.body) }));
      return { ...record, request, recorded };
    }
    case 'answer': {
      const { recorded } = record;
      if (recorded === null) return record;
      return { ...record, recorded: { ...recorded, body: replace(recorded.body) } };
    }
    case 'rejected':
      return record;
  }
};
