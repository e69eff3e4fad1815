import { bodyHash, textOf, type HashedBody } from '../../database/bodies.ts';
import type { StorableRecord, StorableRecording } from '../storable-record.ts';

/**
 * Records on their way to another thread: bodies as UTF-8, each with its hash behind it, in one block of
 * memory, which changes hands without being copied, and everything else as one JSON text: a text is copied as
 * it is, and objects take several times as long.
 */
export type Parcel = {
  readonly memory: ArrayBuffer;
  /** The records without their bodies, as JSON. */
  readonly records: string;
  /** Where the hashes of the bodies end, in the order in which the records have them. */
  readonly ends: readonly number[];
};

/** Of SHA-256. */
const hashBytes = 32;

/** Memory for the bodies of a parcel; one that has more gets more. */
const usualBytes = 512 * 1024;

/** Packs records as they come, so that nothing else of them has to be kept. */
export type Packer = {
  /** Lays a record into the parcel; false: it has no room, and another must be begun. */
  readonly lay: (record: StorableRecord) => boolean;
  /** The parcel; what is laid next begins another. Null: it is empty. */
  readonly take: () => Parcel | null;
  /** Memory of a parcel that has been used up. */
  readonly reuse: (memory: ArrayBuffer) => void;
};

export const createPacker = (): Packer => {
  const spare: ArrayBuffer[] = [];
  let buffer: Buffer | null = null;
  let records: string[] = [];
  let ends: number[] = [];
  let end = 0;
  const lay = (body: Body): string => {
    if (buffer === null) return '';
    const start = end;
    end += buffer.write(textOf(body), start);
    buffer.set(bodyHash(buffer.subarray(start, end)), end);
    end += hashBytes;
    ends.push(end);
    return '';
  };
  return {
    lay: (record) => {
      // A UTF-16 unit has at most three bytes in UTF-8.
      let most = 0;
      for (const body of bodiesOf(record)) most += textOf(body).length * 3 + hashBytes;
      if (buffer !== null && end + most > buffer.length) {
        if (records.length > 0) return false;
        buffer = null;
      }
      buffer ??= Buffer.from(
        most > usualBytes ? new ArrayBuffer(most) : (spare.pop() ?? new ArrayBuffer(usualBytes)),
      );
      records.push(JSON.stringify(withBodies(record, lay)));
      return true;
    },
    take: () => {
      if (buffer === null || records.length === 0) return null;
      const memory = buffer.buffer as ArrayBuffer;
      const parcel = { memory, records: `[${records.join(',')}]`, ends };
      buffer = null;
      records = [];
      ends = [];
      end = 0;
      return parcel;
    },
    reuse: (memory) => {
      if (memory.byteLength === usualBytes) spare.push(memory);
    },
  };
};

/** The records again, with views of the memory as their bodies. */
export const unpack = ({ memory, records, ends }: Parcel): readonly StorableRecord[] => {
  let index = 0;
  let start = 0;
  const take = (): HashedBody => {
    const end = ends[index++] ?? start;
    const bytes = Buffer.from(memory, start, end - start - hashBytes);
    const hash = Buffer.from(memory, end - hashBytes, hashBytes);
    start = end;
    return { bytes, hash };
  };
  const bare = JSON.parse(records) as readonly StorableRecord[];
  return bare.map((record) => withBodies(record, take));
};

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

const withBodies = (record: StorableRecord, change: (body: Body) => Body): StorableRecord => {
  switch (record.kind) {
    case 'capture': {
      const request = change(record.request);
      const recorded = record.recorded.map((one) => ({ ...one, body: change(one.body) }));
      return { ...record, request, recorded };
    }
    case 'answer': {
      const { recorded } = record;
      if (recorded === null) return record;
      return { ...record, recorded: { ...recorded, body: change(recorded.body) } };
    }
    case 'rejected':
      return record;
  }
};
