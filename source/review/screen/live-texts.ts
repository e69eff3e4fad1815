import type { Side } from '../../comparison/outcome.ts';
import type { LiveSide } from '../pair-view.ts';

const none: Readonly<Record<Side, LiveSide | null>> = { baseline: null, candidate: null };

/**
 * The texts of calls in flight, by capture and side. What has ended stays until it is dropped: by then
 * the pair has been loaded from the store.
 */
export type LiveTexts = {
  readonly of: (captureId: string) => Readonly<Record<Side, LiveSide | null>>;
  readonly set: (captureId: string, side: Side, change: Partial<LiveSide>) => void;
  readonly add: (captureId: string, side: Side, text: string) => void;
  readonly end: (captureId: string, side: Side) => void;
  readonly dropEnded: () => void;
};

export const createLiveTexts = (): LiveTexts => {
  const sides = new Map<string, Readonly<Record<Side, LiveSide | null>>>();
  const ended: { captureId: string; side: Side; live: LiveSide }[] = [];
  const idle: LiveSide = { text: '', state: 'sent', retry: null };
  const put = (captureId: string, side: Side, live: LiveSide | null): void => {
    const next = { ...(sides.get(captureId) ?? none), [side]: live };
    if (next.baseline === null && next.candidate === null) sides.delete(captureId);
    else sides.set(captureId, next);
  };
  const get = (captureId: string, side: Side): LiveSide => sides.get(captureId)?.[side] ?? idle;
  return {
    of: (captureId) => sides.get(captureId) ?? none,
    set: (captureId, side, change) => put(captureId, side, { ...get(captureId, side), ...change }),
    add: (captureId, side, text) => {
      const live = get(captureId, side);
      put(captureId, side, { text: live.text + text, state: 'streaming', retry: null });
    },
    end: (captureId, side) => void ended.push({ captureId, side, live: get(captureId, side) }),
    dropEnded: () => {
      for (const { captureId, side, live } of ended.splice(0)) {
        // A retry may have begun meanwhile.
        if (sides.get(captureId)?.[side] === live) put(captureId, side, null);
      }
    },
  };
};
