import {
  listConfidenceSequence,
  listDecision,
  type Decision,
} from '../statistics/decision-line.ts';
import type { JudgedList } from '../statistics/stratified.ts';
import type { RateInterval } from '../statistics/wilson.ts';

/**
 * The number of verdicts for which the line is tightest: those of an hour. It is the same for every comparison,
 * because a plan that follows the verdicts is none.
 */
const planned = 150;

/** The pairs of a comparison that is not weighted, with conflicts worse, and no worse. */
export type ConflictBounds = { readonly least: JudgedList; readonly most: JudgedList };

/** Whether the candidate is no worse on at least a share of the requests of the comparison. */
export type TargetDecision = {
  /** A fraction of 1. */
  readonly threshold: number;
  /** Null if the rates are weighted by traffic: the line is of the drawn pairs. */
  readonly decision: Decision['decision'] | null;
  /**
   * About how many more verdicts decide at the present rate; 0 once it is decided. Null where, at that rate, it is the
   * conflicts that decide once they are resolved, and where `decision` is null.
   */
  readonly more: number | null;
  /** The anytime-valid interval of the rate; `n` is the number of verdicts. */
  readonly interval: RateInterval;
  /** The number of verdicts for which the line is tightest. */
  readonly planned: number;
};

/**
 * Decides a target by the line that holds whenever one looks. `bounds`: null if the rates are weighted. A conflict is
 * worse for what is reached and no worse for what is ruled out. `threshold` is a fraction of 1.
 */
export const decideTarget = (bounds: ConflictBounds | null, threshold: number): TargetDecision => {
  const base = { threshold, planned };
  if (bounds === null) {
    const interval = { rate: null, lower: null, upper: null, n: 0 };
    return { ...base, decision: null, more: null, interval };
  }
  const least = listDecision(bounds.least, threshold, { planned });
  const most = listDecision(bounds.most, threshold, { planned });
  const isDecided = least.decision === 'reached' || most.decision === 'ruled_out';
  return {
    ...base,
    decision: least.decision === 'reached' ? 'reached' : isDecided ? 'ruled_out' : 'open',
    more: isDecided ? 0 : moreVerdicts(bounds, { least, most }, threshold),
    interval: {
      ...listConfidenceSequence(bounds.least, { planned }),
      upper: listConfidenceSequence(bounds.most, { planned }).upper,
    },
  };
};

/** More verdicts reach the target if the rate does so without the conflicts, and rule it out if not even with them. */
const moreVerdicts = (
  bounds: ConflictBounds,
  { least, most }: Readonly<Record<keyof ConflictBounds, Decision>>,
  threshold: number,
): number | null => {
  const isReaching = (list: JudgedList): boolean => {
    const { agreed, judged, known, knownAgreed, rest } = list;
    const ofRest = judged === 0 ? 1 : agreed / judged;
    return knownAgreed + rest * ofRest >= threshold * (known + rest);
  };
  const deciding = isReaching(bounds.least) ? least : isReaching(bounds.most) ? null : most;
  return deciding?.decision === 'open' ? Math.max(1, deciding.more ?? 0) : null;
};
