/** The length of the window in which limits are counted. */
export const windowMs = 60_000;

/** A counted amount, until it leaves the window. */
export type Counted = { readonly atMs: number; amount: number; gone: boolean };

/**
 * Measures usage within the last 60 seconds against a limit. It keeps a log, so it is exact for
 * every window of 60 seconds. Times are in ms, all of one clock.
 */
export class SlidingWindow {
  #limit: number | null;
  #log: Counted[] = [];
  #first = 0;
  #sum = 0;

  /** Null for no limit. */
  constructor(limit: number | null) {
    this.#limit = limit;
  }

  get limit(): number | null {
    return this.#limit;
  }

  /** Changes the limit. Existing entries still count. */
  limitTo(limit: number | null): void {
    this.#limit = limit;
  }

  /**
   * Returns when an amount fits into the window; `nowMs` means now. An amount above the whole limit
   * fits into an empty window, because otherwise it would never fit.
   */
  fitsAt(amount: number, nowMs: number): number {
    const limit = this.#limit;
    if (limit === null) return nowMs;
    this.#forget(nowMs);
    let over = this.#sum + Math.min(amount, limit) - limit;
    for (let index = this.#first; over > 0 && index < this.#log.length; index++) {
      const counted = this.#log[index];
      if (counted === undefined) break;
      over -= counted.amount;
      if (over <= 0) return counted.atMs + windowMs;
    }
    return nowMs;
  }

  /** Counts an amount. Returns null without a limit, because nothing needs to be recorded. */
  add(amount: number, nowMs: number): Counted | null {
    if (this.#limit === null) return null;
    const counted = { atMs: nowMs, amount: Math.min(amount, this.#limit), gone: false };
    this.#log.push(counted);
    this.#sum += counted.amount;
    return counted;
  }

  /** Corrects a counted amount, at its original time. */
  correct(counted: Counted, amount: number): void {
    if (counted.gone) return;
    this.#sum += amount - counted.amount;
    counted.amount = amount;
  }

  #forget(nowMs: number): void {
    for (;;) {
      const oldest = this.#log[this.#first];
      if (oldest === undefined || oldest.atMs + windowMs > nowMs) break;
      oldest.gone = true;
      this.#sum -= oldest.amount;
      this.#first++;
    }
    if (this.#first > 1000 && this.#first * 2 > this.#log.length) {
      this.#log = this.#log.slice(this.#first);
      this.#first = 0;
    }
  }
}
