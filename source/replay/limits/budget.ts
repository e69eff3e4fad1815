/** The part of a budget that is reserved for a call in flight. */
export type Reservation = { readonly nanos: number };

const nanosPerDollar = 1e9;

/**
 * Tracks the spending of a run. Amounts are in USD. While no call costs more than its reservation,
 * spent + reserved ≤ limit holds at every moment. Internally it counts whole billionths of a
 * dollar, rounded up, so sums do not drift.
 */
export class Budget {
  #limitNanos: number;
  readonly #whole: Budget | null;
  /** Open reservations, each with its counterpart in the shared budget. */
  readonly #open = new Map<Reservation, Reservation | null>();
  #spentNanos = 0;
  #reservedNanos = 0;

  /** Creates a budget of `limit` USD; null for no limit. */
  constructor(limit: number | null, whole: Budget | null = null) {
    this.#limitNanos = limitInNanos(limit);
    this.#whole = whole;
  }

  /**
   * Begins anew with another limit, in USD. What is reserved stays so, and counts when it is spent.
   */
  renew(limit: number): void {
    this.#limitNanos = limitInNanos(limit);
    this.#spentNanos = 0;
  }

  get spent(): number {
    return this.#spentNanos / nanosPerDollar;
  }

  get reserved(): number {
    return this.#reservedNanos / nanosPerDollar;
  }

  /** Whether nothing is reserved. An amount that does not fit now will then never fit. */
  get idle(): boolean {
    return this.#open.size === 0;
  }

  /**
   * Returns one run's share of a budget that several runs draw on at the same time, for example
   * when a pair is retried during a replay. An amount reserved or spent by one run is unavailable
   * to the others. `spent`, `reserved` and `idle` cover this share only: a run does not wait for
   * other runs to return their reservations.
   */
  share(): Budget {
    return new Budget(null, this);
  }

  /** Reserves the most that a call can cost; null if it does not fit. */
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

  /** Reserves all of these amounts; null, and none of them, if they do not fit together. */
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
   * Returns a reservation and records the actual cost, even if it exceeds the reservation: spending
   * is never understated. A reservation that was already settled is ignored.
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

const limitInNanos = (limit: number | null): number =>
  limit === null ? Number.POSITIVE_INFINITY : Math.floor(limit * nanosPerDollar);

const inNanos = (dollars: number): number => Math.max(0, Math.ceil(dollars * nanosPerDollar));
