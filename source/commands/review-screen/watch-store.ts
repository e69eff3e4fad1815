import type { Store } from '../../store/open.ts';

/** How often the store is asked whether another process has changed it. */
const everyMs = 1000;

/** Taking in a change may take this share of the time at most: a store that grows all the time is large. */
const share = 0.05;

/**
 * Calls `changed` after another process has changed the store since it had this version; the next
 * look is taken when that has resolved, and calls again where it resolved with false. What goes wrong is told, and the store asked again. Returns
 * the way to stop.
 */
export const watchStore = (
  store: Store,
  version: number,
  listener: {
    readonly changed: () => Promise<boolean>;
    readonly failed: (error: unknown) => void;
  },
): (() => void) => {
  let seen = version;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const look = async (): Promise<void> => {
    const startedMs = performance.now();
    try {
      const now = await store.engine.dataVersion();
      if (stopped) return;
      if (now !== seen && (await listener.changed())) seen = now;
    } catch (error) {
      if (!stopped) listener.failed(error);
    }
    wait(Math.max(everyMs, (performance.now() - startedMs) / share));
  };
  const wait = (ms: number): void => {
    if (!stopped) timer = setTimeout(() => void look(), ms);
  };
  wait(everyMs);
  return () => {
    stopped = true;
    if (timer !== null) clearTimeout(timer);
  };
};
