/** The longest gap between two captures that is kept: nobody waits for the night to pass. */
export const longestGapMs = 60_000;

/** When captures are sent so that they come as they were recorded. */
export type Pace = {
  /**
   * Milliseconds to wait for the turn of a capture that was recorded at this time (ISO 8601). 0 for
   * one without a time, and for the first one.
   */
  readonly waitMs: (timestamp: string | null, nowMs: number) => number;
  /** It is being sent now. */
  readonly sent: (timestamp: string | null, nowMs: number) => void;
};

/**
 * Keeps the recorded gaps, divided by `speed` (> 0) and at most a minute each before that. A gap counts
 * from when the one before was sent: what the limits held up is not made up for by a burst that the
 * recording never had.
 */
export const createPace = (speed: number): Pace => {
  let before: { readonly recordedMs: number; readonly sentMs: number } | null = null;
  return {
    waitMs(timestamp, nowMs) {
      if (timestamp === null || before === null) return 0;
      const gapMs = Math.max(0, Date.parse(timestamp) - before.recordedMs);
      const dueMs = before.sentMs + Math.min(gapMs, longestGapMs) / speed;
      return Math.max(0, dueMs - nowMs);
    },
    sent(timestamp, nowMs) {
      if (timestamp === null) return;
      before = { recordedMs: Date.parse(timestamp), sentMs: nowMs };
    },
  };
};
