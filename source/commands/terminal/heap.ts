import { setFlagsFromString } from 'node:v8';

/**
 * The heap growth that triggers a collection, in per cent. V8's default waits for four times the
 * size.
 */
const growBy = '--heap-growing-percent=50';

/** Keeps the size of the young generation in threads that are already running. */
const fixYoungSpace = '--semi-space-growth-factor=1';

/**
 * Limits the heap of an import or a dry run, whose millions of records are short-lived. Saves 80 MB
 * in the benchmark of imports and 40 MB in a dry run over 1,000,000 captures, without a loss of
 * speed.
 */
export const keepHeapSmall = (): void => {
  setFlagsFromString(growBy);
  setFlagsFromString(fixYoungSpace);
};

/**
 * Limits the heap of a replay. Calls in flight outlive the young generation, so a long run with
 * many of them would fill hundreds of megabytes with garbage. The benchmark of 10,000 calls shows
 * it.
 */
export const keepHeapSteady = (): void => setFlagsFromString(growBy);

/**
 * Shortens the pauses of the recording proxy, where every stream waits while V8 collects young
 * objects. The young generation would grow to 16 MB, most of it alive with a thousand open streams,
 * and a pause took 20 ms. Threads that are started later begin with a large young generation:
 * nobody waits for the recording thread, and it then needs a quarter less processor time.
 */
export const keepPausesShort = (): void => {
  setFlagsFromString(fixYoungSpace);
  setFlagsFromString('--min-semi-space-size=8');
};
