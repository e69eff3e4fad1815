import type Database from 'better-sqlite3';
import type { BodyText } from '../bodies.ts';
import type { StorableCapture, StorableRecording } from '../captures/storable-record.ts';
import type { CaptureWriter, KnownCapture } from './engine.ts';
import { storeErrors } from './store-errors.ts';

const noTurn = { conversation: null, messages: null, chain: null, previous: null };

/**
 * Writes captures directly with better-sqlite3 statements, because imports spend most of their time
 * here.
 */
export class SqliteCaptureWriter implements CaptureWriter {
  readonly #file: string;
  readonly #find: Database.Statement<[string], KnownCapture>;
  readonly #insertCapture: Database.Statement;
  readonly #insertRecording: Database.Statement;
  readonly #insertBody: Database.Statement;

  /** `file` is the store's name in error messages. */
  constructor(database: Database.Database, file: string) {
    this.#file = file;
    this.#find = database.prepare(
      'select number, dialect, model, request_body, metadata from capture where id = ?',
    );
    this.#insertCapture = database.prepare(
      `insert into capture
       (id, endpoint, timestamp, dialect, model, request_body, metadata, partial, redacted, source,
        imported_at, conversation, messages, chain, previous)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertRecording = database.prepare(
      `insert into recorded_response
       (capture_number, model, production, response_body, time_to_first_token_ms, total_ms)
       values (?, ?, ?, ?, ?, ?)`,
    );
    this.#insertBody = database.prepare(
      'insert into body (text, bytes) values (cast(? as text), ?)',
    );
  }

  async find(id: string): Promise<KnownCapture | undefined> {
    return storeErrors(this.#file, () => this.#find.get(id));
  }

  async add(capture: StorableCapture, source: string, at: string): Promise<void> {
    const { dialect, id, endpoint, metadata, model, partial, recorded, redactions, turn } = capture;
    storeErrors(this.#file, () => {
      const body = this.#saveBody(capture.request);
      const redacted = redactions?.request === true ? 1 : 0;
      const call = [id, endpoint, capture.timestamp, dialect, model, body];
      const rest = [metadata, partial, redacted, source, at];
      const { chain, conversation, messages, previous } = turn ?? noTurn;
      const place = [conversation, messages, chain, previous];
      const { lastInsertRowid } = this.#insertCapture.run(...call, ...rest, ...place);
      const number = Number(lastInsertRowid);
      for (const recording of recorded) this.#saveRecording(number, recording);
    });
  }

  async addRecordings(
    captureNumber: number,
    recordings: readonly StorableRecording[],
  ): Promise<void> {
    storeErrors(this.#file, () => {
      for (const recording of recordings) this.#saveRecording(captureNumber, recording);
    });
  }

  #saveRecording(captureNumber: number, recording: StorableRecording): void {
    const { model, production, timeToFirstTokenMs, totalMs } = recording;
    const body = this.#saveBody(recording.body);
    const isProduction = production ? 1 : 0;
    this.#insertRecording.run(
      captureNumber,
      model,
      isProduction,
      body,
      timeToFirstTokenMs,
      totalMs,
    );
  }

  #saveBody(body: BodyText): number {
    const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    return Number(this.#insertBody.run(body, bytes).lastInsertRowid);
  }
}
