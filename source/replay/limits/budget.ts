/** The part of a budget that is set aside for a call in flight. */
export type Reservation = { readonly nanos: number };

const nanosPerDollar = 1e9;

/**
 * What a run may spend. Amounts in and out are USD. As long as no call costs more than was set aside
 * for it, spent + reserved ≤ limit holds at every moment. It counts whole billionths of a dollar,
 * rounded up, so that no sum drifts.
 */
export class Budget {
  readonly #limitNanos: number;
  readonly #whole: Budget | null;
  /** Open reservations, each with its counterpart in the shared budget. */
  readonly #open = new Map<Reservation, Reservation | null>();
  #spentNanos = 0;
  #reservedNanos = 0;

  /** A budget of `limit` USD; null for no limit. */
  constructor(limit: number | null, whole: Budget | null = null) {
    this.#limitNanos =
      limit === null ? Number.POSITIVE_INFINITY : Math.floor(limit * nanosPerDollar);
    this.#whole = whole;
  }

  get spent(): number {
    return this.#spentNanos / nanosPerDollar;
  }

  get reserved(): number {
    return this.#reservedNanos / nanosPerDollar;
  }

  /** Whether nothing is set aside: then what does not fit now never will. */
  get idle(): boolean {
    return this.#open.size === 0;
  }

  /**
   * One run's part in a budget that several runs draw on at the same time, as when a pair is retried
   * while the others are still being sent. What one reserves or spends, the others cannot. `spent`,
   * `reserved` and `idle` are the part's own: a run does not wait for what another may return.
   */
  share(): Budget {
    return new Budget(null, this);
  }

  /** Sets aside the most that a call can cost; null when that does not fit. */
  reserve(atMost: number): Reservation | null {
    const nanos = inNanos(atMost);
    if (this.#spentNanos + this.#reservedNanos + nanos > this.#limitNanos) return null;
    const inWhole = this.#whole?.reserve(atMost) ?? null;
    if (this.#whole !== null && inWhole === null) return null;
    const reservation = { nanos };
    this.#reservedNanos += nanos;
    this.#open.set(reservation, inWhole);
    return reservation;
  }

  /** Sets aside all of these amounts; null, and none of them, when they do not fit together. */
  reserveAll(amounts: readonly number[]): readonly Reservation[] | null {
    const reservations: Reservation[] = [];
    for (const amount of amounts) {
      const reservation = this.reserve(amount);
      if (reservation === null) {
        for (const made of reservations) this.settle(made, 0);
        return null;
      }
      reservations.push(reservation);
    }
    return reservations;
  }

  /**
   * Returns a reservation and books what the call did cost, in full even above what was set aside:
   * what was spent is never understated. A reservation that was settled before is ignored.
   */
  settle(reservation: Reservation, cost: number): void {
    const inWhole = this.#open.get(reservation);
    if (inWhole === undefined) return;
    this.#open.delete(reservation);
    if (inWhole !== null) this.#whole?.settle(inWhole, cost);
    this.#reservedNanos -= reservation.nanos;
    this.#spentNanos += inNanos(cost);
  }
}

const inNanos = (dollars: number): number => Math.max(0, Math.ceil(dollars * nanosPerDollar));
