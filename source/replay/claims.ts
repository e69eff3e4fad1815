import {
  listClaimants,
  releaseAllClaims,
  releaseClaims,
  removeClaimants,
  takeClaims,
  touchClaimant,
  type Claimant,
  type ClaimResult,
  type SharedSide,
} from '../store/side-claims.ts';
import type { Store } from '../store/open.ts';

/** The process of a run, as other processes identify it. */
export type WorkerProcess = {
  readonly host: string;
  readonly pid: number;
  /** When the process started, ms since the Unix epoch. */
  readonly startedAt: number;
  /** Whether a process of this machine exists. */
  readonly isAlive: (pid: number) => boolean;
};

/** The reason for not sending a side whose answer is requested in a batch. */
export const orderedReason = 'in a batch, no answer yet';

/** The reason for not sending a side that another run is sending. */
export const takenReason = 'another run is sending it';

/** The interval of a run's heartbeat. */
const touchMs = 15_000;

/** A run that has been silent for this long counts as ended, even if its process is alive. */
const silentMs = 60_000;

/** The dependencies of `Claims`. */
export type ClaimsOptions = {
  readonly store: Store;
  readonly worker: WorkerProcess;
  /** A new id for the run. */
  readonly newId: () => string;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** The time of day, ISO 8601 in UTC. */
  readonly at: () => string;
};

/**
 * The sides that one run has claimed in the store; no other run sends them. A claim ends when the answer
 * is stored, when it is released or when the run ends.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #self: Claimant;
  readonly #onError: (error: unknown) => void;
  /** The last heartbeat of each other run and when this run saw it, by its own clock. */
  readonly #heard = new Map<string, { readonly touchedAt: string; readonly seenMs: number }>();
  #timer: NodeJS.Timeout | null = null;
  #isShared = false;

  /** `onError` is called when a heartbeat fails. */
  constructor(options: ClaimsOptions, onError: (error: unknown) => void) {
    const { at, newId, worker } = options;
    this.#options = options;
    this.#onError = onError;
    this.#self = { id: newId(), host: worker.host, pid: worker.pid, startedAt: at() };
  }

  /** Whether this run has met another run in the store. */
  get isShared(): boolean {
    return this.#isShared;
  }

  /** Registers the run in the store and releases the claims of runs that have ended. */
  async open(): Promise<void> {
    const { at, store } = this.#options;
    await this.freeEnded();
    await touchClaimant(store, this.#self, at());
    this.#timer = setInterval(() => {
      touchClaimant(store, this.#self, at()).catch(this.#onError);
    }, touchMs);
    this.#timer.unref();
  }

  /** Records the run's heartbeat now; the run is then in the store, and may claim. Returns its id. */
  async touch(): Promise<string> {
    const { at, store } = this.#options;
    await touchClaimant(store, this.#self, at());
    return this.#self.id;
  }

  /** Claims sides, all in one write; one result for each, in the same order. */
  async take(sides: readonly SharedSide[]): Promise<readonly ClaimResult[]> {
    if (sides.length === 0) return [];
    const { at, store } = this.#options;
    const results = await takeClaims(store, this.#self, sides, at());
    this.#isShared ||= results.some(({ answered, taken }) => answered.length + taken.length > 0);
    return results;
  }

  /** Releases sides that this run will not send now. */
  async release(sides: readonly SharedSide[]): Promise<void> {
    if (sides.length > 0) await releaseClaims(this.#options.store, this.#self.id, sides);
  }

  async releaseAll(): Promise<void> {
    await releaseAllClaims(this.#options.store, this.#self.id);
  }

  /** Releases the claims of runs that ended without releasing them. */
  async freeEnded(): Promise<void> {
    const { now, store } = this.#options;
    const ended: string[] = [];
    for (const other of await listClaimants(store)) {
      if (other.id === this.#self.id) continue;
      this.#isShared = true;
      const heard = this.#heard.get(other.id);
      if (heard?.touchedAt !== other.touchedAt) {
        this.#heard.set(other.id, { touchedAt: other.touchedAt, seenMs: now() });
      }
      const isSilent = heard?.touchedAt === other.touchedAt && now() - heard.seenMs >= silentMs;
      if (isSilent || isDead(other, this.#options.worker)) ended.push(other.id);
    }
    if (ended.length > 0) await removeClaimants(store, ended);
  }

  /** Removes the run from the store, with all its claims. */
  async close(): Promise<void> {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    await removeClaimants(this.#options.store, [this.#self.id]);
  }
}

/** Returns whether the process of a run is known to have ended. */
const isDead = ({ host, pid, startedAt }: Claimant, worker: WorkerProcess): boolean => {
  if (host !== worker.host) return false;
  // A process with our own id that started earlier is a different one and has ended.
  if (pid === worker.pid) return Date.parse(startedAt) < worker.startedAt;
  return !worker.isAlive(pid);
};

/** Lists the runs of other processes that are making calls now. `nowMs`: the time of day. */
export const liveRuns = async (
  store: Store,
  worker: WorkerProcess,
  nowMs: number,
): Promise<readonly string[]> => {
  const others = await listClaimants(store);
  return others
    .filter((other) => nowMs - Date.parse(other.touchedAt) < silentMs && !isDead(other, worker))
    .map(({ id }) => id);
};
