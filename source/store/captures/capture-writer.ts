import type Database from 'better-sqlite3';
import type { BodyText } from '../database/bodies.ts';
import type { StorableCapture, StorableRecording } from './storable-record.ts';

/** What the store holds of a capture. */
export type KnownCapture = { readonly number: number; readonly request_body: number };

/**
 * Writes captures with statements that are prepared once, for they come by the million. Everything is
 * done within a transaction of the same connection.
 */
export type CaptureWriter = {
  readonly find: (id: string) => KnownCapture | undefined;
  /** Adds a capture that is not there yet, without its recorded responses; its number. */
  readonly add: (capture: StorableCapture, source: string, at: string) => number;
  /** Adds a recorded response to a capture that has none in its place. */
  readonly record: (captureNumber: number, recording: StorableRecording) => void;
};

const writers = new WeakMap<Database.Database, CaptureWriter>();

/** The writer of a connection. */
export const captureWriter = (database: Database.Database): CaptureWriter => {
  const made = writers.get(database);
  if (made !== undefined) return made;
  const writer = create(database);
  writers.set(database, writer);
  return writer;
};

const create = (database: Database.Database): CaptureWriter => {
  const find = database.prepare<[string], KnownCapture>(
    'select number, request_body from capture where id = ?',
  );
  const add = database.prepare(
    `insert into capture
     (id, endpoint, timestamp, request_body, metadata, partial, redacted, source, imported_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const record = database.prepare(
    `insert into recorded_response
     (capture_number, model, production, response_body, time_to_first_token_ms, total_ms)
     values (?, ?, ?, ?, ?, ?)`,
  );
  const insert = database.prepare('insert into body (text, bytes) values (cast(? as text), ?)');
  const save = (body: BodyText): number => {
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    return Number(insert.run(body, bytes).lastInsertRowid);
  };
  return {
    find: (id) => find.get(id),
    add: ({ id, endpoint, timestamp, request, metadata, partial, redactions }, source, at) => {
      const body = save(request);
      const redacted = redactions?.request === true ? 1 : 0;
      const row = [id, endpoint, timestamp, body, metadata, partial, redacted, source, at];
      return Number(add.run(row).lastInsertRowid);
    },
    record: (captureNumber, { model, production, body, timeToFirstTokenMs, totalMs }) => {
      const number = save(body);
      record.run(captureNumber, model, production ? 1 : 0, number, timeToFirstTokenMs, totalMs);
    },
  };
};
