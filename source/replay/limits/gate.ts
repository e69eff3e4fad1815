import type { Budget, Reservation } from './budget.ts';

/** What a call, or the two calls of a pair, need before they may be sent. */
export type Admission = {
  /** The most that each call can cost, USD: one entry a call. */
  readonly atMost: readonly number[];
  /** A retry goes before what has not been sent yet, so that a pair that was begun is finished. */
  readonly retry: boolean;
};

/** One reservation a call, or why nothing may be sent any more. */
export type Admitted = readonly Reservation[] | 'budget reached' | 'closed';

/** Lets calls through, as many at once as the limits allow. */
export type Gate = {
  /** Resolves when every call of the admission may be sent, all of them at once. */
  admit(admission: Admission): Promise<Admitted>;
  /** A call has ended, and this is what it cost, USD. */
  leave(reservation: Reservation, cost: number): void;
  /** A call waits for its next try: it holds no place, but keeps new pairs from being begun. */
  park(): void;
  unpark(): void;
  /** Lets nothing through any more. */
  close(): void;
  readonly inFlight: number;
};

type Waiting = {
  readonly admission: Admission;
  readonly resolve: (admitted: Admitted) => void;
};

/**
 * A gate for `concurrency` calls in flight (a whole number ≥ 1) within a budget. Who comes first goes
 * first, retries before all others. An admission of more calls than `concurrency` never gets through
 * and throws. New pairs wait while as many calls wait for their next try as may be in flight: a
 * provider that turns everything away is not sent the rest of the queue as well.
 *
 * When the first in line does not fit into the budget, it waits for what is in flight to give back
 * what it did not use; when nothing is in flight, the budget is reached for good.
 */
export const createGate = (concurrency: number, budget: Budget): Gate => {
  const retries: Waiting[] = [];
  const begins: Waiting[] = [];
  let inFlight = 0;
  let parked = 0;
  let shut: 'budget reached' | 'closed' | null = null;

  const shutWith = (reason: 'budget reached' | 'closed'): void => {
    shut ??= reason;
    for (const waiting of [...retries.splice(0), ...begins.splice(0)]) waiting.resolve(shut);
  };

  const letThrough = (): void => {
    for (;;) {
      if (shut !== null) return;
      const line = retries.length > 0 ? retries : parked < concurrency ? begins : [];
      const [first] = line;
      if (first === undefined) return;
      const { atMost } = first.admission;
      if (inFlight + atMost.length > concurrency) return;
      const reservations = reserveAll(budget, atMost);
      if (reservations === null) {
        if (budget.idle) shutWith('budget reached');
        return;
      }
      line.shift();
      inFlight += atMost.length;
      first.resolve(reservations);
    }
  };

  return {
    admit(admission) {
      if (admission.atMost.length > concurrency) {
        throw new RangeError(`${admission.atMost.length} calls do not fit into ${concurrency}.`);
      }
      if (shut !== null) return Promise.resolve(shut);
      return new Promise((resolve) => {
        (admission.retry ? retries : begins).push({ admission, resolve });
        letThrough();
      });
    },
    leave(reservation, cost) {
      inFlight--;
      budget.settle(reservation, cost);
      letThrough();
    },
    park() {
      parked++;
    },
    unpark() {
      parked--;
      letThrough();
    },
    close() {
      shutWith('closed');
    },
    get inFlight() {
      return inFlight;
    },
  };
};

const reserveAll = (budget: Budget, amounts: readonly number[]): readonly Reservation[] | null => {
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
