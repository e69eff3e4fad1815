import { decodeBody } from '../../store/bodies.ts';
import type { StorableRecord, StorableRecording } from '../../store/captures/storable-record.ts';

/**
 * Records on their way to another thread: bodies as UTF-8 in one block of memory, which changes hands
 * without being copied, and everything else as one JSON text: a text is copied as it is, and objects take
 * several times as long. In the place of a body stands how many bytes it has.
 */
export type Parcel = {
  readonly memory: ArrayBuffer;
  /** The records without their bodies, as JSON. */
  readonly records: string;
  /** The bytes that are used of the memory. */
  readonly bytes: number;
};

/** Memory for the bodies of a parcel; one that has more gets more. */
const usualBytes = 256 * 1024;

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
  let end = 0;
  const lay = (body: Body): string => {
    if (buffer === null) return '';
    const length = buffer.write(decodeBody(body), end);
    end += length;
    return String(length);
  };
  return {
    lay: (record) => {
      const bodies = bodiesOf(record).map(decodeBody);
      const room = buffer === null ? usualBytes : buffer.length - end;
      if (!fits(bodies, room)) {
        if (records.length > 0) return false;
        buffer = Buffer.from(new ArrayBuffer(bytesOf(bodies)));
      }
      buffer ??= Buffer.from(spare.pop() ?? new ArrayBuffer(usualBytes));
      records.push(JSON.stringify(withBodies(record, lay)));
      return true;
    },
    take: () => {
      if (buffer === null || records.length === 0) return null;
      const memory = buffer.buffer as ArrayBuffer;
      const parcel = { memory, records: `[${records.join(',')}]`, bytes: end };
      buffer = null;
      records = [];
      end = 0;
      return parcel;
    },
    reuse: (memory) => {
      if (memory.byteLength === usualBytes) spare.push(memory);
    },
  };
};

const bytesOf = (bodies: readonly string[]): number =>
  bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);

/** Counts only where it may be too much: a UTF-16 unit has at most three bytes in UTF-8. */
const fits = (bodies: readonly string[], room: number): boolean =>
  bodies.reduce((most, body) => most + body.length * 3, 0) <= room || bytesOf(bodies) <= room;

/** The records again, with views of the memory as their bodies. */
export const unpack = ({ memory, records }: Parcel): readonly StorableRecord[] => {
  let start = 0;
  const take = (laid: Body): Uint8Array => {
    const bytes = Buffer.from(memory, start, Number(laid));
    start += bytes.length;
    return bytes;
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
