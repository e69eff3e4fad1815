import { fisherExact, benjaminiHochberg } from '../statistics/significance-tests.ts';
import { wilson, type RateInterval } from '../statistics/wilson.ts';
import type { PairFact } from '../store/comparisons/pair-facts.ts';
import { pairFigures, type PairFigures, type Figures } from './figures.ts';

/**
 * A property by which pairs are told apart. `field`: a path at which the answers differ. `language`: the script of
 * the question. `length`: the tokens of the input. `model`: the one that production asked. `month`: that of
 * the capture. `path`: how its requests reached the models.
 */
export type SliceDimension =
  | 'endpoint'
  | 'field'
  | 'tag'
  | 'reviewer'
  | 'model'
  | 'language'
  | 'length'
  | 'month'
  | 'conversation'
  | 'path';

/** The pairs of a slice, before anything is computed. */
export type SliceContent = {
  /** Null for the pairs that have no value. */
  readonly name: string | null;
  readonly pairs: readonly PairFact[];
  /** What reviewers wrote about them. */
  readonly comments: readonly string[];
};

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
    Figures['counts'],
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
  /** Worse ÷ pairs judged in the random order. */
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
 * Computes the figures of each slice. `all`: the pairs of all slices and those of none, each once. The order never
 * depends on a rate, because the extremes of many small slices are noise.
 */
export const computeSlices = (
  dimension: SliceDimension,
  contents: readonly SliceContent[],
  all: readonly PairFact[],
): Slices => {
  const bySize = contents
    .map((content) => ({ ...content, size: total(content.pairs) }))
    .toSorted((a, b) => b.size - a.size || compareNames(a.name, b.name));
  const shown = bySize.slice(0, mostSlices);
  const whole = pairFigures({ pairs: all, turns: null, sizes: null, partial: [] }, 0).verdicts;
  const figures = shown.map(({ comments, name, pairs }) => sliceOf(name, pairs, comments));
  // A tag is given together with the verdict, so that a difference would say nothing.
  const pValues = figures.map((slice) => (dimension === 'tag' ? null : pValueOf(slice, whole)));
  const adjusted = benjaminiHochberg(pValues.filter((value) => value !== null)).values();
  const slices = figures.map((slice, index): Slice => {
    const pValue = pValues[index] ?? null;
    if (pValue === null) return slice;
    const qValue = adjusted.next().value ?? 1;
    return { ...slice, difference: { pValue, qValue, differs: qValue <= falseDiscoveries } };
  });
  const ordered = ownOrder.has(dimension) ? slices.toSorted(inOrderOfNames(contents)) : slices;
  return { dimension, slices: ordered, more: bySize.length - shown.length };
};

/** Dimensions whose values have an order, in which their contents come. */
const ownOrder: ReadonlySet<SliceDimension> = new Set(['length', 'month']);

const inOrderOfNames = (
  contents: readonly SliceContent[],
): ((a: Pick<Slice, 'name'>, b: Pick<Slice, 'name'>) => number) => {
  const places = new Map(contents.map(({ name }, index) => [name, index]));
  return (a, b) => (places.get(a.name) ?? 0) - (places.get(b.name) ?? 0);
};

/** Sorts names by their code units, and null last. */
const compareNames = (a: string | null, b: string | null): number => {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -1 : a > b ? 1 : 0;
};

const total = (pairs: readonly PairFact[]): number =>
  pairs.reduce((sum, fact) => sum + fact.pairs, 0);

const sliceOf = (
  name: string | null,
  pairs: readonly PairFact[],
  comments: readonly string[],
): Slice => {
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
    worse: wilson(others.verdicts.worse, judged(others.verdicts)),
    difference: null,
    comments,
  };
};

const judged = ({ agree, better, bothBad, conflict, worse }: Figures['verdicts']): number =>
  agree + better + bothBad + conflict + worse;

/** The test of a slice against the rest; null if one of them has no verdict. */
const pValueOf = ({ verdicts }: Slice, whole: Figures['verdicts']): number | null => {
  const own = { successes: verdicts.worse, n: judged(verdicts) };
  const rest = { successes: whole.worse - own.successes, n: judged(whole) - own.n };
  return own.n === 0 || rest.n === 0 ? null : fisherExact(own, rest);
};
