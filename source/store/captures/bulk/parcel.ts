import type { StorableRecord, StorableRecording } from '../storable-record.ts';

/**
 * Records on their way to another thread: bodies as UTF-8 in one block of memory, which changes hands
 * without being copied, and everything else as one JSON text: a text is copied as it is, and objects take
 * several times as long.
 */
export type Parcel = {
  readonly memory: ArrayBuffer;
  /** The records without their bodies, as JSON. */
  readonly records: string;
  /** Where the bodies end, in the order in which the records have them. */
  readonly ends: readonly number[];
};

/** Lays the bodies of records into memory; takes the memory given if it is large enough. */
export const pack = (records: readonly StorableRecord[], spare: ArrayBuffer | null): Parcel => {
  let most = 0;
  for (const record of records) for (const body of bodiesOf(record)) most += body.length * 3;
  const memory = spare !== null && spare.byteLength >= most ? spare : new ArrayBuffer(most);
  const buffer = Buffer.from(memory);
  const ends: number[] = [];
  let end = 0;
  const lay = (body: string | Uint8Array): string => {
    end += buffer.write(String(body), end);
    ends.push(end);
    return '';
  };
  const bare = records.map((record) => withBodies(record, lay));
  return { memory, ends, records: JSON.stringify(bare) };
};

/** The records again, with views of the memory as their bodies. */
export const unpack = ({ memory, records, ends }: Parcel): readonly StorableRecord[] => {
  let index = 0;
  let start = 0;
  const take = (): Uint8Array => {
    const end = ends[index++] ?? start;
    const body = Buffer.from(memory, start, end - start);
    start = end;
    return body;
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
