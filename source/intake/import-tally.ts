import type { RecordedResponse } from '../traffic/capture.ts';
import type { ImportRecord, RecordFate } from '../traffic/import-record.ts';
import type { TrafficFile, Vote } from './inspect-files.ts';
import { type RedactionCounts, RedactionTally } from '../traffic/redaction-counts.ts';

export type ReasonCount = { readonly reason: string; readonly count: number };

/**
 * What was in a file and what became of it:
 * `read = added + notReplayable + duplicates + merged + withoutAnswer + earlierTurns`.
 */
export type FileReport = {
  readonly file: string;
  /** The format's name. */
  readonly format: string;
  /** What the first records were taken for. */
  readonly vote: Vote;
  readonly read: number;
  /** Captures that are new. */
  readonly added: number;
  /** Of `added`, those of which the recording has lost parts, and how often which part. */
  readonly partial: { readonly captures: number; readonly parts: readonly ReasonCount[] };
  /** What came along with the captures that are new or joined. */
  readonly recorded: {
    /** Captures with an answer, and with an error in its place. */
    readonly answers: number;
    readonly errors: number;
    /** Captures with a recorded time of production's answer. */
    readonly timings: number;
  };
  /** New records that cannot be replayed; `reasons` says why, most frequent first. */
  readonly notReplayable: number;
  readonly reasons: readonly ReasonCount[];
  /** Records that the store had, whether replayable or not. */
  readonly duplicates: number;
  /** Records of which only the recorded responses were new. */
  readonly merged: number;
  /** Records that say that a request which is known got no answer. */
  readonly withoutAnswer: number;
  /** Requests that later ones of their conversation begin with; they were left out (`--last-turn`). */
  readonly earlierTurns: number;
  /** Requests that hold more turns than could be kept in mind: some earlier ones may not be left out. */
  readonly forgottenTurns: number;
  /** The first new records that cannot be replayed. */
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
  /** What is no request to a model, by what it is; it is in no other count. */
  readonly ignored: readonly ReasonCount[];
  /** Records in which bytes that are no UTF-8 were replaced. */
  readonly invalidUtf8: number;
  /** How many values of the new captures and answers became placeholders, by rule. */
  readonly redactions: RedactionCounts;
};

/** So many problems of a file are named by their line; the rest is counted. */
const namedProblems = 5;

export type Tally = ReturnType<typeof createTally>;

/** Counts what becomes of the records of a file. */
export const createTally = (file: TrafficFile) => {
  const counts = { added: 0, had: 0, merged: 0, rejected: 0, had_rejected: 0 };
  const recorded = { answers: 0, errors: 0, timings: 0 };
  const parts = new Map<string, number>();
  let partial = 0;
  let earlierTurns = 0;
  let forgottenTurns = 0;
  const reasons = new Map<string, number>();
  const problems: { line: number; reason: string }[] = [];
  let withoutAnswer = 0;
  let invalidUtf8 = 0;
  let lastLine = 0;
  const redactions = new RedactionTally();
  const ignored = new Map<string, number>();
  const countNews = (news: News): void => {
    if (news.answer) recorded.answers += 1;
    if (news.error) recorded.errors += 1;
    if (news.timing) recorded.timings += 1;
  };
  const countPartial = (lost: readonly string[]): void => {
    if (lost.length > 0) partial += 1;
    for (const part of new Set(lost)) parts.set(part, (parts.get(part) ?? 0) + 1);
  };
  const countOne = (news: News, fate: RecordFate): void => {
    if (fate.kind === 'had' && news.saysNoAnswer) {
      withoutAnswer += 1;
      return;
    }
    counts[fate.kind] += 1;
    if (fate.kind === 'added' || fate.kind === 'merged') countNews(news);
    if (fate.kind === 'added') countPartial(news.partial);
    if (fate.kind !== 'rejected') return;
    reasons.set(fate.reason, (reasons.get(fate.reason) ?? 0) + 1);
    if (problems.length < namedProblems) problems.push({ line: news.line, reason: fate.reason });
  };
  const read = (): number =>
    Object.values(counts).reduce((sum, one) => sum + one, withoutAnswer + earlierTurns);
  return {
    /** Takes what is to be counted of records; the function that it gives back counts their fates. */
    prepare(records: readonly ImportRecord[]): (fates: readonly RecordFate[]) => void {
      const all = records.map(newsOf);
      return (fates) => {
        for (const [index, news] of all.entries()) {
          const fate = fates[index];
          if (fate !== undefined) countOne(news, fate);
        }
      };
    },
    read,
    reached(line: number): void {
      lastLine = line;
    },
    lastLine: () => lastLine,
    countIgnored(what: string): void {
      ignored.set(what, (ignored.get(what) ?? 0) + 1);
    },
    countEarlierTurn(): void {
      earlierTurns += 1;
    },
    forgot(turns: number): void {
      forgottenTurns = turns;
    },
    countRedactions(more: RedactionCounts): void {
      redactions.add(more);
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
        vote: file.vote,
        read: read(),
        added,
        partial: { captures: partial, parts: countedReasons(parts) },
        recorded: { ...recorded },
        notReplayable: rejected,
        reasons: countedReasons(reasons),
        duplicates,
        merged,
        withoutAnswer,
        earlierTurns,
        forgottenTurns,
        problems: [...problems],
        ignored: countedReasons(ignored),
        invalidUtf8,
        redactions: redactions.counts(),
      };
    },
  };
};

/** What is counted of a record that is new. */
type News = {
  readonly line: number;
  readonly answer: boolean;
  readonly error: boolean;
  readonly timing: boolean;
  readonly saysNoAnswer: boolean;
  readonly partial: readonly string[];
};

const newsOf = (record: ImportRecord): News => {
  const responses = record.kind === 'capture' ? record.capture.recorded : answerOf(record);
  const capture = record.kind === 'capture' ? record.capture : null;
  return {
    line: record.line ?? 0,
    answer: responses.length > 0,
    error: capture?.metadata?.['recordedError'] !== undefined,
    timing: responses.some(({ totalMs }) => totalMs !== null),
    saysNoAnswer: record.kind === 'answer' && record.recorded === null,
    partial: capture?.partial ?? [],
  };
};

const answerOf = (
  record: Exclude<ImportRecord, { kind: 'capture' }>,
): readonly RecordedResponse[] =>
  record.kind === 'answer' && record.recorded !== null ? [record.recorded] : [];

/** Most frequent first, then by name. */
const countedReasons = (reasons: ReadonlyMap<string, number>): readonly ReasonCount[] =>
  Array.from(reasons, ([reason, count]) => ({ reason, count })).sort(
    (a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1),
  );
