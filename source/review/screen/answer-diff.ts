import { Worker } from 'node:worker_threads';
import { alignAnswers } from '../../comparison/alignment/align-answers.ts';
import type { Alignment } from '../../comparison/alignment/alignment.ts';
import { parseJsonAnswer } from '../../comparison/json/json-answer.ts';
import { fieldTable, type FieldTable } from '../../comparison/json/json-fields.ts';
import type { Answer } from '../../models/answer.ts';

/** Two answers set beside each other, as the views need them. */
export type SetBesideResult = {
  /** Null where the answers are too large to be aligned: they are shown as they came. */
  readonly alignment: Alignment | null;
  readonly fields: FieldTable | null;
  /** Why there is no alignment, as a sentence; null where there is one. */
  readonly refused: string | null;
};

/** The pure work: alignment, and the table of fields when both are JSON. */
export const setBeside = (baseline: Answer, candidate: Answer): SetBesideResult => {
  if (size(baseline) + size(candidate) > hugePair) {
    return {
      alignment: null,
      fields: null,
      refused: 'too large to be set beside each other: shown as they came, not compared',
    };
  }
  const left = parseJsonAnswer(baseline.text);
  const right = parseJsonAnswer(candidate.text);
  return {
    alignment: alignAnswers(baseline, candidate),
    refused: null,
    fields: left === null || right === null ? null : fieldTable(left.value, right.value),
  };
};

/** The same work without keeping a key waiting: small pairs at once, large ones in a thread. */
export type SetBeside = {
  /** The result when it costs next to nothing, else null. */
  readonly now: (baseline: Answer, candidate: Answer) => SetBesideResult | null;
  readonly later: (baseline: Answer, candidate: Answer) => Promise<SetBesideResult>;
  readonly close: () => Promise<void>;
};

/** Characters of both sides together up to which a pair costs less than a frame. */
const smallPair = 8_192;

/** Characters of both sides together from which an alignment costs more memory than it is worth. */
const hugePair = 6_000_000;

/** `workerUrl`: the bundled comparison worker. The thread is started with the first large pair. */
export const createSetBeside = (workerUrl: URL): SetBeside => {
  let worker: Worker | null = null;
  let asked = 0;
  const waiting = new Map<number, (result: SetBesideResult) => void>();
  // A thread that has died (out of memory, most likely) takes its pairs with it and nothing else.
  const failAll = (error: Error): void => {
    const refused = `could not be set beside each other (${error.message}): shown as they came`;
    for (const resolve of waiting.values()) resolve({ alignment: null, fields: null, refused });
    waiting.clear();
    worker = null;
  };
  const start = (): Worker => {
    const started = new Worker(workerUrl);
    started.on('message', (message: { id: number; result: SetBesideResult }) => {
      waiting.get(message.id)?.(message.result);
      waiting.delete(message.id);
      if (waiting.size === 0) started.unref();
    });
    started.on('error', failAll);
    worker = started;
    return started;
  };
  return {
    now: (baseline, candidate) =>
      size(baseline) + size(candidate) <= smallPair ? setBeside(baseline, candidate) : null,
    later: (baseline, candidate) =>
      new Promise((resolve) => {
        const id = ++asked;
        waiting.set(id, resolve);
        const target = worker ?? start();
        target.ref();
        target.postMessage({ id, baseline, candidate });
      }),
    close: async () => {
      const ending = worker;
      worker = null;
      // A thread that holds nothing up would let the process end before this does, and its last
      // message would make it one.
      ending?.removeAllListeners('message');
      ending?.ref();
      await ending?.terminate();
    },
  };
};

const size = (answer: Answer): number =>
  answer.toolCalls.reduce((sum, call) => sum + call.arguments.length, answer.text.length);
