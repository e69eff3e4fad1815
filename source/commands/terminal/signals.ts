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
