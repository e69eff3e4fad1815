import { basename } from 'node:path';
import type { FormatReader, FormatTools } from './formats/format.ts';
import { sha256 } from './hash.ts';
import type { ImportRecord, RecordFate } from './import-record.ts';
import type { TrafficFile } from './inspect-files.ts';
import { readRecords, type SourceRecord } from './reading/read-records.ts';

export type ReasonCount = { readonly reason: string; readonly count: number };

/**
 * What was in a file and what became of it:
 * `read = added + notReplayable + duplicates + merged + withoutAnswer`.
 */
export type FileReport = {
  readonly file: string;
  /** The format's name. */
  readonly format: string;
  readonly read: number;
  /** Captures that are new. */
  readonly added: number;
  /** New records that cannot be replayed; `reasons` says why, most frequent first. */
  readonly notReplayable: number;
  readonly reasons: readonly ReasonCount[];
  /** Records that the store had, whether replayable or not. */
  readonly duplicates: number;
  /** Records of which only the recorded responses were new. */
  readonly merged: number;
  /** Records that say that a request which is known got no answer. */
  readonly withoutAnswer: number;
  /** The first new records that cannot be replayed. */
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
  /** What is no request to a model, by what it is; it is in no other count. */
  readonly ignored: readonly ReasonCount[];
  /** Records in which bytes that are no UTF-8 were replaced. */
  readonly invalidUtf8: number;
};

/** So many problems of a file are named by their line; the rest is counted. */
const namedProblems = 5;

/** Records go to the store in batches of at most so many, and of about so many bytes. */
const batch = { records: 500, bytes: 1024 * 1024 };

/**
 * Reads files of captured traffic as streams and hands their records on in batches, one at a time.
 * Files of requests come before files of answers that belong to them, whatever their order, so that
 * the store can join them: memory stays flat. Resolves to a report for each file in the given order.
 */
export const importTraffic = async (options: {
  readonly files: readonly TrafficFile[];
  readonly tools: FormatTools;
  /** Adds one batch; `fates` has an entry for each record. `source` is the file's base name. */
  readonly addRecords: (
    records: readonly ImportRecord[],
    source: string,
  ) => Promise<{ readonly fates: readonly RecordFate[] }>;
  readonly maximumLineBytes?: number;
  readonly onProgress?: (progress: { readonly file: string; readonly read: number }) => void;
}): Promise<readonly FileReport[]> => {
  const reports = new Map<TrafficFile, FileReport>();
  const answersLast = options.files.toSorted(
    (a, b) => Number(a.format.holdsAnswers) - Number(b.format.holdsAnswers),
  );
  for (const file of answersLast) {
    const tally = createTally(file);
    let records: ImportRecord[] = [];
    let bytes = 0;
    const reader = file.format.open(options.tools);
    const add = (more: readonly ImportRecord[], size: number): void => {
      records.push(...more);
      bytes += size;
    };
    const flush = async (): Promise<void> => {
      if (records.length === 0) return;
      const { fates } = await options.addRecords(records, basename(file.path));
      tally.count(records, fates);
      records = [];
      bytes = 0;
      options.onProgress?.({ file: file.path, read: tally.report().read });
    };
    for await (const source of readRecords(file.path, options.maximumLineBytes)) {
      if (!source.validUtf8) tally.countInvalidUtf8();
      add(toImportRecords(source, reader, tally), source.bytes);
      if (records.length >= batch.records || bytes >= batch.bytes) await flush();
    }
    add(toImportRecords(null, reader, tally), 0);
    await flush();
    reports.set(file, tally.report());
  }
  return options.files.flatMap((file) => reports.get(file) ?? []);
};

/** What the store takes of a record of the file or, with null, of the file's end. */
const toImportRecords = (
  source: SourceRecord | null,
  reader: FormatReader,
  tally: Tally,
): readonly ImportRecord[] => {
  const line = source?.line ?? tally.lastLine();
  if (source?.kind === 'unreadable') {
    return [{ kind: 'rejected', id: source.id(), line, reason: source.reason }];
  }
  const records = source === null ? reader.end() : reader.read(source.object, source.around);
  tally.reached(line);
  return records.flatMap((record, index): readonly ImportRecord[] => {
    if (record.kind === 'ignored') {
      tally.countIgnored(record.what);
      return [];
    }
    if (record.kind === 'capture') return [{ ...record, line }];
    // The hash of the record and, where it holds many, its number among them.
    const id = source?.id() ?? sha256(JSON.stringify(record));
    return [{ ...record, id: index === 0 ? id : `${id} ${index}`, line }];
  });
};

type Tally = ReturnType<typeof createTally>;

const createTally = (file: TrafficFile) => {
  const counts = { added: 0, had: 0, merged: 0, rejected: 0, had_rejected: 0 };
  const reasons = new Map<string, number>();
  const problems: { line: number; reason: string }[] = [];
  let withoutAnswer = 0;
  let invalidUtf8 = 0;
  let lastLine = 0;
  const ignored = new Map<string, number>();
  const countOne = (record: ImportRecord, fate: RecordFate): void => {
    if (fate.kind === 'had' && record.kind === 'answer' && record.recorded === null) {
      withoutAnswer += 1;
      return;
    }
    counts[fate.kind] += 1;
    if (fate.kind !== 'rejected') return;
    reasons.set(fate.reason, (reasons.get(fate.reason) ?? 0) + 1);
    if (problems.length < namedProblems) {
      problems.push({ line: record.line ?? 0, reason: fate.reason });
    }
  };
  return {
    count(records: readonly ImportRecord[], fates: readonly RecordFate[]): void {
      for (const [index, record] of records.entries()) {
        const fate = fates[index];
        if (fate !== undefined) countOne(record, fate);
      }
    },
    reached(line: number): void {
      lastLine = line;
    },
    lastLine: () => lastLine,
    countIgnored(what: string): void {
      ignored.set(what, (ignored.get(what) ?? 0) + 1);
    },
    countInvalidUtf8(): void {
      invalidUtf8 += 1;
    },
    report(): FileReport {
      const { added, had, merged, rejected } = counts;
      const duplicates = had + counts.had_rejected;
      return {
        file: file.path,
        format: file.format.name,
        read: added + merged + rejected + duplicates + withoutAnswer,
        added,
        notReplayable: rejected,
        reasons: countedReasons(reasons),
        duplicates,
        merged,
        withoutAnswer,
        problems: [...problems],
        ignored: countedReasons(ignored),
        invalidUtf8,
      };
    },
  };
};

/** Most frequent first, then by name. */
const countedReasons = (reasons: ReadonlyMap<string, number>): readonly ReasonCount[] =>
  Array.from(reasons, ([reason, count]) => ({ reason, count })).sort(
    (a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1),
  );
