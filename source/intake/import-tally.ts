import type { RecordedResponse } from '../traffic/capture.ts';
import { type Dialect, dialects } from '../traffic/dialects/dialect.ts';
import type { ImportRecord, RecordFate } from '../traffic/import-record.ts';
import { RedactionTally, type RedactionCounts } from '../traffic/redaction-counts.ts';
import type { TrafficInput, Vote } from './inspect-files.ts';

/** The number of occurrences of a reason or another named item. */
export type ReasonCount = { readonly reason: string; readonly count: number };

/**
 * The contents of a file and the results of its import: `read = added + notReplayable + duplicates
 * + merged + withoutAnswer + earlierTurns`.
 */
export type FileReport = {
  readonly file: string;
  /** The name of the format. */
  readonly format: string;
  /** The detected formats of the first records. */
  readonly vote: Vote;
  readonly read: number;
  /** New captures, and how many of them are in each dialect. */
  readonly added: number;
  readonly dialects: DialectCounts;
  /**
   * The captures of `added` with an incomplete recording, and the number of captures that lost each
   * part.
   */
  readonly partial: { readonly captures: number; readonly parts: readonly ReasonCount[] };
  /** The captures of `added` with a time that cannot be read. They are stored without one. */
  readonly unreadTimes: number;
  /** The recorded data of new or merged captures. */
  readonly recorded: {
    /** Captures with an answer, and with an error of production instead of one. */
    readonly answers: number;
    readonly errors: number;
    /** Captures with an answer in a form that cannot be read. */
    readonly unreadable: number;
    /** Captures with a recorded time of production's answer. */
    readonly timings: number;
  };
  /** New records that cannot be replayed, and the reasons, most frequent first. */
  readonly notReplayable: number;
  readonly reasons: readonly ReasonCount[];
  /** Records that the store already had, replayable or not. */
  readonly duplicates: number;
  /** Records with nothing new but their recorded responses. */
  readonly merged: number;
  /** Records stating that a known request got no answer. */
  readonly withoutAnswer: number;
  /** Requests that are a prefix of later ones in their conversation; left out (`--last-turn`). */
  readonly earlierTurns: number;
  /**
   * Requests with more turns than could be remembered; their earlier turns may not have been left
   * out.
   */
  readonly forgottenTurns: number;
  /** The first new records that cannot be replayed. */
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
  /** Records that are not requests to a model, by kind; not in any other count. */
  readonly ignored: readonly ReasonCount[];
  /** Records in which invalid UTF-8 was replaced. */
  readonly invalidUtf8: number;
  /** Bytes after the end of a file's gzip data, which were not read. */
  readonly trailingBytes: number;
  /** The number of values in new captures and answers that became placeholders, by rule. */
  readonly redactions: RedactionCounts;
};

/** Examines records and later counts their results, without keeping the records in between. */
export type RecordObserver = {
  /** Returns the function that receives the results of these records. */
  readonly observe: (records: readonly ImportRecord[]) => (fates: readonly RecordFate[]) => void;
};

/** The most problems of a file that are reported with their line. */
const maximumProblems = 5;

/** Counts the results of a file's records. */
export class ImportTally implements RecordObserver {
  readonly #counts = { added: 0, had: 0, merged: 0, rejected: 0, had_rejected: 0 };
  readonly #recorded = { answers: 0, errors: 0, unreadable: 0, timings: 0 };
  readonly #dialects = new Map<Dialect, number>();
  readonly #parts = new Map<string, number>();
  readonly #reasons = new Map<string, number>();
  readonly #ignored = new Map<string, number>();
  readonly #problems: { line: number; reason: string }[] = [];
  readonly #redactions = new RedactionTally();
  #partial = 0;
  #unreadTimes = 0;
  #withoutAnswer = 0;
  #earlierTurns = 0;
  #forgottenTurns = 0;
  #invalidUtf8 = 0;
  #trailingBytes = 0;

  observe(records: readonly ImportRecord[]): (fates: readonly RecordFate[]) => void {
    const contents = records.map(contentOf);
    return (fates) => {
      for (const [index, content] of contents.entries()) {
        const fate = fates[index];
        if (fate !== undefined) this.#count(content, fate);
      }
    };
  }

  countIgnored(what: string): void {
    increment(this.#ignored, what);
  }

  countEarlierTurn(): void {
    this.#earlierTurns += 1;
  }

  countRedactions(counts: RedactionCounts): void {
    this.#redactions.add(counts);
  }

  countInvalidUtf8(): void {
    this.#invalidUtf8 += 1;
  }

  /** Sets the number of bytes after the end of the gzip data. */
  foundTrailing(bytes: number): void {
    this.#trailingBytes = bytes;
  }

  /** Sets the number of requests with more turns than could be remembered. */
  forgot(turns: number): void {
    this.#forgottenTurns = turns;
  }

  /** Returns the number of records so far. */
  read(): number {
    const { added, had, had_rejected, merged, rejected } = this.#counts;
    return (
      added + had + had_rejected + merged + rejected + this.#withoutAnswer + this.#earlierTurns
    );
  }

  report({ name, format, vote }: TrafficInput): FileReport {
    const { added, had, had_rejected, merged, rejected } = this.#counts;
    return {
      file: name,
      format: format.name,
      vote,
      read: this.read(),
      added,
      dialects: dialectCounts(this.#dialects),
      partial: { captures: this.#partial, parts: sortedCounts(this.#parts) },
      unreadTimes: this.#unreadTimes,
      recorded: { ...this.#recorded },
      notReplayable: rejected,
      reasons: sortedCounts(this.#reasons),
      duplicates: had + had_rejected,
      merged,
      withoutAnswer: this.#withoutAnswer,
      earlierTurns: this.#earlierTurns,
      forgottenTurns: this.#forgottenTurns,
      problems: [...this.#problems],
      ignored: sortedCounts(this.#ignored),
      invalidUtf8: this.#invalidUtf8,
      trailingBytes: this.#trailingBytes,
      redactions: this.#redactions.counts(),
    };
  }

  #count(content: RecordContent, fate: RecordFate): void {
    if (content.saysNoAnswer && (fate.kind === 'had' || fate.kind === 'merged')) {
      this.#withoutAnswer += 1;
      if (fate.kind === 'merged') this.#countRecorded(content);
      return;
    }
    this.#counts[fate.kind] += 1;
    if (fate.kind === 'added' || fate.kind === 'merged') this.#countRecorded(content);
    if (fate.kind === 'added') {
      if (content.dialect !== null) increment(this.#dialects, content.dialect);
      this.#countPartial(content.partial);
      if (content.hasUnreadTime) this.#unreadTimes += 1;
    }
    if (fate.kind === 'rejected') this.#countRejected(content.line, fate.reason);
  }

  #countRecorded({ hasAnswer, hasError, hasTiming, isUnreadable }: RecordContent): void {
    if (hasAnswer) this.#recorded.answers += 1;
    if (hasError) this.#recorded.errors += 1;
    if (isUnreadable) this.#recorded.unreadable += 1;
    if (hasTiming) this.#recorded.timings += 1;
  }

  #countPartial(lost: readonly string[]): void {
    if (lost.length > 0) this.#partial += 1;
    for (const part of new Set(lost)) increment(this.#parts, part);
  }

  #countRejected(line: number, reason: string): void {
    increment(this.#reasons, reason);
    if (this.#problems.length < maximumProblems) this.#problems.push({ line, reason });
  }
}

/** The properties to count if a record is new. */
type RecordContent = {
  readonly line: number;
  readonly hasAnswer: boolean;
  readonly hasError: boolean;
  readonly hasTiming: boolean;
  readonly isUnreadable: boolean;
  readonly saysNoAnswer: boolean;
  readonly hasUnreadTime: boolean;
  /** The dialect of a capture; null for any other record. */
  readonly dialect: Dialect | null;
  /** The parts of the request that the recording lost. */
  readonly partial: readonly string[];
};

const contentOf = (record: ImportRecord): RecordContent => {
  const responses = responsesOf(record);
  const capture = record.kind === 'capture' ? record.capture : null;
  return {
    line: record.line ?? 0,
    hasAnswer: responses.length > 0,
    hasError:
      capture?.metadata?.['recordedError'] !== undefined ||
      (record.kind === 'answer' && record.error !== undefined),
    isUnreadable: capture?.metadata?.['unreadableAnswer'] !== undefined,
    hasTiming: responses.some(({ totalMs }) => totalMs !== null),
    hasUnreadTime: record.kind === 'capture' && record.unreadTime === true,
    saysNoAnswer: record.kind === 'answer' && record.recorded === null,
    dialect: capture?.dialect ?? null,
    partial: capture?.partial ?? [],
  };
};

const responsesOf = (record: ImportRecord): readonly RecordedResponse[] => {
  if (record.kind === 'capture') return record.capture.recorded;
  return record.kind === 'answer' && record.recorded !== null ? [record.recorded] : [];
};

const increment = <Key>(counts: Map<Key, number>, key: Key): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

/** The number of captures in each dialect that has some. */
export type DialectCounts = Readonly<Partial<Record<Dialect, number>>>;

const dialectCounts = (counts: ReadonlyMap<Dialect, number>): DialectCounts =>
  Object.fromEntries(
    dialects.flatMap((dialect) => {
      const captures = counts.get(dialect) ?? 0;
      return captures === 0 ? [] : [[dialect, captures]];
    }),
  );

/** Sorts counts, most frequent first, then by name. */
const sortedCounts = (counts: ReadonlyMap<string, number>): readonly ReasonCount[] =>
  Array.from(counts, ([reason, count]) => ({ reason, count })).sort(
    (a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1),
  );

/** Adds up the reports of all files. `imported` counts only new records. */
export const sumReports = (reports: readonly FileReport[]) => {
  const total = (count: (report: FileReport) => number): number =>
    reports.reduce((sum, report) => sum + count(report), 0);
  const redactions = new RedactionTally();
  for (const report of reports) redactions.add(report.redactions);
  return {
    imported: total(({ added, notReplayable }) => added + notReplayable),
    replayable: total(({ added }) => added),
    dialects: dialectCounts(
      new Map(
        dialects.map((dialect) => [dialect, total((report) => report.dialects[dialect] ?? 0)]),
      ),
    ),
    notReplayable: total(({ notReplayable }) => notReplayable),
    reasons: summedCounts(reports.map(({ reasons }) => reasons)),
    duplicates: total(({ duplicates }) => duplicates),
    merged: total(({ merged }) => merged),
    earlierTurns: total(({ earlierTurns }) => earlierTurns),
    partial: total(({ partial }) => partial.captures),
    ignored: summedCounts(reports.map(({ ignored }) => ignored)),
    redactions: redactions.counts(),
  };
};

const summedCounts = (lists: readonly (readonly ReasonCount[])[]): readonly ReasonCount[] => {
  const sums = new Map<string, number>();
  for (const { reason, count } of lists.flat()) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return sortedCounts(sums);
};
