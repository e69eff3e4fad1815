import { alignAnswers } from '../../comparison/alignment/align-answers.ts';
import { commonEnds } from '../../comparison/alignment/mark.ts';
import { answerFields } from '../../comparison/answer-fields.ts';
import { differenceHeadline } from '../../comparison/difference-headline.ts';
import { coveredPaths, visibleDivergences } from '../../comparison/covered-paths.ts';
import { settlingTogether, type Rule } from '../../comparison/settling-rules.ts';
import type { PairComparison } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import type { JsonObject } from '../../text/json.ts';
import { Thread } from '../../threads/thread.ts';
import type { PairView } from '../pair-view.ts';

/** The diff of two answers, for the views of the review. */
export type AnswerDiff = Pick<
  PairView,
  'alignment' | 'fields' | 'headline' | 'visible' | 'covered' | 'settledBy' | 'refused'
>;

/** The largest pair (see `pairSize`) whose diff takes less time than drawing a frame. */
const smallPair = 8_192;

/** The largest pair that is aligned. Beyond it, an alignment takes too much memory. */
const hugePair = 6_000_000;

/** The largest pair that is aligned if its texts differ in no more than `hugePair` in the middle. */
const hugestPair = 30_000_000;

/** Returns the characters in the text and tool arguments of both sides. */
const pairSize = (baseline: Answer, candidate: Answer): number =>
  [baseline, candidate]
    .flatMap(({ text, toolCalls }) => [text, ...toolCalls.map((call) => call.arguments)])
    .reduce((sum, { length }) => sum + length, 0);

const isTooLarge = (baseline: Answer, candidate: Answer): boolean => {
  const size = pairSize(baseline, candidate);
  if (size <= hugePair || size > hugestPair) return size > hugestPair;
  const { front, back } = commonEnds(baseline.text, candidate.text);
  return size - 2 * (front + back) > hugePair;
};

/** The machine's result, and the tools and formats of the request. */
export type Compared = {
  /** Null until the pair has been compared. */
  readonly comparison: PairComparison | null;
  /** The request's `tools`, `functions` and `response_format`; others are ignored. */
  readonly request: JsonObject;
  /** The rules in force that are about its endpoint; none by default. */
  readonly rules?: readonly Rule[];
};

const uncompared: Compared = { comparison: null, request: {} };

/** Aligns two answers, lists the fields of JSON and of tool calls, and says what differs. */
export const diffAnswers = (
  baseline: Answer,
  candidate: Answer,
  compared: Compared = uncompared,
): AnswerDiff => {
  const { comparison, request, rules = [] } = compared;
  const isAligned = !isTooLarge(baseline, candidate);
  const alignment = isAligned ? alignAnswers(baseline, candidate) : null;
  const fields = isAligned ? answerFields(baseline, candidate, request) : null;
  const visible = isAligned
    ? visibleDivergences(fields, { baseline: baseline.text, candidate: candidate.text })
    : [];
  const covered = coveredPaths(visible, rules);
  const headline =
    comparison === null
      ? []
      : differenceHeadline({ baseline, candidate, comparison, alignment, fields, covered });
  return {
    alignment,
    fields,
    headline,
    visible,
    covered,
    settledBy: comparison === null ? [] : settlingTogether(comparison, rules),
    refused: isAligned ? null : 'too large to align: shown as received, differences not marked',
  };
};

/** Returns the diff if it takes less time than a frame; otherwise null. */
export const diffIfSmall = (
  baseline: Answer,
  candidate: Answer,
  compared: Compared,
): AnswerDiff | null =>
  pairSize(baseline, candidate) <= smallPair ? diffAnswers(baseline, candidate, compared) : null;

const withoutAlignment = (refused: string): AnswerDiff => ({
  alignment: null,
  fields: null,
  headline: [],
  visible: [],
  covered: new Set(),
  settledBy: [],
  refused,
});

/** A request to the thread; it answers with an `AnswerDiff`. */
export type DiffRequest = {
  readonly baseline: Answer;
  readonly candidate: Answer;
  readonly compared: Compared;
};

/** Runs `diffAnswers` in a thread, which starts with the first request. */
export class DiffThread {
  readonly #workerUrl: URL;
  #thread: Thread<DiffRequest, AnswerDiff> | null = null;

  /** `workerUrl`: the bundled comparison worker. */
  constructor(workerUrl: URL) {
    this.#workerUrl = workerUrl;
  }

  /**
   * Diffs two answers in the thread. Never rejects: if the thread fails, the pair is shown without
   * an alignment.
   */
  async diff(baseline: Answer, candidate: Answer, compared: Compared): Promise<AnswerDiff> {
    this.#thread ??= this.#start();
    try {
      return await this.#thread.ask({ baseline, candidate, compared });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return withoutAlignment(`could not be aligned (${reason}): shown as received`);
    }
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }

  #start(): Thread<DiffRequest, AnswerDiff> {
    const thread = new Thread<DiffRequest, AnswerDiff>({
      workerUrl: this.#workerUrl,
      name: 'The thread that aligns answers',
      // A thread that died, most likely out of memory, loses only its own pairs.
      onLost: () => {
        if (this.#thread === thread) this.#thread = null;
      },
    });
    return thread;
  }
}
