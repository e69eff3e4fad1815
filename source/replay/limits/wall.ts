import type { FailureReason } from '../../models/answer.ts';

/** What is the same for every call of a side: the key, the account, the name, the way to the server. */
const lasting: ReadonlySet<FailureReason> = new Set([
  'unauthorized',
  'no_credit',
  'not_found',
  'connection',
]);

/** What may concern one request only: the request itself, or the user's own hand. */
const ofTheRequest: ReadonlySet<FailureReason> = new Set(['rejected', 'too_large', 'interrupted']);

const lastingLimit = 5;
const passingLimit = 25;

/** Whether it still makes sense to send anything to a side. */
export type Wall = {
  /** A call was answered. */
  answered(): void;
  /** A call failed and is not tried again. */
  failed(reason: FailureReason): void;
  /** Why nothing more is sent, null while something is. It never becomes null again. */
  readonly stopped: FailureReason | null;
};

/**
 * Keeps ten thousand calls from running into a wall. A side stops after 5 calls in a row that failed
 * for what is the same for all of them (no key, no money, no such model, no connection), or 25 in a
 * row that the server failed otherwise, every retry included. An answer in between starts the count
 * anew; a request that was refused for its own sake does not count.
 */
export const createWall = (): Wall => {
  let lastingInARow = 0;
  let failuresInARow = 0;
  let stopped: FailureReason | null = null;
  return {
    answered() {
      lastingInARow = 0;
      failuresInARow = 0;
    },
    failed(reason) {
      if (stopped !== null || ofTheRequest.has(reason)) return;
      failuresInARow++;
      lastingInARow = lasting.has(reason) ? lastingInARow + 1 : 0;
      if (lastingInARow >= lastingLimit || failuresInARow >= passingLimit) stopped = reason;
    },
    get stopped() {
      return stopped;
    },
  };
};
