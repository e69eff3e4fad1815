import { sha256 } from '../../traffic/hash.ts';

/**
 * Returns the position of a capture in the review queue of a comparison; positions sort by code
 * unit. The order is random, the same on every machine, and does not change when captures are
 * added.
 */
export const queuePosition = (comparisonId: string, captureId: string): string =>
  sha256(`${comparisonId}\0${captureId}`);
