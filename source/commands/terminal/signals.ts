import { onStopSignal, type StopSignal } from '../../threads/stop-signals.ts';

/** A user's request to stop. */
export type Interrupt = {
  readonly signal: AbortSignal;
  /** Stops handling the signals; Node then ends the process for them. */
  readonly release: () => void;
};

/**
 * Aborts `signal` at the first Ctrl-C, SIGTERM or closed terminal. A second one ends the process at
 * once with exit code 130; the store is safe in either case.
 */
export const catchInterrupt = (): Interrupt => {
  const controller = new AbortController();
  const release = onStopSignal((_, number) => {
    if (number > 1) process.exit(130);
    controller.abort();
  });
  return { signal: controller.signal, release };
};

/** A user's request to stop calls: first to send no more, then also not to wait for those in flight. */
export type CallInterrupt = {
  /** Aborted at the first Ctrl-C, SIGTERM or closed terminal. */
  readonly ending: AbortSignal;
  /** Aborted at the second one. */
  readonly signal: AbortSignal;
  readonly release: () => void;
};

/** Like `catchInterrupt`, but the calls in flight may end before the third one ends the process. */
export const catchCallInterrupt = (): CallInterrupt => {
  const [ending, stopping] = [new AbortController(), new AbortController()];
  const release = onStopSignal((_, number) => {
    if (number > 2) process.exit(130);
    (number === 1 ? ending : stopping).abort();
  });
  return { ending: ending.signal, signal: stopping.signal, release };
};

/**
 * Resolves to the first Ctrl-C (SIGINT), SIGTERM or closed terminal (SIGHUP). Each further one
 * calls `onAgain` with the total number of signals.
 */
export const nextStopSignal = (onAgain: (times: number) => void): Promise<StopSignal> =>
  new Promise((resolve) => {
    onStopSignal((signal, number) => {
      if (number === 1) resolve(signal);
      else onAgain(number);
    });
  });
