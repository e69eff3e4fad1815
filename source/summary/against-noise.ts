import { maximumChanges } from '../comparison/difference-pattern.ts';
import type { PairComparison } from '../comparison/outcome.ts';
import { benjaminiHochberg, mcNemar, type PassTable } from '../statistics/significance-tests.ts';
import { pairedDifference, type RateDifference } from '../statistics/rate-difference.ts';
import { wilson, type RateInterval } from '../statistics/wilson.ts';
import type { NoiseDifference } from '../store/comparisons/noise-differences.ts';

/**
 * What a test says of the candidate's differences from the baseline, compared with those of the baseline from
 * itself. `not told apart`: chance alone explains the numbers.
 */
export type NoiseResult = 'more' | 'less' | 'not told apart';

/** How often the candidate differs from the baseline, and the baseline from itself, on the same requests. */
export type AgainstNoise = {
  readonly differing: { readonly baseline: RateInterval; readonly candidate: RateInterval };
  /** The candidate's share minus the baseline's. */
  readonly excess: RateDifference;
  /** Requests in which only one of the two differs, and how likely so unequal numbers are by chance. */
  readonly onlyCandidate: number;
  readonly onlyBaseline: number;
  /** Of McNemar's exact test. */
  readonly pValue: number;
  readonly result: NoiseResult;
};

/** The same of an endpoint, or of a field in the answers of an endpoint. */
export type NoiseRow = AgainstNoise & {
  readonly endpoint: string;
  /** A path as in the filter `field:`; null for whole answers. */
  readonly field: string | null;
  /** Adjusted for the number of endpoints, or of fields, that are shown. */
  readonly qValue: number;
};

/** The requests that the baseline answered twice, counted. */
export type NoiseTables = {
  readonly whole: AgainstNoise;
  /** In alphabetical order. */
  readonly byEndpoint: readonly NoiseRow[];
  /** At most 30, those that differ most often on either side first. */
  readonly byField: readonly NoiseRow[];
  /** Fields that are not shown. */
  readonly moreFields: number;
  /** Requests whose fields are not counted, because more of them differ than are stored. */
  readonly unlisted: number;
};

/** The most fields that are shown. */
const mostFields = 30;

/** The share of false discoveries, and the level of the test of the whole. */
const level = 0.05;

/** Counts differences, one request at a time. */
export class NoiseCounter {
  readonly #whole = emptyCounts();
  readonly #endpoints = new Map<string, EndpointCounts>();
  #unlisted = 0;

  add({ baseline, candidate, endpoint }: NoiseDifference): void {
    const differs = { baseline: baseline !== null, candidate: candidate !== null };
    count(this.#whole, differs);
    let own = this.#endpoints.get(endpoint);
    if (own === undefined) {
      own = { whole: emptyCounts(), listed: 0, fields: new Map() };
      this.#endpoints.set(endpoint, own);
    }
    count(own.whole, differs);
    const [ofBaseline, ofCandidate] = [pathsOf(baseline), pathsOf(candidate)];
    if (ofBaseline === null || ofCandidate === null) {
      this.#unlisted++;
      return;
    }
    own.listed++;
    for (const path of new Set([...ofBaseline, ...ofCandidate])) {
      const counts = own.fields.get(path) ?? emptyCounts();
      own.fields.set(path, counts);
      count(counts, { baseline: ofBaseline.has(path), candidate: ofCandidate.has(path) });
    }
  }

  /** The tables of what was added. */
  tables(): NoiseTables {
    const endpoints = [...this.#endpoints].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const fields = endpoints
      .flatMap(([endpoint, { fields: own, listed }]) =>
        [...own].map(([field, counts]) => ({ endpoint, field, counts, n: listed })),
      )
      // By how often they differ at all and never by the excess: the extremes of many fields are noise.
      .toSorted(
        (a, b) =>
          seen(b.counts) - seen(a.counts) ||
          (a.endpoint < b.endpoint ? -1 : a.endpoint > b.endpoint ? 1 : 0) ||
          (a.field < b.field ? -1 : 1),
      );
    const shown = fields.slice(0, mostFields);
    return {
      whole: withResult(against(this.#whole, seen(this.#whole) + this.#whole.neither)),
      byEndpoint: rows(
        endpoints.map(([endpoint, { whole: counts }]) => ({
          endpoint,
          field: null,
          counts,
          n: seen(counts) + counts.neither,
        })),
      ),
      byField: rows(shown),
      moreFields: fields.length - shown.length,
      unlisted: this.#unlisted,
    };
  }
}

/** Requests by which of the two differs. */
type Counts = { both: number; onlyBaseline: number; onlyCandidate: number; neither: number };

type EndpointCounts = {
  readonly whole: Counts;
  /** Requests whose fields are counted. */
  listed: number;
  readonly fields: Map<string, Counts>;
};

const emptyCounts = (): Counts => ({ both: 0, onlyBaseline: 0, onlyCandidate: 0, neither: 0 });

const count = (
  counts: Counts,
  differs: { readonly baseline: boolean; readonly candidate: boolean },
): void => {
  if (differs.baseline && differs.candidate) counts.both++;
  else if (differs.baseline) counts.onlyBaseline++;
  else if (differs.candidate) counts.onlyCandidate++;
  else counts.neither++;
};

const seen = ({ both, onlyBaseline, onlyCandidate }: Counts): number =>
  both + onlyBaseline + onlyCandidate;

/** The fields at which two answers differ; null if not all of them are stored. */
const pathsOf = (comparison: PairComparison | null): ReadonlySet<string> | null => {
  if (comparison === null) return new Set();
  const { changes } = comparison;
  if (changes === undefined || changes.length >= maximumChanges) return null;
  return new Set(changes.map(({ path }) => path));
};

const against = (counts: Counts, n: number): Omit<AgainstNoise, 'result'> => {
  const { both, onlyBaseline, onlyCandidate } = counts;
  // A side passes here where it differs.
  const table: PassTable = {
    bothPass: both,
    baselineOnly: onlyBaseline,
    candidateOnly: onlyCandidate,
    bothFail: n - seen(counts),
  };
  return {
    differing: {
      baseline: wilson(both + onlyBaseline, n),
      candidate: wilson(both + onlyCandidate, n),
    },
    excess: pairedDifference(table),
    onlyCandidate,
    onlyBaseline,
    pValue: mcNemar(table).pValue,
  };
};

const resultOf = (
  { onlyBaseline, onlyCandidate }: Pick<AgainstNoise, 'onlyBaseline' | 'onlyCandidate'>,
  p: number,
): NoiseResult => (p > level ? 'not told apart' : onlyCandidate > onlyBaseline ? 'more' : 'less');

const withResult = (one: Omit<AgainstNoise, 'result'>): AgainstNoise => ({
  ...one,
  result: resultOf(one, one.pValue),
});

const rows = (
  parts: readonly {
    readonly endpoint: string;
    readonly field: string | null;
    readonly counts: Counts;
    readonly n: number;
  }[],
): readonly NoiseRow[] => {
  const tested = parts.map(({ counts, endpoint, field, n }) => ({
    endpoint,
    field,
    ...against(counts, n),
  }));
  const adjusted = benjaminiHochberg(tested.map(({ pValue }) => pValue));
  return tested.map((one, index) => {
    const qValue = adjusted[index] ?? 1;
    return { ...one, qValue, result: resultOf(one, qValue) };
  });
};
