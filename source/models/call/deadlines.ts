import type { Model } from '../model.ts';

/** The deadlines of a call, in milliseconds. All but `idleMs` count from the moment it is sent. */
export type Deadlines = {
  /**
   * Until the first byte of the body, including connecting, queueing and hidden reasoning; in the Responses
   * API, whose first bytes say nothing, until the model itself produces output.
   */
  readonly firstByteMs: number;
  /**
   * Until the model itself produces output: text, a refusal, a tool call or reasoning. Data that
   * only keeps the connection open (comments, empty deltas, filter results) does not count.
   */
  readonly firstTokenMs: number;
  /** Between two pieces of the body. */
  readonly idleMs: number;
  /** Until the end of the answer. */
  readonly totalMs: number;
};

export const defaultDeadlines: Deadlines = {
  firstByteMs: 120_000,
  firstTokenMs: 180_000,
  idleMs: 60_000,
  totalMs: 600_000,
};

/** Some reasoning models think for many minutes without sending anything. */
const reasoningDeadlines: Deadlines = {
  firstByteMs: 600_000,
  firstTokenMs: 900_000,
  idleMs: 300_000,
  totalMs: 1_800_000,
};

/** Loading tens of gigabytes takes minutes. */
const loadingMs = 300_000;

/**
 * Returns the default deadlines of a model. They are longer if the model `reasons`; the deadline
 * for the first token is also longer if its server loads the model on the first call.
 */
export const deadlinesFor = (
  model: Extract<Model, { kind: 'live' }>,
  reasons: boolean,
): Deadlines => {
  const deadlines = reasons ? reasoningDeadlines : defaultDeadlines;
  if (!model.provider.loadsOnFirstCall) return deadlines;
  return {
    ...deadlines,
    firstByteMs: Math.max(deadlines.firstByteMs, loadingMs),
    firstTokenMs: Math.max(deadlines.firstTokenMs, loadingMs),
  };
};

/** The reason why a call was aborted. */
export type CutOff = keyof Deadlines | 'interrupted';

/** Watches the deadlines of one call and the user's abort signal. */
export class CallWatch {
  readonly #controller = new AbortController();
  readonly #deadlines: Deadlines;
  readonly #user: AbortSignal;
  readonly #totalTimer: NodeJS.Timeout;
  readonly #firstTokenTimer: NodeJS.Timeout;
  #silenceTimer: NodeJS.Timeout;
  #hasBegun = false;
  #cutOff: CutOff | null = null;

  /** Starts the timers. */
  constructor(deadlines: Deadlines, user: AbortSignal) {
    this.#deadlines = deadlines;
    this.#user = user;
    this.#silenceTimer = setTimeout(this.#cut, deadlines.firstByteMs, 'firstByteMs');
    this.#totalTimer = setTimeout(this.#cut, deadlines.totalMs, 'totalMs');
    this.#firstTokenTimer = setTimeout(this.#cut, deadlines.firstTokenMs, 'firstTokenMs');
    user.addEventListener('abort', this.#interrupt, { once: true });
    if (user.aborted) this.#interrupt();
  }

  /** Aborted when a deadline passes or the user stops the run. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The deadline that passed first, or the user's abort; null if neither happened. */
  get cutOff(): CutOff | null {
    return this.#cutOff;
  }

  /** Records a chunk of the body; call it for every chunk. */
  noteBytes(): void {
    if (this.#hasBegun) {
      this.#silenceTimer.refresh();
      return;
    }
    this.#hasBegun = true;
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(this.#cut, this.#deadlines.idleMs, 'idleMs');
  }

  /** Records that the model itself has produced output. */
  noteToken(): void {
    clearTimeout(this.#firstTokenTimer);
  }

  /** Stops the timers; nothing is aborted afterwards. */
  stop(): void {
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#firstTokenTimer);
    clearTimeout(this.#totalTimer);
    this.#user.removeEventListener('abort', this.#interrupt);
  }

  readonly #cut = (reason: CutOff): void => {
    this.#cutOff ??= reason;
    this.#controller.abort();
  };

  readonly #interrupt = (): void => this.#cut('interrupted');
}
