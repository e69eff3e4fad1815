/** A wish of the user to stop. */
export type Interrupt = {
  readonly signal: AbortSignal;
  /** Ctrl-C means again what it means to Node. */
  readonly release: () => void;
};

/**
 * Turns the first Ctrl-C (or SIGTERM, or a closed terminal) into an aborted signal; the second one
 * quits at once, with exit code 130. The store is safe in either case.
 */
export const catchInterrupt = (): Interrupt => {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const name of names) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.removeListener(name, stop);
    },
  };
};
