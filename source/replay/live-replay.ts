import type { LiveReplay, ReplayEvent } from './event.ts';
import type { Replay, ReplayResult } from './replay.ts';
import { progressText } from '../commands/texts/replay-progress.ts';

/**
 * A replay that the review can watch. It starts with the first subscriber, who has listed the pairs
 * by then: no event is lost between the list and the first news. Its progress is that of the
 * comparison named or, without one, of all that it replays.
 */
export const liveReplay = (
  start: (on: (event: ReplayEvent) => void) => Replay,
  comparisonId?: string,
): LiveReplay & { readonly result: () => ReplayResult | null } => {
  const listeners = new Set<(event: ReplayEvent) => void>();
  const finished = Promise.withResolvers<ReplayResult>();
  let running: Replay | null = null;
  let result: ReplayResult | null = null;
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      if (running === null) {
        running = start((event) => {
          for (const listening of listeners) listening(event);
        });
        running.done.then((ended) => {
          result = ended;
          finished.resolve(ended);
        }, finished.reject);
      }
      return () => listeners.delete(listener);
    },
    progress: () =>
      running === null ? '' : `replaying ${progressText(running.progress(comparisonId))}`,
    done: finished.promise,
    result: () => result,
  };
};
