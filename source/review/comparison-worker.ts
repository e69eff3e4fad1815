// The entry of the thread that aligns large answers, so that no key waits for a diff.
import { parentPort } from 'node:worker_threads';
import { diffAnswers, type DiffRequest } from './screen/answer-diff.ts';

parentPort?.on('message', ({ id, baseline, candidate }: DiffRequest) => {
  parentPort?.postMessage({ id, diff: diffAnswers(baseline, candidate) });
});
