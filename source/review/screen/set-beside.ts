import { Worker } from 'node:worker_threads';
import { alignAnswers } from '../../comparison/align.ts';
import type { Alignment } from '../../comparison/alignment.ts';
import { parseJsonAnswer } from '../../comparison/json-answer.ts';
import { fieldTable, type FieldTable } from '../../comparison/json-fields.ts';
import type { Answer } from '../../models/answer.ts';

/** Two answers set beside each other, as the views need them. */
export type SetBesideResult = {
  readonly alignment: Alignment;
  readonly fields: FieldTable | null;
};

/** The pure work: alignment, and the table of fields when both are JSON. */
export const setBeside = (baseline: Answer, candidate: Answer): SetBesideResult => {
  const left = parseJsonAnswer(baseline.text);
  const right = parseJsonAnswer(candidate.text);
  return {
    alignment: alignAnswers(baseline, candidate),
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

/** `workerUrl`: the bundled comparison worker. The thread is started with the first large pair. */
export const createSetBeside = (workerUrl: URL): SetBeside => {
  let worker: Worker | null = null;
  let asked = 0;
  const waiting = new Map<
    number,
    { resolve: (result: SetBesideResult) => void; reject: (error: unknown) => void }
  >();
  const failAll = (error: unknown): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    worker = null;
  };
  const start = (): Worker => {
    const started = new Worker(workerUrl);
    started.on('message', (message: { id: number; result: SetBesideResult }) => {
      waiting.get(message.id)?.resolve(message.result);
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
      new Promise((resolve, reject) => {
        const id = ++asked;
        waiting.set(id, { resolve, reject });
        const target = worker ?? start();
        target.ref();
        target.postMessage({ id, baseline, candidate });
      }),
    close: async () => {
      await worker?.terminate();
      worker = null;
    },
  };
};

const size = (answer: Answer): number =>
  answer.toolCalls.reduce((sum, call) => sum + call.arguments.length, answer.text.length);
