/** The length of the window that limits are counted in. */
export const windowMs = 60_000;

/** Something that was counted, until it leaves the window. */
export type Counted = { readonly atMs: number; amount: number; gone: boolean };

/** How much has happened within the last 60 seconds, against a limit. Times are of one clock, in ms. */
export type SlidingWindow = {
  /**
   * When this much more fits beside what is counted: `nowMs` for at once. More than the whole limit
   * fits when nothing else is counted; otherwise it never would.
   */
  readonly fitsAt: (amount: number, nowMs: number) => number;
  /** Counts it; null without a limit, which costs no memory then. */
  readonly add: (amount: number, nowMs: number) => Counted | null;
  /** What was counted turns out to be more or less; in the same place of the window. */
  readonly correct: (counted: Counted, amount: number) => void;
  readonly limit: number | null;
  /** Another limit from here on; what was counted stays counted. */
  readonly limitTo: (limit: number | null) => void;
};

/** A log of what happened, exact for every window of 60 seconds, not only for those of the clock. */
export const createSlidingWindow = (initial: number | null): SlidingWindow => {
  let limit = initial;
  let log: Counted[] = [];
  let first = 0;
  let sum = 0;
  const forget = (nowMs: number): void => {
    for (;;) {
      const oldest = log[first];
      if (oldest === undefined || oldest.atMs + windowMs > nowMs) break;
      oldest.gone = true;
      sum -= oldest.amount;
      first++;
    }
    if (first > 1000 && first * 2 > log.length) {
      log = log.slice(first);
      first = 0;
    }
  };
  return {
    fitsAt(amount, nowMs) {
      if (limit === null) return nowMs;
      forget(nowMs);
      let over = sum + Math.min(amount, limit) - limit;
      for (let index = first; over > 0 && index < log.length; index++) {
        const counted = log[index];
        if (counted === undefined) break;
        over -= counted.amount;
        if (over <= 0) return counted.atMs + windowMs;
      }
      return nowMs;
    },
    add(amount, nowMs) {
      if (limit === null) return null;
      const counted = { atMs: nowMs, amount: Math.min(amount, limit), gone: false };
      log.push(counted);
      sum += counted.amount;
      return counted;
    },
    correct(counted, amount) {
      if (counted.gone) return;
      sum += amount - counted.amount;
      counted.amount = amount;
    },
    get limit() {
      return limit;
    },
    limitTo(next) {
      limit = next;
    },
  };
};
