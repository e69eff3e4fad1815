import type { PairView } from '../pair-view.ts';
import type { LiveTexts } from './live-calls.ts';

/** Pairs with the texts of their calls in flight. */
export type LiveView = {
  /** The same object while nothing changes that is seen. */
  readonly of: (captureId: string, stored: PairView) => PairView;
  /** No second is told any more. */
  readonly close: () => void;
};

/** `onSecond`: a pair waits for a time, which is now another one. */
export const createLiveView = (options: {
  readonly live: Pick<LiveTexts, 'of'>;
  readonly nowMs: () => number;
  readonly onSecond: () => void;
}): LiveView => {
  let last: { stored: PairView; live: PairView['live']; view: PairView } | null = null;
  let ticking: NodeJS.Timeout | null = null;

  /** What waits for a time is drawn anew every second, and nothing else is. */
  const tick = (): void => {
    ticking ??= setTimeout(() => {
      ticking = null;
      options.onSecond();
    }, 1000);
  };
  return {
    of(captureId, stored) {
      const live = options.live.of(captureId, options.nowMs());
      if (live.baseline === null && live.candidate === null) return stored;
      if (isWaiting(live)) tick();
      if (last?.stored !== stored || last.live !== live) {
        last = { stored, live, view: { ...stored, live } };
      }
      return last.view;
    },
    close() {
      if (ticking !== null) clearTimeout(ticking);
    },
  };
};

/** Whether a call of the pair is seen to wait for a time. */
const isWaiting = (live: PairView['live']): boolean =>
  [live.baseline, live.candidate].some((side) => side !== null && side.seconds !== null);
