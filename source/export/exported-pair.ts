import type { Dialect } from '../traffic/dialects/dialect.ts';
import type { Outcome, Side, Verdict } from '../comparison/outcome.ts';
import { pairSchemaName, type VerdictRow } from '../intake/verdict-row.ts';
import type { Answer, Failure, ToolCall, Usage } from '../models/answer.ts';
import type { RequestPath } from '../models/request-path.ts';
import type { Adaptation } from '../traffic/dialects/adaptation.ts';
import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import {
  resolvedMark,
  type PairMarks,
  type ReviewerMarks,
  type VerdictGiven,
} from '../store/comparisons/pair-marks.ts';
import type { ListedPair } from '../store/comparisons/pair-traits.ts';
import type { Pair, SideRecord } from '../store/comparisons/pairs.ts';
import { commonVerdict, type CommonVerdict } from '../summary/reviewers.ts';
import type { JsonObject } from '../text/json.ts';

/** The answer of a side, as exported. */
export type ExportedAnswer = {
  readonly model: string | null;
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: string | null;
};

/** One side of an exported pair. Times are in milliseconds; null where they are not known. */
export type ExportedSide =
  | ({
      readonly state: 'answered';
      readonly usage: Usage | null;
      readonly costUsd: number | null;
      readonly timeToFirstTokenMs: number | null;
      readonly totalMs: number | null;
      readonly recorded: boolean;
      readonly batch: boolean;
      readonly adaptations: readonly Adaptation[];
      /** How the request reached the model. */
      readonly path: RequestPath;
      readonly time: string;
    } & ExportedAnswer)
  | {
      readonly state: 'failed';
      readonly failure: Pick<Failure, 'reason' | 'message' | 'status'>;
      readonly partial: ExportedAnswer | null;
    }
  | { readonly state: 'not_sent'; readonly reason: string | null };

/** A pair with everything known about it: one line of the export as JSON Lines. */
export type ExportedPair = {
  readonly schema: typeof pairSchemaName;
  readonly comparison: Pick<ComparisonRecord, 'id' | 'name' | 'baseline' | 'candidate'>;
  /** The id of the capture. */
  readonly capture: string;
  /** Its place in the random order of the queue, from 1. */
  readonly number: number;
  readonly endpoint: string;
  readonly timestamp: string | null;
  readonly metadata: JsonObject | null;
  /** Parts of the request that the recording did not keep. */
  readonly partial: readonly string[];
  /** The API that the request was made to. */
  readonly dialect: Dialect;
  /** The model in the path of the request; null where the body names it. */
  readonly model: string | null;
  readonly request: JsonObject;
  readonly baseline: ExportedSide;
  readonly candidate: ExportedSide;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  /** Whether the machine or a rule settled the pair without a person; null if neither did. */
  readonly settledBy: ListedPair['settledBy'];
  /** The rules that cover its differences, in words. */
  readonly rules: readonly string[];
  /** A member for each reviewer who has done something on the pair. */
  readonly verdicts: readonly VerdictRow[];
  /** The verdict that resolves a conflict. */
  readonly resolved: VerdictRow | null;
  readonly commonVerdict: CommonVerdict | null;
};

/** The data from which a pair is exported. */
export type PairParts = {
  readonly comparison: ComparisonRecord;
  /** Counts from 1 in the order of the queue. */
  readonly number: number;
  readonly listed: Pick<ListedPair, 'outcome' | 'rules' | 'settledBy'>;
  readonly pair: Pair;
  readonly marks: PairMarks;
  /** The cost of each side in USD; null if unknown or without an answer. */
  readonly costs: Readonly<Record<Side, number | null>>;
};

/** Puts the row of a pair together. */
export const exportedPair = ({
  comparison,
  costs,
  marks,
  listed,
  number,
  pair,
}: PairParts): ExportedPair => {
  const { capture, sides } = pair;
  const { baseline, candidate, id, name } = comparison;
  const resolved = resolvedMark(marks);
  return {
    schema: pairSchemaName,
    comparison: { id, name, baseline, candidate },
    capture: capture.id,
    number,
    endpoint: capture.endpoint,
    timestamp: capture.timestamp,
    metadata: capture.metadata,
    partial: capture.partial,
    dialect: capture.dialect,
    model: capture.model,
    request: capture.request,
    baseline: exportedSide(sides.baseline, costs.baseline),
    candidate: exportedSide(sides.candidate, costs.candidate),
    outcome: listed.outcome,
    reason: pair.comparison?.reason ?? null,
    settledBy: listed.settledBy,
    rules: listed.rules,
    verdicts: marks.reviewers
      .map(verdictRow)
      .toSorted((a, b) => (a.reviewer < b.reviewer ? -1 : 1)),
    resolved: resolved === null ? null : verdictRow(resolved),
    commonVerdict: commonVerdict(votesOf(marks), resolved?.verdict.verdict ?? null),
  };
};

const votesOf = ({ reviewers }: PairMarks): Readonly<Record<Verdict, number>> => {
  const votes = { agree: 0, worse: 0, better: 0, both_bad: 0 };
  for (const { verdict } of reviewers) if (verdict !== null) votes[verdict.verdict] += 1;
  return votes;
};

const verdictRow = ({ comment, reviewer, skipped, tags, verdict }: ReviewerMarks): VerdictRow => ({
  id: verdict?.id ?? null,
  reviewer,
  verdict: verdict?.verdict ?? null,
  skipped,
  tags: tags.toSorted(),
  comment: comment === '' ? null : comment,
  time: verdict?.at ?? null,
  ahead: verdict?.ahead ?? null,
  left: verdict?.left ?? null,
  chosen: verdict?.chosen ?? null,
  group: verdict?.group ?? null,
  origin: verdict === null ? null : exportedOrigin(verdict),
});

const exportedOrigin = ({ group, origin }: VerdictGiven): VerdictRow['origin'] => {
  if (origin === undefined) {
    return { kind: group === undefined ? 'review' : 'pattern', file: null, store: null };
  }
  return {
    kind: origin.kind === 'unknown' ? null : origin.kind,
    file: origin.kind === 'file' ? origin.file : null,
    store: origin.store,
  };
};

const exportedSide = (side: SideRecord, costUsd: number | null): ExportedSide => {
  switch (side.kind) {
    case 'answered':
      return {
        state: 'answered',
        ...exportedAnswer(side.answer),
        usage: side.answer.usage,
        costUsd,
        timeToFirstTokenMs: side.timings.timeToFirstTokenMs,
        totalMs: side.timings.totalMs,
        recorded: side.recorded,
        batch: side.batch,
        adaptations: side.adaptations,
        path: side.path,
        time: side.at,
      };
    case 'failed': {
      const { message, reason, status } = side.failure;
      const partial = side.partial === null ? null : exportedAnswer(side.partial);
      return { state: 'failed', failure: { reason, message, status }, partial };
    }
    case 'not_sent':
      return { state: 'not_sent', reason: side.reason };
  }
};

const exportedAnswer = (answer: Answer): ExportedAnswer => ({
  model: answer.model,
  text: answer.text,
  refusal: answer.refusal,
  reasoning: answer.reasoning,
  toolCalls: answer.toolCalls,
  finishReason: answer.finishReason,
});
