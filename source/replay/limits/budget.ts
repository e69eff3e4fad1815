/** Part of the budget that is set aside for a call in flight. */
export type Reservation = { readonly nanos: number };

/** What a run may spend. Amounts in and out are USD. */
export type Budget = {
  /**
   * Sets the most that something can cost aside. Null when it does not fit beside what was spent and
   * what is set aside already.
   */
  reserve(atMost: number): Reservation | null;
  /**
   * Gives a reservation back and books what the call did cost. A cost above what was set aside is
   * booked as it is: what was spent is never shown smaller than it was.
   */
  settle(reservation: Reservation, cost: number): void;
  readonly spent: number;
  readonly reserved: number;
  /** Whether nothing is set aside: then what does not fit now never will. */
  readonly idle: boolean;
};

const nanosPerDollar = 1e9;

/**
 * A budget of `limit` USD; null for no limit. While no call costs more than was set aside for it,
 * spent + reserved ≤ limit holds at every moment. It counts in whole billionths of a dollar, rounded
 * against the spender, so that no sum drifts.
 */
export const createBudget = (limit: number | null): Budget => {
  const limitNanos = limit === null ? Number.POSITIVE_INFINITY : Math.floor(limit * nanosPerDollar);
  let spent = 0;
  let reserved = 0;
  const open = new Set<Reservation>();
  return {
    reserve(atMost) {
      const nanos = inNanos(atMost);
      if (spent + reserved + nanos > limitNanos) return null;
      const reservation = { nanos };
      reserved += nanos;
      open.add(reservation);
      return reservation;
    },
    settle(reservation, cost) {
      if (!open.delete(reservation)) return;
      reserved -= reservation.nanos;
      spent += inNanos(cost);
    },
    get spent() {
      return spent / nanosPerDollar;
    },
    get reserved() {
      return reserved / nanosPerDollar;
    },
    get idle() {
      return open.size === 0;
    },
  };
};

/**
 * One run's part in a budget that several runs have at the same time (a pair is tried again while the
 * others are still sent): what one spends or sets aside, the others cannot. `spent`, `reserved` and
 * `idle` are the part's own: a run does not wait for what another one may give back.
 */
export const shareOf = (budget: Budget): Budget => {
  const own = createBudget(null);
  const open = new Map<Reservation, Reservation>();
  return {
    reserve(atMost) {
      const whole = budget.reserve(atMost);
      const reservation = whole === null ? null : own.reserve(atMost);
      if (whole !== null && reservation !== null) open.set(reservation, whole);
      return reservation;
    },
    settle(reservation, cost) {
      const whole = open.get(reservation);
      if (whole === undefined) return;
      open.delete(reservation);
      budget.settle(whole, cost);
      own.settle(reservation, cost);
    },
    get spent() {
      return own.spent;
    },
    get reserved() {
      return own.reserved;
    },
    get idle() {
      return own.idle;
    },
  };
};

const inNanos = (dollars: number): number => Math.max(0, Math.ceil(dollars * nanosPerDollar));

/** Sets all of these amounts aside, or none of them: null. */
export const reserveAll = (
  budget: Budget,
  amounts: readonly number[],
): readonly Reservation[] | null => {
  const reservations: Reservation[] = [];
  for (const amount of amounts) {
    const reservation = budget.reserve(amount);
    if (reservation === null) {
      for (const made of reservations) budget.settle(made, 0);
      return null;
    }
    reservations.push(reservation);
  }
  return reservations;
};
