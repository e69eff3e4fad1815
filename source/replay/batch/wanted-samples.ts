import type { Side } from '../../comparison/outcome.ts';
import type { BatchRun } from './batch-run.ts';

/** How many answers each side is to have: a recording has one. */
export const wantedSamples = ({ options, sides }: BatchRun): Readonly<Record<Side, number>> => {
  const wanted = (side: Side): number => ('api' in sides[side] ? options.samples : 1);
  return { baseline: wanted('baseline'), candidate: wanted('candidate') };
};
