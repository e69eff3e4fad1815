import { fisherExact, benjaminiHochberg } from '../statistics/significance-tests.ts';
import { wilson, type RateInterval } from '../statistics/wilson.ts';
import type { PairFact } from '../store/comparisons/pair-facts.ts';
import { pairFigures, type PairFigures } from './pair-figures.ts';
import type { VerdictCounts } from './reviewers.ts';
import type { SliceDimension } from './slice-dimensions.ts';
import type { SliceContent, SliceCounter } from './slice-counter.ts';

/** Whether a slice has more or fewer pairs judged worse than all other pairs. */
export type SliceDifference = {
  /** Of Fisher's exact test. */
  readonly pValue: number;
  /** Adjusted for the number of slices that are shown. */
  readonly qValue: number;
  /** Whether it is at most 5 %. */
  readonly differs: boolean;
};

/** The figures of some pairs that have a property in common. */
export type Slice = Omit<
  PairFigures,
  'counts' | 'productionRates' | 'flips' | 'skips' | 'conversations'
> & {
  readonly name: string | null;
  readonly counts: Pick<
    PairFigures['counts'],
    | 'replayable'
    | 'answered'
    | 'failed'
    | 'notSent'
    | 'settledByMachine'
    | 'settledByRule'
    | 'judged'
    | 'unjudged'
    | 'notCompared'
  >;
  /** Worse ÷ pairs judged in the random order. The upper bound is as if every conflict were worse. */
  readonly worse: RateInterval;
  /** Null where there is nothing to compare: no verdicts in the slice or outside it, and for tags. */
  readonly difference: SliceDifference | null;
  readonly comments: readonly string[];
};

/** The figures of a comparison by one property of its pairs. */
export type Slices = {
  readonly dimension: SliceDimension;
  /** At most 30, by their number of pairs; those of lengths and months in their own order. */
  readonly slices: readonly Slice[];
  /** Smaller slices that are not shown. */
  readonly more: number;
};

/** The most slices that are shown. */
const mostSlices = 30;

const falseDiscoveries = 0.05;

/**
 * Computes the figures of each slice. `all`: the pairs of all slices and those of none, each once. `order`: that of
 * values which have one; by default the slices come by their number of pairs. The order never depends on a rate,
 * because the extremes of many small slices are noise.
 */
export const computeSlices = (
  dimension: SliceDimension,
  counter: SliceCounter,
  all: readonly PairFact[],
  order: ((a: string | null, b: string | null) => number) | null = null,
): Slices => {
  const shown = counter.largest(mostSlices);
  const whole = pairFigures({ pairs: all, turns: null, sizes: null, partial: [] }, 0).verdicts;
  const figures = shown.map(sliceOf);
  // A tag is given together with the verdict, so that a difference would say nothing.
  const pValues = figures.map((slice) => (dimension === 'tag' ? null : pValueOf(slice, whole)));
  const adjusted = benjaminiHochberg(pValues.filter((value) => value !== null)).values();
  const slices = figures.map((slice, index): Slice => {
    const pValue = pValues[index] ?? null;
    if (pValue === null) return slice;
    const qValue = adjusted.next().value ?? 1;
    return { ...slice, difference: { pValue, qValue, differs: qValue <= falseDiscoveries } };
  });
  return {
    dimension,
    slices: order === null ? slices : slices.toSorted((a, b) => order(a.name, b.name)),
    more: counter.size - shown.length,
  };
};

const sliceOf = ({ comments, name, pairs }: SliceContent): Slice => {
  const figures = pairFigures({ pairs, turns: null, sizes: null, partial: [] }, 0);
  const {
    counts,
    productionRates: _production,
    flips: _flips,
    skips: _skips,
    conversations: _conversations,
    ...others
  } = figures;
  return {
    name,
    ...others,
    counts: {
      replayable: counts.replayable,
      answered: counts.answered,
      failed: counts.failed,
      notSent: counts.notSent,
      settledByMachine: counts.settledByMachine,
      settledByRule: counts.settledByRule,
      judged: counts.judged,
      unjudged: counts.unjudged,
      notCompared: counts.notCompared,
    },
    worse: worseRate(others.verdicts),
    difference: null,
    comments,
  };
};

const judged = ({ agree, better, bothBad, conflict, worse }: VerdictCounts): number =>
  agree + better + bothBad + conflict + worse;

const worseRate = (verdicts: VerdictCounts): RateInterval => {
  const n = judged(verdicts);
  const { upper } = wilson(verdicts.worse + verdicts.conflict, n);
  return { ...wilson(verdicts.worse, n), upper };
};

/** The test of a slice against the rest, without conflicts; null if one of them has no verdict. */
const pValueOf = ({ verdicts }: Slice, whole: VerdictCounts): number | null => {
  const settled = (counts: VerdictCounts): number => judged(counts) - counts.conflict;
  const own = { successes: verdicts.worse, n: settled(verdicts) };
  const rest = { successes: whole.worse - own.successes, n: settled(whole) - own.n };
  return own.n === 0 || rest.n === 0 ? null : fisherExact(own, rest);
};
