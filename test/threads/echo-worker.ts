// A thread for test/threads/thread.test.ts that follows instructions.
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { UserError } from '../../source/text/user-error.ts';
import { answerQuestions, sendNotice, type ThreadAnswer } from '../../source/threads/thread.ts';

export type EchoQuestion =
  | { readonly kind: 'echo'; readonly value: unknown; readonly afterMs?: number }
  | { readonly kind: 'return'; readonly buffer: ArrayBuffer }
  | { readonly kind: 'notice'; readonly notice: string }
  | { readonly kind: 'fail' | 'mistake' | 'exit' | 'crash' | 'crash by mistake' | 'hang' | 'grow' };

const never = (): Promise<never> => new Promise(() => {});

const crash = (error: Error): Promise<never> => {
  setImmediate(() => {
    throw error;
  });
  return never();
};

/** Allocates until V8 ends the thread. */
const grow = (kept: unknown[] = []): never => {
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
};

const respond = async (question: EchoQuestion): Promise<ThreadAnswer<unknown>> => {
  switch (question.kind) {
    case 'echo':
      await sleep(question.afterMs ?? 0);
      return { answer: [workerData, question.value] };
    case 'return': {
      new Uint8Array(question.buffer)[0] = 7;
      return { answer: question.buffer, transferred: [question.buffer] };
    }
    case 'notice':
      sendNotice(question.notice);
      return { answer: null };
    case 'fail':
      throw new RangeError('a bug');
    case 'mistake':
      throw new UserError('The file is missing.');
    case 'exit':
      return process.exit(0);
    case 'crash':
      return crash(new Error('out of order'));
    case 'crash by mistake':
      return crash(new UserError('The disk is full.'));
    case 'hang':
      return never();
    case 'grow':
      return grow();
  }
};

answerQuestions(respond);
