import type { Wanted } from './admission.ts';
import type { Lane } from './lane.ts';

/** Tries that are not due yet, in the order in which they will be. */
export type DelayedCalls = {
  readonly push: (call: Wanted, dueMs: number) => void;
  /** Those that are due now, the earliest first; they are taken out. */
  readonly takeDue: (nowMs: number) => readonly Wanted[];
  /** Those of one model, or all; they are taken out. */
  readonly take: (lane?: Lane) => readonly Wanted[];
  /** When the next one is due; infinite when none waits. */
  readonly nextMs: number;
};

export const createDelayedCalls = (): DelayedCalls => {
  let entries: { readonly dueMs: number; readonly call: Wanted }[] = [];
  return {
    push(call, dueMs) {
      let at = entries.length;
      while (at > 0 && (entries[at - 1]?.dueMs ?? 0) > dueMs) at--;
      entries.splice(at, 0, { dueMs, call });
    },
    takeDue(nowMs) {
      const later = entries.findIndex(({ dueMs }) => dueMs > nowMs);
      return entries.splice(0, later === -1 ? entries.length : later).map(({ call }) => call);
    },
    take(lane) {
      const taken = entries.filter(({ call }) => lane === undefined || call.lane === lane);
      entries = lane === undefined ? [] : entries.filter(({ call }) => call.lane !== lane);
      return taken.map(({ call }) => call);
    },
    get nextMs() {
      return entries[0]?.dueMs ?? Number.POSITIVE_INFINITY;
    },
  };
};
