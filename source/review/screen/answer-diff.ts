import { alignAnswers } from '../../comparison/alignment/align-answers.ts';
import type { Alignment } from '../../comparison/alignment/alignment.ts';
import { parseJsonAnswer } from '../../comparison/json/json-answer.ts';
import { fieldTable, type FieldTable } from '../../comparison/json/json-fields.ts';
import type { Answer } from '../../models/answer.ts';
import { Thread } from '../../threads/thread.ts';

/** The diff of two answers, for the views of the review. */
export type AnswerDiff = {
  /** Null if the answers could not be aligned; they are then shown as received. */
  readonly alignment: Alignment | null;
  /** Null unless both answers are JSON. */
  readonly fields: FieldTable | null;
  /** The reason why there is no alignment, as a phrase; null if there is one. */
  readonly refused: string | null;
};

/** The largest pair (see `pairSize`) whose diff takes less time than drawing a frame. */
const smallPair = 8_192;

/** The largest pair that is aligned. Beyond it, an alignment takes too much memory. */
const hugePair = 6_000_000;

/** Returns the characters in the text and tool arguments of both sides. */
const pairSize = (baseline: Answer, candidate: Answer): number =>
  [baseline, candidate]
    .flatMap(({ text, toolCalls }) => [text, ...toolCalls.map((call) => call.arguments)])
    .reduce((sum, { length }) => sum + length, 0);

/** Aligns two answers and, if both are JSON, lists their fields. */
export const diffAnswers = (baseline: Answer, candidate: Answer): AnswerDiff => {
  if (pairSize(baseline, candidate) > hugePair) {
    return withoutAlignment('too large to align: shown as received, differences not marked');
  }
  const left = parseJsonAnswer(baseline.text);
  const right = parseJsonAnswer(candidate.text);
  return {
    alignment: alignAnswers(baseline, candidate),
    refused: null,
    fields: left === null || right === null ? null : fieldTable(left.value, right.value),
  };
};

/** Returns the diff if it takes less time than a frame; otherwise null. */
export const diffIfSmall = (baseline: Answer, candidate: Answer): AnswerDiff | null =>
  pairSize(baseline, candidate) <= smallPair ? diffAnswers(baseline, candidate) : null;

const withoutAlignment = (refused: string): AnswerDiff => ({
  alignment: null,
  fields: null,
  refused,
});

/** A request to the thread; it answers with an `AnswerDiff`. */
export type DiffRequest = {
  readonly baseline: Answer;
  readonly candidate: Answer;
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
  async diff(baseline: Answer, candidate: Answer): Promise<AnswerDiff> {
    this.#thread ??= this.#start();
    try {
      return await this.#thread.ask({ baseline, candidate });
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
