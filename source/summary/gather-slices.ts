import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import {
  describedPairFacts,
  markedPairFacts,
  type PairFact,
} from '../store/comparisons/pair-facts.ts';
import { reviewerFacts } from '../store/comparisons/reviewer-facts.ts';
import { emptyMarks, listMarks } from '../store/comparisons/pair-marks.ts';
import { tagsAndComments } from '../store/comparisons/pair-traits.ts';
import {
  conversationProperty,
  fieldProperty,
  inputProperty,
  modelProperty,
  monthProperty,
  pathProperty,
  propertyFacts,
  scriptProperty,
  type PropertyFact,
} from '../store/comparisons/property-facts.ts';
import type { Store } from '../store/open.ts';
import { SliceCounter } from './slice-counter.ts';
import type { SliceDimension } from './slice-dimensions.ts';
import { computeSlices, type Slices } from './slices.ts';

type SliceOptions = {
  readonly reviewer: string | null;
  readonly scope: 'all' | 'offered';
  /** What is known of the same pairs. */
  readonly facts: readonly PairFact[];
};

/**
 * Gathers the figures of a comparison by one property of its pairs. `reviewer`: whose verdicts, tags and comments
 * count; null: everybody's.
 */
export const gatherSlices = async (
  store: Store,
  { id }: Pick<ComparisonRecord, 'id'>,
  dimension: SliceDimension,
  options: SliceOptions,
): Promise<Slices> => {
  const counter = new SliceCounter();
  switch (dimension) {
    case 'reviewer':
      return byReviewer(store, id, options);
    case 'endpoint':
      for (const fact of options.facts) counter.add(fact.endpoint, fact);
      break;
    case 'tag':
      await countTags(counter, store, id, options);
      break;
    default:
      for await (const pairs of pairsBy(store, id, dimension, options)) {
        for (const { fact, values } of pairs) {
          for (const value of values) counter.add(value, fact);
        }
      }
  }
  return computeSlices(dimension, counter, options.facts, orders[dimension]);
};

type Order = (a: string | null, b: string | null) => number;

/** The orders of values that have one. Pairs without a value come last. */
const orders: Partial<Readonly<Record<SliceDimension, Order>>> = {
  length: (a, b) => placeOf(a) - placeOf(b),
  month: (a, b) => ((a ?? '~') < (b ?? '~') ? -1 : 1),
};

/** Reads the pairs with the values of a dimension. */
const pairsBy = (
  store: Store,
  comparisonId: string,
  dimension: Exclude<SliceDimension, 'reviewer' | 'endpoint' | 'tag'>,
  options: SliceOptions,
): AsyncGenerator<readonly PropertyFact[]> => {
  switch (dimension) {
    case 'field':
      return propertyFacts(store, comparisonId, fieldProperty, options);
    case 'length':
      return propertyFacts(store, comparisonId, inputProperty(lengthOf), options);
    case 'path':
      return propertyFacts(store, comparisonId, pathProperty, options);
    case 'month':
      return propertyFacts(store, comparisonId, monthProperty, options);
    case 'conversation':
      return propertyFacts(store, comparisonId, conversationProperty, options);
    case 'model':
      return propertyFacts(store, comparisonId, modelProperty, options);
    case 'language':
      return propertyFacts(store, comparisonId, scriptProperty, options);
  }
};

/** Counts the pairs that have tags or comments; the others are in no slice. */
const countTags = async (
  counter: SliceCounter,
  store: Store,
  comparisonId: string,
  options: SliceOptions,
): Promise<void> => {
  const marks = await listMarks(store, comparisonId, options.reviewer);
  for (const fact of await describedPairFacts(store, comparisonId, options)) {
    const { comments, tags } = tagsAndComments(marks.get(fact.captureId) ?? emptyMarks);
    // What was written about a pair without a tag has a slice as well.
    const names = tags.length === 0 && comments.length > 0 ? [null] : tags;
    for (const name of names) counter.add(name, fact, comments);
  }
};

/** Lengths of inputs in tokens, each up to the next; fixed, so that two comparisons have the same slices. */
const lengths = [
  { from: 0, name: 'under 250' },
  { from: 250, name: '250 to 999' },
  { from: 1000, name: '1,000 to 3,999' },
  { from: 4000, name: '4,000 to 15,999' },
  { from: 16_000, name: '16,000 to 63,999' },
  { from: 64_000, name: '64,000 or more' },
] as const;

const lengthOf = (tokens: number | null): string | null =>
  tokens === null ? null : (lengths.findLast(({ from }) => tokens >= from)?.name ?? null);

const placeOf = (name: string | null): number =>
  name === null ? lengths.length : lengths.findIndex((length) => length.name === name);

/** The pairs that each reviewer judged, with their own verdicts alone. The rest are all other verdicts. */
const byReviewer = async (
  store: Store,
  comparisonId: string,
  { reviewer, scope }: SliceOptions,
): Promise<Slices> => {
  const names = (await reviewerFacts(store, scope)).map((fact) => fact.reviewer);
  const counter = new SliceCounter();
  const all: PairFact[] = [];
  for (const name of new Set(names)) {
    if (reviewer !== null && reviewer !== name) continue;
    const facts = await markedPairFacts(store, comparisonId, {
      reviewer: name,
      scope,
      stratify: null,
    });
    // A pair without a verdict of this reviewer has no order.
    for (const fact of facts.filter(({ order }) => order !== null)) {
      counter.add(name, fact);
      all.push(fact);
    }
  }
  return computeSlices('reviewer', counter, all);
};
