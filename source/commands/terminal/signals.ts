/** The signals that ask a program to stop: Ctrl-C, SIGTERM, a closed terminal. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type StopSignal = (typeof stopSignals)[number];

/**
 * Calls `listener` for every such signal with its number, starting at 1. Returns a function that
 * stops it.
 */
const onStopSignal = (listener: (signal: StopSignal, number: number) => void): (() => void) => {
  let number = 0;
  const handle = (signal: NodeJS.Signals): void => {
    number += 1;
    const name = stopSignals.find((known) => known === signal);
    if (name !== undefined) listener(name, number);
  };
  for (const name of stopSignals) process.on(name, handle);
  return () => {
    for (const name of stopSignals) process.removeListener(name, handle);
  };
};

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
