import type { Wanted } from './admission.ts';
import type { Lane } from './lane.ts';
import { createLine, type Line } from './line.ts';

/** The calls that wait for one model. */
export type LaneQueue = {
  readonly lane: Lane;
  /** Tries that are due. */
  readonly retries: Line<Wanted>;
  /** First tries whose model was paused when the others of their pair were sent. */
  readonly alone: Line<Wanted>;
  /** Tries that are not due yet. */
  delayed: number;
  warm: boolean;
};

export const createLaneQueue = (lane: Lane, warm: boolean): LaneQueue => ({
  lane,
  retries: createLine(),
  alone: createLine(),
  delayed: 0,
  warm,
});

/** Takes out everything that waits beside the line. Tries that are not due stand elsewhere. */
export const clearQueue = (queue: LaneQueue): readonly Wanted[] => {
  queue.delayed = 0;
  return [...queue.retries.clear(), ...queue.alone.clear()];
};

/** Calls that failed and wait for their next try. */
export const retryingIn = ({ delayed, retries }: LaneQueue): number => retries.length + delayed;

/** A model that is left alone for longer than this does not keep the others of a pair waiting. */
const togetherMs = 5_000;

/** Whether a model is left alone for so long that calls to others go on without it. */
export const isPaused = (lane: Lane, nowMs: number): boolean => {
  const pause = lane.pause(nowMs);
  if (pause === null) return false;
  return pause.untilMs - nowMs > togetherMs || lane.stopped !== null || lane.probes > 0;
};
