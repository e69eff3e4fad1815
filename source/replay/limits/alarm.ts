/** Wakes something up when it asks for it. */
export type Alarm = {
  /** Looks again at when to ring. */
  readonly set: () => void;
  readonly stop: () => void;
};

/**
 * Calls `ring` when the clock has reached what `atMs` says, again and again; null is never. A wait
 * that ends early, as timers do, or late, as after a sleep of the machine, does no harm: the clock is
 * what counts.
 */
export const createAlarm = (options: {
  readonly atMs: () => number | null;
  readonly ring: () => void;
  readonly now: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}): Alarm => {
  let armed: { readonly atMs: number; readonly controller: AbortController } | null = null;
  let stopped = false;
  const set = (): void => {
    const atMs = options.atMs();
    // One that rings too early costs less than one that is set anew at every call.
    if (stopped || atMs === null || (armed !== null && armed.atMs <= atMs)) return;
    armed?.controller.abort();
    const mine = { atMs, controller: new AbortController() };
    armed = mine;
    const ms = Math.max(0, Math.ceil(atMs - options.now()));
    void options.wait(ms, mine.controller.signal).then(() => {
      if (armed !== mine) return;
      armed = null;
      options.ring();
      set();
    });
  };
  return {
    set,
    stop() {
      stopped = true;
      armed?.controller.abort();
      armed = null;
    },
  };
};
