/**
 * Resolves after the given milliseconds (at most 24 days), or immediately when the signal is
 * aborted.
 */
export const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    // A delay of more than 31 bits of milliseconds would fire immediately.
    const timer = setTimeout(end, Math.min(ms, 2 ** 31 - 1));
    signal.addEventListener('abort', end);
  });

export type AlarmOptions = {
  /** The time to ring; null for never. */
  readonly atMs: () => number | null;
  readonly ring: () => void;
  readonly now: () => number;
  readonly wait: typeof wait;
};

/**
 * Calls `ring` when the clock reaches `atMs`. The clock decides, so a timer that fires early, or
 * late because the machine slept, is harmless.
 */
export class Alarm {
  readonly #options: AlarmOptions;
  #armed: { readonly atMs: number; readonly controller: AbortController } | null = null;
  #isStopped = false;

  constructor(options: AlarmOptions) {
    this.#options = options;
  }

  /** Rearms the alarm from `atMs`. */
  set(): void {
    const { now, ring, wait: waitFor } = this.#options;
    const atMs = this.#options.atMs();
    // Ringing too early is cheaper than rearming at every call.
    const isEarlyEnough = atMs !== null && this.#armed !== null && this.#armed.atMs <= atMs;
    if (this.#isStopped || atMs === null || isEarlyEnough) return;
    this.#armed?.controller.abort();
    const armed = { atMs, controller: new AbortController() };
    this.#armed = armed;
    const ms = Math.max(0, Math.ceil(atMs - now()));
    void waitFor(ms, armed.controller.signal).then(() => {
      if (this.#armed !== armed) return;
      this.#armed = null;
      ring();
      this.set();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#armed?.controller.abort();
    this.#armed = null;
  }
}
