import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import {
  reviewerFacts,
  singlePairFacts,
  type PairFact,
  type SinglePairFact,
} from '../store/comparisons/pair-facts.ts';
import type { PairScope } from '../store/comparisons/pair-scope.ts';
import { pairTraits, type ListedPair } from '../store/comparisons/pair-traits.ts';
import { requestTraits } from '../store/comparisons/request-traits.ts';
import type { Store } from '../store/open.ts';
import { computeSlices, type SliceContent, type SliceDimension, type Slices } from './slices.ts';

/**
 * Gathers the figures of a comparison by one property of its pairs. `reviewer`: whose verdicts, tags and comments
 * count; null: everybody's.
 */
export const gatherSlices = async (
  store: Store,
  { id }: Pick<ComparisonRecord, 'id'>,
  dimension: SliceDimension,
  options: {
    readonly reviewer: string | null;
    readonly scope: PairScope;
    /** What is known of the same pairs, for slices that need nothing else. */
    readonly facts: readonly PairFact[];
  },
): Promise<Slices> => {
  if (dimension === 'reviewer') return byReviewer(store, id, options);
  if (dimension === 'endpoint') {
    const { facts } = options;
    const contents = Map.groupBy(facts, ({ endpoint }) => endpoint);
    return computeSlices(
      dimension,
      Array.from(contents, ([name, pairs]): SliceContent => ({ name, pairs, comments: [] })),
      facts,
    );
  }
  const all = await singlePairFacts(store, id, options);
  const names = await namesByCapture(store, id, dimension, options.reviewer);
  const groups = new Map<string | null, { pairs: PairFact[]; comments: string[] }>();
  for (const fact of all) {
    const { comments, own } = names(fact);
    for (const name of own) {
      const group = groups.get(name) ?? { pairs: [], comments: [] };
      groups.set(name, group);
      group.pairs.push(fact);
      group.comments.push(...comments);
    }
  }
  const contents = [...groups].map(([name, group]): SliceContent => ({ name, ...group }));
  return computeSlices(dimension, contents.toSorted(orders[dimension] ?? inAnyOrder), all);
};

type Order = (a: SliceContent, b: SliceContent) => number;

const inAnyOrder: Order = () => 0;

/** The orders of values that have one. Pairs without a value come last. */
const orders: Partial<Readonly<Record<SliceDimension, Order>>> = {
  length: (a, b) => placeOf(a.name) - placeOf(b.name),
  month: (a, b) => ((a.name ?? '~') < (b.name ?? '~') ? -1 : 1),
};

/** The slices that a pair belongs to, and its comments as far as they are shown. */
type Names = {
  readonly own: readonly (string | null)[];
  readonly comments: readonly string[];
};

/** Looks up the slices of every pair; a pair that is not known has none. */
const namesByCapture = async (
  store: Store,
  comparisonId: string,
  dimension: Exclude<SliceDimension, 'reviewer' | 'endpoint'>,
  reviewer: string | null,
): Promise<(fact: SinglePairFact) => Names> => {
  const found = new Map<string, Names>();
  if (isOfRequest(dimension)) {
    for await (const { captureId, timestamp, ...traits } of requestTraits(store, comparisonId)) {
      const { conversation, model, script } = traits;
      const month = timestamp?.slice(0, 7) ?? null;
      const name = { conversation, model, language: script, month }[dimension];
      found.set(captureId, { own: [name], comments: [] });
    }
  } else {
    // The cost of an answer is in no slice.
    const options = { reviewer, cost: () => null };
    for await (const { pairs } of pairTraits(store, comparisonId, options)) {
      for (const pair of pairs) found.set(pair.captureId, namesOf(pair, dimension));
    }
  }
  return ({ captureId }) => found.get(captureId) ?? { own: [], comments: [] };
};

/** The dimensions of which the request alone decides. */
type RequestDimension = 'conversation' | 'model' | 'language' | 'month';

const isOfRequest = (
  dimension: Exclude<SliceDimension, 'reviewer' | 'endpoint'>,
): dimension is RequestDimension =>
  dimension === 'conversation' ||
  dimension === 'model' ||
  dimension === 'language' ||
  dimension === 'month';

const namesOf = (pair: ListedPair, dimension: 'field' | 'length' | 'path' | 'tag'): Names => {
  switch (dimension) {
    case 'field':
      return { own: pair.fields, comments: [] };
    case 'path':
      return { own: pair.path === null ? [] : [pair.path], comments: [] };
    case 'length': {
      const { baseline, candidate } = pair.numbers;
      return { own: [lengthOf(baseline.input ?? candidate.input)], comments: [] };
    }
    case 'tag': {
      const { comments, tags } = pair;
      // What was written about a pair without a tag has a slice as well.
      return { own: tags.length === 0 && comments.length > 0 ? [null] : tags, comments };
    }
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
  { reviewer, scope }: { readonly reviewer: string | null; readonly scope: PairScope },
): Promise<Slices> => {
  const facts = await reviewerFacts(store, comparisonId, scope);
  const names = [...new Set(facts.map((fact) => fact.reviewer))];
  const contents: SliceContent[] = [];
  for (const name of names.filter((one) => reviewer === null || one === reviewer)) {
    const pairs = await singlePairFacts(store, comparisonId, { reviewer: name, scope });
    // A pair without a verdict of this reviewer has no order.
    contents.push({ name, pairs: pairs.filter(({ order }) => order !== null), comments: [] });
  }
  return computeSlices(
    'reviewer',
    contents,
    contents.flatMap(({ pairs }) => pairs),
  );
};
