import { basename } from 'node:path';
import { recordedStreams } from '../models/stream/recorded-stream.ts';
import { redactRecord } from '../redaction/redact-capture.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { FormatReader, FormatRecord } from '../traffic/formats/format.ts';
import { Interrupted } from '../text/interrupted.ts';
import { count } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { sha256 } from '../traffic/hash.ts';
import type { ImportRecord, RecordFate } from '../traffic/import-record.ts';
import { EarlierTurns } from '../traffic/last-turn/earlier-turns.ts';
import type { SourceRecord } from '../traffic/reading/source-record.ts';
import type { RedactionCounts } from '../traffic/redaction-counts.ts';
import { ImportTally, type FileReport, type RecordObserver } from './import-tally.ts';
import type { TrafficInput } from './inspect-files.ts';

/** The results of records, in order, and the redactions in the new ones. */
export type SinkAnswer = {
  readonly fates: readonly RecordFate[];
  readonly redactions: RedactionCounts;
};

/** The destination of the records of an import. */
export type RecordSink = {
  /** Adds records of a file; `source` is its base name. */
  readonly add: (records: readonly ImportRecord[], source: string) => Promise<SinkAnswer>;
  /** The most records, and the approximate bytes, in one chunk. */
  readonly chunk: { readonly records: number; readonly bytes: number };
  /** The number of chunks that may be in progress while the next one is read. */
  readonly ahead: number;
  /** Called when all records are added: commits them. */
  readonly commit: () => Promise<void>;
  /** Called at the end, even after an error: releases the sink's resources. */
  readonly close: () => Promise<void>;
};

/** Shows the number of processed records of a file. */
export type ImportProgress = {
  readonly show: (progress: {
    readonly file: string;
    readonly read: number;
    /** The size of the record that comes next, where it is so large that it takes a while. */
    readonly largeRecord?: number;
  }) => void;
  /** Takes the display away. */
  readonly end: () => void;
};

export type TakeInOptions = {
  /** Null stores everything unredacted. */
  readonly redactor: Redactor | null;
  /**
   * Whether to leave out requests that are a prefix of a later one in the same files. This reads
   * the files twice, so the order of records does not matter. Captures in the store are not
   * considered.
   */
  readonly lastTurn: boolean;
  /** Null shows nothing. */
  readonly progress: ImportProgress | null;
  /** Receives the records as they are stored: redacted, since their names are shown. */
  readonly observer?: RecordObserver;
  /** Ends the reading; what was read until then is added and committed. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * Reads files of captured traffic as streams, redacts their records and hands them to a sink in chunks.
 * Files of requests are read before files that hold the answers to them, so that the store can join them
 * and memory stays flat. Returns a report for each file, in the given order. Throws the errors of the
 * sink and of the file system, and Interrupted, after the commit, if `signal` ended it early.
 */
export const takeIn = async (
  files: readonly TrafficInput[],
  sink: RecordSink,
  options: TakeInOptions,
): Promise<readonly FileReport[]> => {
  const reports = new Map<TrafficInput, FileReport>();
  const answersLast = files.toSorted(
    (a, b) => Number(a.format.holdsAnswers) - Number(b.format.holdsAnswers),
  );
  try {
    const earlierTurns = options.lastTurn
      ? await findEarlierTurns(answersLast, options.signal)
      : null;
    let stoppedAt: FileReport | null = null;
    for (const file of answersLast) {
      const intake = new FileIntake(file, sink, options, earlierTurns);
      const report = await intake.run();
      reports.set(file, report);
      if (!intake.isStopped()) continue;
      stoppedAt = report;
      break;
    }
    await sink.commit();
    if (stoppedAt !== null) throw new Interrupted(stoppedText(stoppedAt));
  } finally {
    options.progress?.end();
    await sink.close();
  }
  return files.flatMap((file) => reports.get(file) ?? []);
};

const stoppedText = ({ file, read }: FileReport): string =>
  `Stopped after ${count(read)} records of ${printableLine(file)}. They are kept in the store; run the same command again to go on.`;

/** Reads the files once for what their requests say about the turns before them. */
const findEarlierTurns = async (
  files: readonly TrafficInput[],
  signal: AbortSignal | undefined,
): Promise<EarlierTurns> => {
  const turns = new EarlierTurns();
  for (const { format, records: read } of files) {
    const reader = format.open(recordedStreams);
    const remember = (records: Iterable<FormatRecord>): void => {
      for (const record of records) if (record.kind === 'capture') turns.remember(record.capture);
    };
    for await (const sources of read()) {
      if (signal?.aborted === true) break;
      for (const source of sources) {
        if (source.kind === 'object') remember(reader.read(source.object, source.around));
      }
    }
    remember(reader.end());
  }
  return turns;
};

/** A record of this size takes a second or more, in which nothing else can be shown. */
const largeRecordBytes = 8 * 1024 * 1024;

/** Takes in one file. */
class FileIntake {
  readonly #file: TrafficInput;
  readonly #source: string;
  readonly #sink: RecordSink;
  readonly #options: TakeInOptions;
  readonly #earlierTurns: EarlierTurns | null;
  readonly #tally = new ImportTally();
  readonly #reader: FormatReader;
  readonly #adding: Promise<void>[] = [];
  #records: ImportRecord[] = [];
  #bytes = 0;
  #lastLine = 0;
  #isStopped = false;

  constructor(
    file: TrafficInput,
    sink: RecordSink,
    options: TakeInOptions,
    earlierTurns: EarlierTurns | null,
  ) {
    this.#file = file;
    this.#source = basename(file.name);
    this.#sink = sink;
    this.#options = options;
    this.#earlierTurns = earlierTurns;
    this.#reader = file.format.open(recordedStreams);
  }

  async run(): Promise<FileReport> {
    const { onAdded } = this.#file;
    const onTrailingBytes = (bytes: number): void => this.#tally.foundTrailing(bytes);
    for await (const sources of this.#file.records({ onTrailingBytes })) {
      for (const source of sources) {
        this.#take(source);
        if (this.#isFull()) await this.#flush();
        if (this.#stops()) break;
      }
      if (this.#isStopped) break;
      if (onAdded === undefined) continue;
      await this.#settle();
      await onAdded();
    }
    let index = 0;
    // What a format holds back until the end may belong to records that were not read.
    for (const record of this.#isStopped ? [] : this.#reader.end()) {
      const id = (): string => sha256(JSON.stringify(record));
      this.#takeRecord(record, { index, line: this.#lastLine, id });
      index += 1;
      if (this.#isFull()) await this.#flush();
    }
    await this.#settle();
    this.#tally.forgot(this.#earlierTurns?.forgotten() ?? 0);
    return this.#tally.report(this.#file);
  }

  /** Whether the file was not read to its end, because the user asked to stop. */
  isStopped(): boolean {
    return this.#isStopped;
  }

  #stops(): boolean {
    this.#isStopped ||= this.#options.signal?.aborted === true;
    return this.#isStopped;
  }

  #take(source: SourceRecord): void {
    const { bytes, id, line, validUtf8 } = source;
    if (bytes >= largeRecordBytes) {
      const read = this.#tally.read();
      this.#options.progress?.show({ file: this.#file.name, read, largeRecord: bytes });
    }
    this.#bytes += bytes;
    if (!validUtf8) this.#tally.countInvalidUtf8();
    if (source.kind === 'unreadable') {
      this.#records.push({ kind: 'rejected', id: id(), line, reason: source.reason });
      return;
    }
    this.#lastLine = line;
    for (const [index, record] of this.#reader.read(source.object, source.around).entries()) {
      this.#takeRecord(record, { index, line, id });
    }
  }

  /** `index` numbers the records from the same place in the file; `id` is a hash of that place. */
  #takeRecord(
    record: FormatRecord,
    place: { readonly index: number; readonly line: number; readonly id: () => string },
  ): void {
    const { index, line, id } = place;
    if (record.kind === 'ignored') this.#tally.countIgnored(record.what);
    else if (record.kind !== 'capture') {
      this.#records.push({ ...record, id: index === 0 ? id() : `${id()} ${index}`, line });
    } else if (this.#earlierTurns?.isEarlier(record.capture) === true) {
      this.#tally.countEarlierTurn();
    } else this.#records.push({ ...record, line });
  }

  #isFull(): boolean {
    const { bytes, records } = this.#sink.chunk;
    return this.#records.length >= records || this.#bytes >= bytes;
  }

  async #flush(): Promise<void> {
    this.#handOver();
    if (this.#adding.length > this.#sink.ahead) await this.#adding.shift();
  }

  /** Resolves when every record so far is added. */
  async #settle(): Promise<void> {
    this.#handOver();
    await Promise.all(this.#adding.splice(0));
  }

  /**
   * Passes the records to the sink. Not an async function, which would keep them until they are
   * added.
   */
  #handOver(): void {
    const records = this.#records;
    this.#records = [];
    this.#bytes = 0;
    if (records.length === 0) return;
    const { observer, progress, redactor } = this.#options;
    const redacted = records.map((record) => redactRecord(record, redactor));
    const tally = this.#tally.observe(redacted);
    const observed = observer?.observe(redacted);
    const added = this.#sink.add(redacted, this.#source).then(({ fates, redactions }) => {
      tally(fates);
      observed?.(fates);
      this.#tally.countRedactions(redactions);
      progress?.show({ file: this.#file.name, read: this.#tally.read() });
    });
    // It may fail before it is awaited.
    added.catch(() => undefined);
    this.#adding.push(added);
  }
}
