import type { Side } from '../comparison/outcome.ts';
import type { Price } from '../models/model.ts';
import { tiersOf } from '../models/prices.ts';
import { countRecords } from '../store/captures/captures.ts';
import { countPartial, partialFacts } from '../store/captures/partial-captures.ts';
import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { atOneMoment, type Store } from '../store/open.ts';
import {
  failureFacts,
  latencyFacts,
  notSentFacts,
  pairFacts,
} from '../store/comparisons/pair-facts.ts';
import { countLeftOut } from '../store/comparisons/select-captures.ts';
import { tokenFacts } from '../store/comparisons/token-facts.ts';
import { addTimes, emptyTimes, figures, type Facts } from './figures.ts';
import type { Summary } from './summary.ts';

/**
 * The summary of a comparison as its store stands at this moment, in one reading, so that its
 * counts add up while a replay or a review goes on. Latency, tokens and cost are over the answered
 * pairs, so that both sides speak of the same requests. A pair that several reviewers have judged
 * counts once, by the latest verdict. `prices` are USD, null where not known; `at` is the time of
 * day, ISO 8601 in UTC.
 */
export const gatherSummary = async (
  store: Store,
  comparison: ComparisonRecord,
  options: { readonly prices: Readonly<Record<Side, Price | null>>; readonly at: string },
): Promise<Summary> =>
  atOneMoment(store, async (reading) => {
    const { notReplayable, reasons } = await countRecords(reading, comparison.id);
    const { selection, reasons: leftOut } = await countLeftOut(reading, comparison.id);
    const whole = await factsOf(reading, comparison.id, options.prices);
    const { id, name, baseline, candidate, createdAt } = comparison;
    const byEndpoint = [...whole.byEndpoint].map(([endpoint, facts]) => ({
      endpoint,
      ...figures(facts, 0, options.prices),
    }));
    return {
      schema: 'understudy.summary/1',
      at: options.at,
      comparison: { id, name, baseline, candidate, createdAt, selection },
      ...figures(whole, notReplayable, options.prices),
      notReplayableReasons: reasons.map(({ reason, count }) => ({ reason, records: count })),
      leftOut: {
        total: leftOut.reduce((sum, { captures }) => sum + captures, 0),
        reasons: leftOut,
      },
      partialParts: countPartial(whole.partial).parts,
      byEndpoint,
    };
  });

const factsOf = async (
  store: Store,
  comparisonId: string,
  prices: Readonly<Record<Side, Price | null>>,
): Promise<Facts & { readonly byEndpoint: ReadonlyMap<string, Facts> }> => {
  const pairs = await pairFacts(store, comparisonId);
  const failures = await failureFacts(store, comparisonId);
  const notSent = await notSentFacts(store, comparisonId);
  const tokens = await tokenFacts(store, comparisonId, {
    baseline: tiersOf(prices.baseline),
    candidate: tiersOf(prices.candidate),
  });
  const partial = await partialFacts(store, comparisonId);
  const endpoints = [...new Set(pairs.map((pair) => pair.endpoint))].toSorted();
  const times = emptyTimes();
  const timesByEndpoint = new Map(endpoints.map((endpoint) => [endpoint, emptyTimes()]));
  for await (const fact of latencyFacts(store, comparisonId)) {
    addTimes(times, fact);
    const ofEndpoint = timesByEndpoint.get(fact.endpoint);
    if (ofEndpoint !== undefined) addTimes(ofEndpoint, fact);
  }
  const endpointOf = (fact: { readonly endpoint: string }): string => fact.endpoint;
  const groups = {
    pairs: Map.groupBy(pairs, endpointOf),
    failures: Map.groupBy(failures, endpointOf),
    notSent: Map.groupBy(notSent, endpointOf),
    tokens: Map.groupBy(tokens, endpointOf),
    partial: Map.groupBy(partial, endpointOf),
  };
  const byEndpoint = new Map<string, Facts>();
  for (const [endpoint, ofEndpoint] of timesByEndpoint) {
    byEndpoint.set(endpoint, {
      pairs: groups.pairs.get(endpoint) ?? [],
      failures: groups.failures.get(endpoint) ?? [],
      notSent: groups.notSent.get(endpoint) ?? [],
      tokens: groups.tokens.get(endpoint) ?? [],
      partial: groups.partial.get(endpoint) ?? [],
      times: ofEndpoint,
    });
  }
  return { pairs, failures, notSent, tokens, partial, times, byEndpoint };
};
