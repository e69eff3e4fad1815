import type { Model } from '../model.ts';

/** How long a call may take, in milliseconds; all but `idleMs` count from its sending. */
export type Deadlines = {
  /** To the first byte of the body: connecting, queueing and hidden thinking included. */
  readonly firstByteMs: number;
  /**
   * To the first sign of the model itself: text, refusal, tool call or reasoning. What only keeps the
   * connection open (comments, empty deltas, filter results) is none.
   */
  readonly firstTokenMs: number;
  /** Between two pieces of the body. */
  readonly idleMs: number;
  /** To the end of the answer. */
  readonly totalMs: number;
};

export const defaultDeadlines: Deadlines = {
  firstByteMs: 120_000,
  firstTokenMs: 180_000,
  idleMs: 60_000,
  totalMs: 600_000,
};

/** Some reasoning models think for many minutes and say nothing meanwhile. */
const reasoning: Deadlines = {
  firstByteMs: 600_000,
  firstTokenMs: 900_000,
  idleMs: 300_000,
  totalMs: 1_800_000,
};

/** Loading tens of gigabytes takes minutes. */
const loadingMs = 300_000;

/**
 * The deadlines for a model, where the user sets none: larger when it `reasons`, and to the first
 * token also when its server loads a model on the first call.
 */
export const deadlinesFor = (
  model: Extract<Model, { kind: 'live' }>,
  reasons: boolean,
): Deadlines => {
  const deadlines = reasons ? reasoning : defaultDeadlines;
  if (!model.provider.loadsOnFirstCall) return deadlines;
  return {
    ...deadlines,
    firstByteMs: Math.max(deadlines.firstByteMs, loadingMs),
    firstTokenMs: Math.max(deadlines.firstTokenMs, loadingMs),
  };
};

/** Why a call was cut off. */
export type CutOff = keyof Deadlines | 'interrupted';

export type Watch = {
  /** Aborted when a deadline has passed or the user has stopped the run. */
  readonly signal: AbortSignal;
  /** Called for every piece of the body. */
  readonly heard: () => void;
  /** Called when the model itself has shown a sign. */
  readonly lived: () => void;
  /** Which deadline has passed, or that the user stopped; null while the call may go on. */
  readonly cutOff: () => CutOff | null;
  /** Ends the watch; after it nothing is aborted any more. */
  readonly stop: () => void;
};

/** Starts the clocks of one call and follows the user's signal. */
export const watchCall = (deadlines: Deadlines, user: AbortSignal): Watch => {
  const controller = new AbortController();
  let reason: CutOff | null = null;
  const cut = (why: CutOff): void => {
    reason ??= why;
    controller.abort();
  };
  const interrupt = (): void => cut('interrupted');
  let silence = setTimeout(cut, deadlines.firstByteMs, 'firstByteMs');
  const total = setTimeout(cut, deadlines.totalMs, 'totalMs');
  const firstToken = setTimeout(cut, deadlines.firstTokenMs, 'firstTokenMs');
  let begun = false;
  user.addEventListener('abort', interrupt, { once: true });
  if (user.aborted) interrupt();
  return {
    signal: controller.signal,
    heard: () => {
      if (begun) {
        silence.refresh();
        return;
      }
      begun = true;
      clearTimeout(silence);
      silence = setTimeout(cut, deadlines.idleMs, 'idleMs');
    },
    lived: () => clearTimeout(firstToken),
    cutOff: () => reason,
    stop: () => {
      clearTimeout(silence);
      clearTimeout(firstToken);
      clearTimeout(total);
      user.removeEventListener('abort', interrupt);
    },
  };
};
