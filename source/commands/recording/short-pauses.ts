import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the pauses short in which V8 collects young objects, since every stream waits for them: the
 * space of young objects does not grow, so that there is never much in it to move. It would grow to
 * 16 MB otherwise, and with a thousand open streams most of that is alive; a pause took 20 ms. The
 * work is not spread over threads, which wait for each other where calls need all processors.
 */
export const keepPausesShort = (): void => {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--no-parallel-scavenge');
};
