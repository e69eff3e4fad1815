/** How long a call may take, in milliseconds. */
export type Deadlines = {
  /** From sending to the first byte of the body: connecting, queueing and hidden thinking included. */
  readonly firstByteMs: number;
  /** Between two pieces of the body. */
  readonly idleMs: number;
  /** From sending to the end of the answer. */
  readonly totalMs: number;
};

export const defaultDeadlines: Deadlines = {
  firstByteMs: 120_000,
  idleMs: 60_000,
  totalMs: 600_000,
};

/** Why a call was cut off. */
export type CutOff = keyof Deadlines | 'interrupted';

export type Watch = {
  /** Aborted when a deadline has passed or the user has stopped the run. */
  readonly signal: AbortSignal;
  /** Called for every piece of the body. */
  readonly heard: () => void;
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
    cutOff: () => reason,
    stop: () => {
      clearTimeout(silence);
      clearTimeout(total);
      user.removeEventListener('abort', interrupt);
    },
  };
};
