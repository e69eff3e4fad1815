import { setImmediate } from 'node:timers/promises';
import { beginCapture } from './begin-capture.ts';
import { claimedCaptures } from './claimed-captures.ts';
import { missingInRun, pendingCaptures, type PendingCapture } from './pending-captures.ts';
import type { ReplayRun } from './run.ts';

/** The interval at which a run checks what other processes have done. */
export const lookMs = 250;

/** Takes the answers that other runs gave, and sends what they gave up. */
export const answerAwaited = async (run: ReplayRun): Promise<void> => {
  await run.calls.claims.freeEnded();
  await dropAnswered(run);
  if (run.awaited.size === 0) return;
  await sendAll(run, { before: new Map(), chosen: [...run.awaited.keys()] });
};

/** Removes the pairs that another run has answered from the awaited ones. */
const dropAnswered = async (run: ReplayRun): Promise<void> => {
  for (const [captureId, comparisonIds] of run.awaited) {
    const missing = await missingInRun(run, captureId, null);
    for (const comparisonId of comparisonIds) {
      if (missing.some((one) => one.comparisonId === comparisonId)) continue;
      comparisonIds.delete(comparisonId);
      run.tally(comparisonId).doneInRun++;
    }
    if (comparisonIds.size === 0) run.awaited.delete(captureId);
  }
};

/** The longest gap between two captures that is reproduced: nobody waits for a night to pass. */
const longestGapMs = 60_000;

/**
 * Schedules captures at their recorded pace. It keeps the recorded gaps, at most a minute each,
 * divided by `speed` (> 0). A gap starts when the previous capture was sent, so a delay caused by
 * limits is not followed by a burst that the recording never had.
 */
export class RecordedPace {
  readonly #speed: number;
  #before: { readonly recordedMs: number; readonly sentMs: number } | null = null;

  constructor(speed: number) {
    this.#speed = speed;
  }

  /**
   * Returns the milliseconds to wait for a capture recorded at this time (ISO 8601); 0 for the
   * first capture and for one without a time.
   */
  waitMs(timestamp: string | null, nowMs: number): number {
    if (timestamp === null || this.#before === null) return 0;
    const { recordedMs, sentMs } = this.#before;
    const gapMs = Math.max(0, Date.parse(timestamp) - recordedMs);
    return Math.max(0, sentMs + Math.min(gapMs, longestGapMs) / this.#speed - nowMs);
  }

  /** Records that a capture is being sent now. */
  sent(timestamp: string | null, nowMs: number): void {
    if (timestamp === null) return;
    this.#before = { recordedMs: Date.parse(timestamp), sentMs: nowMs };
  }
}

/** Captures deferred because a model is paused, with their original due times, in ms. */
type Later = ReadonlyMap<string, number>;

/**
 * Sends the missing answers. Resolves, once all calls have ended, with the captures deferred to a
 * second pass. In the second pass (`before` holds the deferred captures and their due times), every
 * call waits as long as necessary. `chosen` restricts the pass to these captures; null sends all.
 */
export const sendAll = async (
  run: ReplayRun,
  { before, chosen }: { readonly before: Later | null; readonly chosen: readonly string[] | null },
): Promise<Later> => {
  const { options } = run;
  const pace = options.speed === null || before !== null ? null : new RecordedPace(options.speed);
  const later = new Map<string, number>();
  try {
    for (const index of options.comparisons.keys()) {
      await sendPending(run, pendingCaptures(run, index, chosen), { before, pace, later });
      if (run.calls.isEnding) return later;
      // Read the missing answers of the next comparison only now. It shares captures with this one,
      // so calls in flight would count as missing and be paid for twice.
      await run.calls.settled();
    }
  } finally {
    await run.calls.settled();
  }
  return later;
};

/**
 * Sends the missing answers of captures. Resolves when the last one was admitted, and not when it has ended;
 * `later` gets those that were deferred.
 */
export const sendPending = async (
  run: ReplayRun,
  pending: AsyncGenerator<PendingCapture, void, undefined>,
  sending: {
    readonly before: Later | null;
    readonly pace: RecordedPace | null;
    readonly later: Map<string, number>;
  },
): Promise<void> => {
  const { awaited, calls, options } = run;
  const { before, later, pace } = sending;
  for await (const claimed of claimedCaptures(run, pending)) {
    if (calls.isEnding) return;
    const { id, timestamp } = claimed.capture;
    if (claimed.awaited.size > 0) awaited.set(id, claimed.awaited);
    else awaited.delete(id);
    const nowMs = options.now();
    const waitMs = pace?.waitMs(timestamp, nowMs) ?? 0;
    if (waitMs > 0) await options.wait(waitMs, calls.ending);
    if (calls.isEnding) return;
    const dueMs = before?.get(id) ?? nowMs + waitMs;
    const { ended } = await beginCapture(run, claimed, { isPatient: before !== null, dueMs });
    pace?.sent(timestamp, options.now());
    calls.add(
      ended.then((end) => {
        if (end === 'later' && !later.has(id)) later.set(id, dueMs);
      }),
    );
    // The store answers without yielding to the event loop. Without this, a run of recorded
    // answers would block keys and redraws.
    await setImmediate();
  }
};
