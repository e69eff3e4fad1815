// Runs in a thread of its own: sets two answers beside each other, so that no key waits for a diff.
import { parentPort } from 'node:worker_threads';
import type { Answer } from '../models/answer.ts';
import { setBeside } from './screen/answer-diff.ts';

parentPort?.on('message', (message: { id: number; baseline: Answer; candidate: Answer }) => {
  parentPort?.postMessage({
    id: message.id,
    result: setBeside(message.baseline, message.candidate),
  });
});
