import { sides, type Side } from '../comparison/outcome.ts';
import { tiersOf, type CallMoment } from '../models/prices.ts';
import { spendingOf } from '../money/spending.ts';
import { leftOutRates, mergeRates } from '../store/comparisons/capture-rates.ts';
import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import type { BlockFacts } from '../store/comparisons/pair-blocks.ts';
import type { PairScope } from '../store/comparisons/pair-scope.ts';
import { otherCalls } from '../store/ledger.ts';
import type { Store } from '../store/open.ts';
import { count, dollars } from '../text/numbers.ts';
import type { PriceAt } from './cost-figures.ts';
import { monthlyCosts, type MonthlyCost } from './monthly-cost.ts';

/** Paid calls that gave no answer to an answered pair. */
export type OtherCalls = {
  readonly calls: number;
  /** The failed ones among `calls`; the others are surplus or further answers, or lack the other side's. */
  readonly failed: number;
  /** Those of `calls` whose cost is not known. */
  readonly unknown: number;
  /** USD of those with a known cost; null if none has one. */
  readonly usd: number | null;
};

/** What costs besides the answers: the same requests for a month, and calls that gave no answer to a pair. */
export type Bill = {
  readonly monthly: MonthlyCost;
  readonly otherCalls: Readonly<Record<Side, OtherCalls>>;
};

/** Reads what a month of the comparison's traffic costs, and the calls that are not among its answers. */
export const gatherBill = async (
  store: Store,
  comparison: ComparisonRecord,
  options: {
    readonly scope: PairScope;
    /** Pairs of the scope, among which are all that lack an answer. */
    readonly incomplete: PairScope;
    readonly known: Pick<BlockFacts, 'machine' | 'rates'>;
    readonly priceAt: PriceAt;
    /** The cost of one request, in USD. */
    readonly whole: Readonly<Record<Side, number | null>>;
    readonly byEndpoint: ReadonlyMap<string, Readonly<Record<Side, number | null>>>;
    readonly monthlyRequests: number | null;
  },
): Promise<{
  readonly whole: Bill;
  readonly monthlyOf: (endpoint: string) => MonthlyCost;
}> => {
  const { byEndpoint, incomplete, known, monthlyRequests, priceAt, scope, whole } = options;
  // What a filter leaves of a selection has no rate of its own.
  const rates =
    scope === 'all'
      ? mergeRates([...known.rates, ...(await leftOutRates(store, comparison.id))])
      : monthlyRequests !== null
        ? known.rates
        : [];
  const monthly = monthlyCosts(rates, { whole, byEndpoint }, monthlyRequests);
  const now: CallMoment = { at: null, model: null };
  const isHalf = known.machine.some(
    ({ baseline, candidate }) => (baseline === 'answered') !== (candidate === 'answered'),
  );
  const entries = await otherCalls(store, comparison, {
    scope,
    halfAnswered: isHalf ? incomplete : null,
    tiersOf: (side) => tiersOf(priceAt(side, now)),
    varies: (side) => priceAt(side, now)?.varies === true,
  });
  const others = (side: Side): OtherCalls => {
    const { calls, failed, unknownCalls, usd } = spendingOf(
      entries.filter((entry) => entry.side === side),
      (_, at = null) => priceAt(side, { at, model: null }),
    );
    return { calls, failed, unknown: unknownCalls, usd };
  };
  return {
    whole: {
      monthly: monthly.whole,
      otherCalls: { baseline: others('baseline'), candidate: others('candidate') },
    },
    monthlyOf: (endpoint) => monthly.byEndpoint.get(endpoint) ?? noMonth,
  };
};

const noMonth: MonthlyCost = {
  requests: null,
  source: null,
  days: null,
  baseline: null,
  candidate: null,
};

/** What was paid besides the answers, in one sentence; null if nothing was. */
export const otherCallsText = ({ otherCalls: others }: Pick<Bill, 'otherCalls'>): string | null => {
  const paid = sides.filter((side) => others[side].calls > 0);
  if (paid.length === 0) return null;
  const parts = paid.map((side) => {
    const { calls, unknown, usd } = others[side];
    return `${usd !== null && unknown > 0 ? '≥ ' : ''}${dollars(usd)} for ${count(calls)} of the ${side}`;
  });
  return `Not in the cost above: calls that failed after they were charged, were repeated, or lack the other side's answer: ${parts.join(', ')}.`;
};
