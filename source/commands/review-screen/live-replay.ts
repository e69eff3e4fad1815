import type { LiveReplay, ReplayEvent } from '../../replay/replay-event.ts';
import type { Replay } from '../../replay/start-replay.ts';
import { shortProgressText } from '../texts/replay-progress.ts';

/**
 * Wraps a replay so that the review can watch it. The replay starts with the first subscriber, who
 * has listed the pairs by then, so no event is lost between the list and the first news. Its
 * progress is that of the named comparison or, without one, of all, after the verb.
 */
export const liveReplay = (
  start: (onEvent: (event: ReplayEvent) => void) => Replay,
  shown: {
    readonly verb: 'replaying' | 'following';
    /** Default: all comparisons. */
    readonly comparisonId?: string;
  } = { verb: 'replaying' },
): LiveReplay => {
  const listeners = new Set<(event: ReplayEvent) => void>();
  const finished = Promise.withResolvers<unknown>();
  let running: Replay | null = null;
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      if (running === null) {
        running = start((event) => {
          for (const listening of listeners) listening(event);
        });
        running.done.then(finished.resolve, finished.reject);
      }
      return () => listeners.delete(listener);
    },
    progress: () =>
      running === null
        ? ''
        : `${shown.verb} ${shortProgressText(running.progress(shown.comparisonId))}`,
    done: finished.promise,
  };
};
