/** Rounds that are gone through again until nothing has come meanwhile, and when the next one is due. */
export type Rounds = {
  /** Goes through a round now or, within one, once more after it. */
  readonly run: () => void;
  /** A round has something to do at this time. */
  readonly wakeAt: (ms: number) => void;
  /** When the next round is due by the same clock; null: not before something happens. */
  readonly wakesAtMs: number | null;
};

export const createRounds = (options: {
  /** May call `run`, directly or not, and `wakeAt`. */
  readonly round: (nowMs: number) => void;
  readonly isOpen: () => boolean;
  /** When something is due whatever the last round said; Infinity for never. */
  readonly nextMs: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** `wakesAtMs` has changed. */
  readonly onWake: () => void;
}): Rounds => {
  const { isOpen, nextMs, now, onWake, round } = options;
  let soonestMs = Number.POSITIVE_INFINITY;
  let wakesAtMs: number | null = null;
  let running = false;
  let again = false;
  return {
    run() {
      again = true;
      if (running) return;
      running = true;
      try {
        while (again && isOpen()) {
          again = false;
          soonestMs = Number.POSITIVE_INFINITY;
          round(now());
        }
      } finally {
        running = false;
      }
      soonestMs = Math.min(soonestMs, nextMs());
      const next = isOpen() && Number.isFinite(soonestMs) ? soonestMs : null;
      if (next === wakesAtMs) return;
      wakesAtMs = next;
      onWake();
    },
    wakeAt(ms) {
      soonestMs = Math.min(soonestMs, ms);
    },
    get wakesAtMs() {
      return wakesAtMs;
    },
  };
};
