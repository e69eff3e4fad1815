import type { Side } from '../../comparison/outcome.ts';
import { sha256 } from '../../traffic/hash.ts';

/**
 * The `custom_id` of an answer in a batch: the same on every machine, 33 characters, and of no
 * capture's own id, which may be longer than the 64 that providers take or say something.
 */
export const customIdOf = (answer: {
  readonly comparisonId: string;
  readonly captureId: string;
  readonly side: Side;
  readonly sample: number;
}): string => {
  const { captureId, comparisonId, sample, side } = answer;
  return `u${sha256([comparisonId, side, sample, captureId].join('\0')).slice(0, 32)}`;
};
