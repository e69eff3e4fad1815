import { sides, type Side } from '../../comparison/outcome.ts';
import type { LiveSide } from '../pair-view.ts';

type LiveSides = Readonly<Record<Side, LiveSide | null>>;

const none: LiveSides = { baseline: null, candidate: null };

/** A call as the replay tells of it. */
type Told = Pick<LiveSide, 'text' | 'state' | 'reason'> & {
  /** When it goes on, by the clock of the review; null where nobody knows. */
  readonly untilMs: number | null;
};

/** A model that nothing is sent to for now. */
type Pause = { readonly reason: string; readonly untilMs: number };

/**
 * What the calls of pairs are doing, with their texts so far, by capture and side. What has ended stays
 * until it is dropped: by then the pair has been loaded from the store.
 */
export type LiveTexts = {
  /** As it is at this moment; the same object while nothing changes that is seen. */
  readonly of: (captureId: string, nowMs: number) => LiveSides;
  readonly set: (captureId: string, side: Side, change: Partial<Told>) => void;
  readonly add: (captureId: string, side: Side, text: string) => void;
  readonly end: (captureId: string, side: Side) => void;
  /** The model of a side is paused, or (null) goes on. */
  readonly pause: (side: Side, pause: Pause | null) => void;
  readonly dropEnded: () => void;
};

const idle: Told = { text: '', state: 'sent', reason: null, untilMs: null };

export const createLiveTexts = (): LiveTexts => {
  const calls = new Map<string, Readonly<Record<Side, Told | null>>>();
  const ended: { captureId: string; side: Side; told: Told }[] = [];
  const pauses: Record<Side, Pause | null> = { baseline: null, candidate: null };
  let seen: { captureId: string; key: string; live: LiveSides } | null = null;

  const put = (captureId: string, side: Side, told: Told | null): void => {
    const before = calls.get(captureId) ?? { baseline: null, candidate: null };
    const next = { ...before, [side]: told };
    seen = seen?.captureId === captureId ? null : seen;
    if (next.baseline === null && next.candidate === null) calls.delete(captureId);
    else calls.set(captureId, next);
  };
  const get = (captureId: string, side: Side): Told => calls.get(captureId)?.[side] ?? idle;

  const liveOf = (side: Side, told: Told | null, nowMs: number): LiveSide | null => {
    if (told === null) return null;
    const paused = told.state === 'queued' ? pauses[side] : null;
    // Whatever is to come after it, the pause is over then.
    const pause = paused !== null && paused.untilMs > nowMs ? paused : null;
    const { text } = told;
    const left = (untilMs: number | null): number | null =>
      untilMs === null ? null : Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
    return pause === null
      ? { text, state: told.state, reason: told.reason, seconds: left(told.untilMs) }
      : { text, state: 'paused', reason: pause.reason, seconds: left(pause.untilMs) };
  };

  return {
    of: (captureId, nowMs) => {
      const call = calls.get(captureId);
      if (call === undefined) return none;
      const live = {
        baseline: liveOf('baseline', call.baseline, nowMs),
        candidate: liveOf('candidate', call.candidate, nowMs),
      };
      const key = sides.map((side) => `${live[side]?.state} ${live[side]?.seconds}`).join();
      if (seen?.captureId !== captureId || seen.key !== key) seen = { captureId, key, live };
      return seen.live;
    },
    set: (captureId, side, change) => put(captureId, side, { ...get(captureId, side), ...change }),
    add: (captureId, side, text) => {
      const told = get(captureId, side);
      put(captureId, side, { ...idle, text: told.text + text, state: 'streaming' });
    },
    end: (captureId, side) => void ended.push({ captureId, side, told: get(captureId, side) }),
    pause: (side, pause) => {
      pauses[side] = pause;
    },
    dropEnded: () => {
      for (const { captureId, side, told } of ended.splice(0)) {
        // A retry may have begun meanwhile.
        if (calls.get(captureId)?.[side] === told) put(captureId, side, null);
      }
    },
  };
};
