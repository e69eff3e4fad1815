import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * The heap growth that triggers a collection, in per cent. V8's default waits for four times the
 * size.
 */
const growBy = '--heap-growing-percent=50';

/** Keeps the size of the young generation in threads that are already running. */
const fixYoungSpace = '--semi-space-growth-factor=1';

/** V8's own setting. */
const growYoungSpace = '--semi-space-growth-factor=2';

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
  setFlagsFromString(growYoungSpace);
  setFlagsFromString('--parallel-scavenge');
};

/**
 * Limits the heap of a replay and of a review. Calls in flight outlive the young generation, so a long run with
 * many of them would fill hundreds of megabytes with garbage, as the benchmark of 10,000 calls shows. So do the
 * pages of pairs while a review counts the patterns of a million.
 */
export const keepHeapSteady = (): void => setFlagsFromString(growBy);

/**
 * The size up to which the young generation of the recording proxy grows, and how often this is looked
 * at. It shrinks again while there is little to do.
 */
const youngSpace = { bytes: 2 * 1024 * 1024, everyMs: 100 };

/**
 * Shortens the pauses of the recording proxy, where every stream waits while V8 collects young
 * objects. The young generation would grow to 16 MB, most of it alive with a thousand open streams,
 * and a pause took 20 ms. In 1 MB, with which V8 begins, 64 calls in flight have no room: most of their
 * objects were copied, which took an eighth of the time of the thread. Threads that are started later begin
 * with a large young generation: nobody waits for the recording thread, and it then needs a quarter
 * less processor time.
 */
export const keepPausesShort = (): void => {
  setFlagsFromString('--min-semi-space-size=8');
  limitYoungSpace();
  setInterval(limitYoungSpace, youngSpace.everyMs).unref();
};

/** V8 takes a limit only when it starts; the factor by which it enlarges the space may change. */
const limitYoungSpace = (): void =>
  setFlagsFromString(youngSpaceBytes() < youngSpace.bytes ? growYoungSpace : fixYoungSpace);

/** How much the young generation of this thread holds before it is collected. */
const youngSpaceBytes = (): number => {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return space === undefined ? 0 : space.space_used_size + space.space_available_size;
};
