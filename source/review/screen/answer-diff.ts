import { Worker } from 'node:worker_threads';
import { alignAnswers } from '../../comparison/alignment/align-answers.ts';
import type { Alignment } from '../../comparison/alignment/alignment.ts';
import { parseJsonAnswer } from '../../comparison/json/json-answer.ts';
import { fieldTable, type FieldTable } from '../../comparison/json/json-fields.ts';
import type { Answer } from '../../models/answer.ts';

/** The diff of two answers, as the views of the review need it. */
export type AnswerDiff = {
  /** Null if the answers could not be aligned; they are then shown as received. */
  readonly alignment: Alignment | null;
  /** Null unless both answers are JSON. */
  readonly fields: FieldTable | null;
  /** Why there is no alignment, as a phrase; null if there is one. */
  readonly refused: string | null;
};

/** Up to this size (see `pairSize`) a diff takes less time than drawing a frame. */
const smallPair = 8_192;

/** Beyond this size an alignment takes more memory than it is worth. */
const hugePair = 6_000_000;

/** The text and tool arguments of both sides in characters. */
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

/** The diff if it takes less time than a frame; else null. */
export const diffIfSmall = (baseline: Answer, candidate: Answer): AnswerDiff | null =>
  pairSize(baseline, candidate) <= smallPair ? diffAnswers(baseline, candidate) : null;

const withoutAlignment = (refused: string): AnswerDiff => ({
  alignment: null,
  fields: null,
  refused,
});

/** What the thread is asked; it answers with the same id and the diff. */
export type DiffRequest = {
  readonly id: number;
  readonly baseline: Answer;
  readonly candidate: Answer;
};

/** Runs `diffAnswers` in a thread, which starts with the first request. */
export class DiffThread {
  readonly #workerUrl: URL;
  readonly #waiting = new Map<number, (diff: AnswerDiff) => void>();
  #worker: Worker | null = null;
  #lastId = 0;

  /** `workerUrl`: the bundled comparison worker. */
  constructor(workerUrl: URL) {
    this.#workerUrl = workerUrl;
  }

  /** Never rejects: if the thread dies, the pair is shown without an alignment. */
  diff(baseline: Answer, candidate: Answer): Promise<AnswerDiff> {
    return new Promise((resolve) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, resolve);
      const worker = (this.#worker ??= this.#start());
      worker.ref();
      worker.postMessage({ id, baseline, candidate } satisfies DiffRequest);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    worker?.removeAllListeners();
    // An unreferenced thread would let the process end before the thread has.
    worker?.ref();
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#workerUrl);
    worker.on('message', ({ id, diff }: { readonly id: number; readonly diff: AnswerDiff }) => {
      this.#waiting.get(id)?.(diff);
      this.#waiting.delete(id);
      // An idle thread does not keep the process alive.
      if (this.#waiting.size === 0) worker.unref();
    });
    worker.on('error', (error: Error) => this.#lose(worker, error.message));
    worker.on('exit', (code) => this.#lose(worker, `the thread ended with code ${code}`));
    return worker;
  }

  /** A thread that died, most likely out of memory, takes its pairs with it and nothing else. */
  #lose(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const diff = withoutAlignment(`could not be aligned (${reason}): shown as received`);
    for (const resolve of this.#waiting.values()) resolve(diff);
    this.#waiting.clear();
  }
}
