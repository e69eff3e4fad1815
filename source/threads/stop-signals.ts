/** The signals that ask a program to stop: Ctrl-C, SIGTERM, a closed terminal. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopSignal = (typeof stopSignals)[number];

/**
 * Calls `listener` for every such signal with its number, starting at 1. Returns a function that
 * stops it.
 */
export const onStopSignal = (
  listener: (signal: StopSignal, number: number) => void,
): (() => void) => {
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
