import { basename } from 'node:path';
import type { FormatReader, FormatRecord, FormatTools } from '../traffic/formats/format.ts';
import { sha256 } from '../traffic/hash.ts';
import type { ImportRecord, RecordFate } from '../traffic/import-record.ts';
import { createTally, type FileReport, type Tally } from './import-tally.ts';
import type { TrafficFile } from './inspect-files.ts';
import { EarlierTurns } from '../traffic/last-turn/earlier-turns.ts';
import { readRecords } from '../traffic/reading/read-records.ts';
import type { SourceRecord } from '../traffic/reading/source-record.ts';
import type { RedactionCounts } from '../traffic/redaction-counts.ts';

/** Records go to the store in batches of at most so many, and of about so many bytes. */
const usualBatch = { records: 500, bytes: 1024 * 1024 };

/**
 * Reads files of captured traffic as streams and hands their records on in batches, one at a time.
 * Files of requests come before files of answers that belong to them, whatever their order, so that
 * the store can join them: memory stays flat. Resolves to a report for each file in the given order.
 */
export const importTraffic = async (options: {
  readonly files: readonly TrafficFile[];
  readonly tools: FormatTools;
  /**
   * Adds one batch; `fates` has an entry for each record, `redactions` what was redacted of the new ones.
   * `source` is the file's base name.
   */
  readonly addRecords: (
    records: readonly ImportRecord[],
    source: string,
  ) => Promise<{
    readonly fates: readonly RecordFate[];
    readonly redactions?: RedactionCounts;
  }>;
  /** Other batches than of 500 records or about 1 MB. */
  readonly batch?: { readonly records: number; readonly bytes: number };
  /** So many batches are handed on before the first of them has been added. Default 0. */
  readonly ahead?: number;
  readonly maximumLineBytes?: number;
  /**
   * Of growing conversations only the last turns are added. The files are read twice, so that the order
   * of their records makes no difference; what the store has already is not looked at. Default false.
   */
  readonly lastTurn?: boolean;
  readonly onProgress?: (progress: { readonly file: string; readonly read: number }) => void;
}): Promise<readonly FileReport[]> => {
  const batch = options.batch ?? usualBatch;
  const reports = new Map<TrafficFile, FileReport>();
  const answersLast = options.files.toSorted(
    (a, b) => Number(a.format.holdsAnswers) - Number(b.format.holdsAnswers),
  );
  const earlierTurns =
    options.lastTurn === true ? await findEarlierTurns(answersLast, options) : null;
  for (const file of answersLast) {
    const tally = createTally(file);
    let records: ImportRecord[] = [];
    let bytes = 0;
    const reader = file.format.open(options.tools);
    const add = (more: readonly ImportRecord[], size: number): void => {
      records.push(...more);
      bytes += size;
    };
    const adding: Promise<void>[] = [];
    const flush = async (): Promise<void> => {
      if (records.length === 0) return;
      // The records themselves are not kept until they are added.
      const count = tally.prepare(records);
      const added = options
        .addRecords(records, basename(file.path))
        .then(({ fates, redactions }) => {
          count(fates);
          if (redactions !== undefined) tally.countRedactions(redactions);
          options.onProgress?.({ file: file.path, read: tally.read() });
        });
      // It is awaited later, and may fail before.
      added.catch(() => undefined);
      adding.push(added);
      records = [];
      bytes = 0;
      if (adding.length > (options.ahead ?? 0)) await adding.shift();
    };
    for await (const sources of readRecords(file.path, options.maximumLineBytes)) {
      for (const source of sources) {
        if (!source.validUtf8) tally.countInvalidUtf8();
        add(toImportRecords(source, reader, { tally, earlierTurns }), source.bytes);
        if (records.length >= batch.records || bytes >= batch.bytes) await flush();
      }
    }
    let index = 0;
    for (const record of reader.end()) {
      const place = { index, line: tally.lastLine(), id: () => sha256(JSON.stringify(record)) };
      const taken = toImportRecord(record, place, { tally, earlierTurns });
      index += 1;
      if (taken !== null) add([taken], 0);
      if (records.length >= batch.records) await flush();
    }
    await flush();
    await Promise.all(adding);
    tally.forgot(earlierTurns?.forgotten() ?? 0);
    reports.set(file, tally.report());
  }
  return options.files.flatMap((file) => reports.get(file) ?? []);
};

/** Reads the files once for what their requests say of the turns before them. */
const findEarlierTurns = async (
  files: readonly TrafficFile[],
  options: { readonly tools: FormatTools; readonly maximumLineBytes?: number },
): Promise<EarlierTurns> => {
  const turns = new EarlierTurns();
  for (const file of files) {
    const reader = file.format.open(options.tools);
    const remember = (records: Iterable<FormatRecord>): void => {
      for (const record of records) if (record.kind === 'capture') turns.remember(record.capture);
    };
    for await (const sources of readRecords(file.path, options.maximumLineBytes)) {
      for (const source of sources) {
        if (source.kind === 'object') remember(reader.read(source.object, source.around));
      }
    }
    remember(reader.end());
  }
  return turns;
};

type Counting = { readonly tally: Tally; readonly earlierTurns: EarlierTurns | null };

/** What the store takes of a record of the file. */
const toImportRecords = (
  source: SourceRecord,
  reader: FormatReader,
  counting: Counting,
): readonly ImportRecord[] => {
  const { line } = source;
  if (source.kind === 'unreadable') {
    return [{ kind: 'rejected', id: source.id(), line, reason: source.reason }];
  }
  counting.tally.reached(line);
  return reader
    .read(source.object, source.around)
    .map((record, index) => toImportRecord(record, { index, line, id: source.id }, counting))
    .filter((record) => record !== null);
};

/** What the store takes of a record of a format; null: nothing. `id` is a hash of where it is from. */
const toImportRecord = (
  record: FormatRecord,
  { index, line, id }: { readonly index: number; readonly line: number; readonly id: () => string },
  { tally, earlierTurns }: Counting,
): ImportRecord | null => {
  if (record.kind === 'ignored') {
    tally.countIgnored(record.what);
    return null;
  }
  if (record.kind === 'capture') {
    if (earlierTurns?.isEarlier(record.capture) !== true) return { ...record, line };
    tally.countEarlierTurn();
    return null;
  }
  // The hash of the record and, where it holds many, its number among them.
  return { ...record, id: index === 0 ? id() : `${id()} ${index}`, line };
};
