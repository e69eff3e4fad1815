export type RoundsOptions = {
  /** May call `run` and `wakeAt`. */
  readonly round: (nowMs: number) => void;
  readonly isOpen: () => boolean;
  /** When the next round is due regardless of `wakeAt`; Infinity for never. */
  readonly nextMs: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Called when `wakesAtMs` has changed. */
  readonly onWake: () => void;
};

/** Repeats a round until nothing new arrived during it, and knows when the next one is due. */
export class Rounds {
  readonly #options: RoundsOptions;
  #soonestMs = Number.POSITIVE_INFINITY;
  #wakesAtMs: number | null = null;
  #isRunning = false;
  #isWanted = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** When the next round is due; null while only an event makes one necessary. */
  get wakesAtMs(): number | null {
    return this.#wakesAtMs;
  }

  /** Makes a round now or, from within a round, one more after it. */
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

  /** Asks for a round at this time. */
  wakeAt(ms: number): void {
    this.#soonestMs = Math.min(this.#soonestMs, ms);
  }
}
