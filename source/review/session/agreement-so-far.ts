import { isSettledByMachine, type Entry } from './entry.ts';
import { front } from './next-pair.ts';

/**
 * Counts the verdicts that a comparison's rate of agreement rests on: those in the random order, on pairs
 * that the machine did not settle. `early`: those ahead of the order, which wait for the pairs before
 * them.
 */
export const agreementSoFar = (
  {
    entries,
    replaying,
  }: {
    readonly entries: readonly Entry[];
    readonly replaying: boolean;
  },
  comparisonId: string,
): { readonly judged: number; readonly agree: number; readonly early: number } => {
  const end = front(entries, replaying, comparisonId);
  let judged = 0;
  let agree = 0;
  let early = 0;
  for (const [index, entry] of entries.entries()) {
    if (entry.comparisonId !== comparisonId) continue;
    // A verdict on a pair that the machine settled says nothing about those that need a person.
    if (entry.verdict === null || isSettledByMachine(entry)) continue;
    if (entry.ahead && index > end) early++;
    else {
      judged++;
      if (entry.verdict === 'agree') agree++;
    }
  }
  return { judged, agree, early };
};
