import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * The heap growth that triggers a collection, in per cent. V8's default waits for four times the
 * size.
 */
const growBy = '--heap-growing-percent=50';

/** Keeps the size of the young generation in threads that are already running. */
const fixYoungSpace = '--semi-space-growth-factor=1';

/**
 * For an import and a dry run, where records come by the million and live for a moment. Saves 80 MB in
 * the benchmark of imports and 40 MB in a dry run over 1,000,000 captures, at no cost in speed. Each thread
 * collects its own young objects, because helpers have no processor of their own while two threads work;
 * threads that are started later get more room for them.
 */
export const keepHeapSmall = (): void => {
  setFlagsFromString(growBy);
  setFlagsFromString(fixYoungSpace);
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--min-semi-space-size=4');
};

/** For what follows an import in the same program. */
export const endKeepingHeapSmall = (): void => {
  setFlagsFromString('--semi-space-growth-factor=2');
  setFlagsFromString('--parallel-scavenge');
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

/**
 * Returns a function that collects young objects, for moments in which nobody waits. In a review, every
 * second or third frame would otherwise wait for it for 3 to 6 ms.
 */
export const youngCollection = (): (() => void) => {
  // Contexts have the function only if they are created while the flag is set.
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return () => {
    if (typeof collect === 'function') Reflect.apply(collect, undefined, [{ type: 'minor' }]);
  };
};
