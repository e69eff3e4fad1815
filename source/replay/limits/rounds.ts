export type RoundsOptions = {
  /** May call `run` and `wakeAt`. */
  readonly round: (nowMs: number) => void;
  readonly isOpen: () => boolean;
  /** The time of the next round regardless of `wakeAt`; Infinity for never. */
  readonly nextMs: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Called when `wakesAtMs` has changed. */
  readonly onWake: () => void;
};

/** Repeats a round until nothing new arrives during it, and tracks when the next one is due. */
export class Rounds {
  readonly #options: RoundsOptions;
  #soonestMs = Number.POSITIVE_INFINITY;
  #wakesAtMs: number | null = null;
  #isRunning = false;
  #isWanted = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** The time of the next round; null while only an event can require one. */
  get wakesAtMs(): number | null {
    return this.#wakesAtMs;
  }

  /** Runs a round now or, if called within a round, once more after it. */
  run(): void {
    const { isOpen, nextMs, now, onWake, round } = this.#options;
    this.#isWanted = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#isWanted && isOpen()) {
        this.#isWanted = false;
        this.#soonestMs = Number.POSITIVE_INFINITY;
        round(now());
      }
    } finally {
      this.#isRunning = false;
    }
    this.#soonestMs = Math.min(this.#soonestMs, nextMs());
    const next = isOpen() && Number.isFinite(this.#soonestMs) ? this.#soonestMs : null;
    if (next === this.#wakesAtMs) return;
    this.#wakesAtMs = next;
    onWake();
  }

  /** Schedules a round at this time. */
  wakeAt(ms: number): void {
    this.#soonestMs = Math.min(this.#soonestMs, ms);
  }
}
