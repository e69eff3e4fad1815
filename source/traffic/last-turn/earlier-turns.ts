import type { Capture } from '../capture.ts';
import { createKeySet } from './key-set.ts';
import { turnKeys } from './turn-keys.ts';

/**
 * So many keys are kept, in at most 64 MB (96 MB for the moment in which the set grows): two for each
 * turn that a later request holds.
 */
export const maximumTurnKeys = 4_000_000;

/** Tells the requests that a later one of the same conversation begins with. */
export type EarlierTurns = {
  /** Takes note of a request; all come before the first question. */
  readonly remember: (capture: Capture) => void;
  /** Whether another request begins with this one's messages and its answer. */
  readonly isEarlier: (capture: Capture) => boolean;
  /** Turns of which there was no room to take note: requests that end in them count as last turns. */
  readonly forgotten: () => number;
};

/** Takes any order of the requests; which one is asked first makes no difference. */
export const createEarlierTurns = (maximumKeys: number = maximumTurnKeys): EarlierTurns => {
  const keys = createKeySet(maximumKeys);
  let forgotten = 0;
  return {
    remember(capture) {
      let full = false;
      for (const key of turnKeys(capture).holds) if (!keys.add(key)) full = true;
      if (full) forgotten += 1;
    },
    isEarlier: (capture) => turnKeys(capture).ends.some((key) => keys.has(key)),
    forgotten: () => forgotten,
  };
};
