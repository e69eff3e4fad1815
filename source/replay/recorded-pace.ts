/** The longest gap between two captures that is reproduced: nobody waits for a night to pass. */
export const longestGapMs = 60_000;

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
