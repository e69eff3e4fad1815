import { ruleWords } from '../comparison/settling-rules.ts';
import type { Side } from '../comparison/outcome.ts';
import { toleranceText } from '../configuration/rule-content.ts';
import { printFilter, type Filter } from '../filter/filter.ts';
import type { Price } from '../models/model.ts';
import { tiersOf } from '../models/prices.ts';
import { gatherBill, type Bill } from './bill.ts';
import { gatherEvidence, type Evidence } from './evidence.ts';
import { countRecords } from '../store/captures/captures.ts';
import { countPartial } from '../store/captures/partial-captures.ts';
import type { RequestPath } from '../models/request-path.ts';
import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { atOneMoment, type Store } from '../store/open.ts';
import {
  blockFacts,
  refreshBlocks,
  type BlockFacts,
  type CostGrouping,
} from '../store/comparisons/pair-blocks.ts';
import { withMarks } from '../store/comparisons/machine-facts.ts';
import { failureFacts, notSentFacts, pairFacts } from '../store/comparisons/pair-facts.ts';
import { blindFacts, reviewerFacts } from '../store/comparisons/reviewer-facts.ts';
import { repeatFacts } from '../store/comparisons/control-facts.ts';
import type { RateInterval } from '../statistics/wilson.ts';
import { answeringModels } from '../store/comparisons/token-facts.ts';
import { countLeftOut } from '../store/comparisons/select-captures.ts';
import { filterPairs } from '../store/comparisons/filter-pairs.ts';
import { fillScope, type PairScope } from '../store/comparisons/pair-scope.ts';
import type { TraitCost } from '../store/comparisons/pair-traits.ts';
import { listRules, type RuleRecord } from '../store/comparisons/stored-rules.ts';
import { sharedVerdicts } from '../store/comparisons/shared-verdicts.ts';
import { fillStandingVerdicts } from '../store/comparisons/standing-verdicts.ts';
import {
  callsBeside,
  countTranslated,
  mostTimedPairs,
  timedCalls,
} from '../store/comparisons/call-conditions.ts';
import { callFacts, turnFacts } from '../store/comparisons/turn-facts.ts';
import { needsMetadata, stratumSizes, type Stratification } from '../store/comparisons/strata.ts';
import type { SideState } from '../store/tables.ts';
import type { LeftOutReason, Selection } from '../traffic/selection/selection.ts';
import type { PriceAt } from './cost-figures.ts';
import { computeFigures, type Facts, type Figures } from './figures.ts';
import { conflictBounds } from './rates.ts';
import { sampleOf, type Sample } from './sample.ts';
import {
  blindFigures,
  countByReviewer,
  reviewerAgreement,
  selfAgreement,
  type BlindFigures,
  type ReviewerAgreement,
  type ReviewerCounts,
} from './reviewers.ts';
import {
  callFigures,
  firstDivergence,
  type CallFigures,
  type FirstDivergence,
} from './conversations.ts';
import { latencyConditions, type LatencyConditions } from './latency-conditions.ts';
import { gatherNoise, type Noise } from './gather-noise.ts';
import { gatherSlices } from './gather-slices.ts';
import { gatherJudges, type JudgeFigures } from './judges.ts';
import type { SliceDimension } from './slice-dimensions.ts';
import type { Slices } from './slices.ts';
import { decideTarget, type TargetDecision } from './target.ts';

/** A filter for a summary. `me`: the reviewer of that name in it. */
export type SummaryFilter = {
  readonly filter: Filter;
  readonly me: string | null;
  readonly cost: TraitCost;
};

/** The summary of a comparison at one moment. */
export type Summary = Figures & {
  readonly cost: Figures['cost'] & Bill;
  readonly schema: 'understudy.summary/3';
  /** When it was computed, ISO 8601 in UTC. */
  readonly at: string;
  readonly comparison: {
    readonly id: string;
    readonly name: string;
    readonly baseline: string;
    readonly candidate: string;
    readonly createdAt: string;
    /** Which of the store's captures the comparison takes; null: all of them. */
    readonly selection: Selection | null;
  };
  readonly sample: Sample;
  /** Whose verdicts count; null: those of all reviewers together. */
  readonly reviewer: string | null;
  /** The filter that every counted pair matches; null: all pairs count. */
  readonly filter: string | null;
  /** Everybody's verdicts, whoever counts, in the order of the names. */
  readonly reviewers: readonly ReviewerCounts[];
  /** The same reviewers on the same pairs. */
  readonly reviewerAgreement: ReviewerAgreement;
  /** Which differences do not count, the oldest first; `settled` counts pairs. */
  readonly rules: readonly SummaryRule[];
  /** The verdicts that were given without knowing the models, also those on control pairs. */
  readonly blind: BlindFigures;
  /** How often pairs that came back unannounced got the same verdict from the same reviewer. */
  readonly selfAgreement: RateInterval;
  /** Add up to `counts.notReplayable`, most frequent first. Such records have no endpoint. */
  readonly notReplayableReasons: readonly { readonly reason: string; readonly records: number }[];
  /**
   * Captures that the selection left out; `counts` does not include them. The reasons add up to the
   * total, most frequent first.
   */
  readonly leftOut: {
    readonly total: number;
    readonly reasons: readonly { readonly reason: string; readonly captures: number }[];
  };
  /** The parts that the recordings of partial captures did not keep, most frequent first. */
  readonly partialParts: readonly { readonly part: string; readonly captures: number }[];
  /** The answered pairs by how their requests reached the models: the one of the two that lost most. */
  readonly paths: Readonly<Record<RequestPath, number>>;
  /** Whether the rate of no worse is at least the one that was asked for; null if none was. */
  readonly target: TargetDecision | null;
  /** Null if the replay measured no latency, and with a filter. */
  readonly latencyConditions: LatencyConditions | null;
  /** Null if no compared pair calls a tool. */
  readonly toolCalls: CallFigures | null;
  /** In which turn conversations first differ; null without conversations, and for more than 10,000 pairs. */
  readonly firstDivergence: FirstDivergence | null;
  /** How often the baseline agrees with itself; null if no request was asked twice. */
  readonly noise: Noise | null;
  /** What judges, which are models, said of the pairs left open; in no other figure. Empty without one. */
  readonly judges: readonly JudgeFigures[];
  /** The figures by the property that was asked for; null if none was. */
  readonly by: Slices | null;
  readonly evidence: Evidence;
  /** In alphabetical order. */
  readonly byEndpoint: readonly EndpointFigures[];
};

/** The figures of one endpoint. */
export type EndpointFigures = Figures & {
  readonly endpoint: string;
  readonly cost: Figures['cost'] & Pick<Bill, 'monthly'>;
};

/**
 * The summary of a comparison as the store is now. It reads one snapshot, so that the counts add up
 * while a replay or a review goes on. Latency, tokens and cost cover the answered pairs only, so that
 * both sides are about the same requests. A pair that several reviewers judged counts once, with their
 * common verdict; with a filter, only the pairs that match it count, and no records that cannot be
 * replayed. `reviewer` names the one whose verdicts count alone. `prices`: USD, null if unknown. `at`: the current time, ISO 8601 in UTC.
 */
export const gatherSummary = async (
  store: Store,
  comparison: ComparisonRecord,
  options: {
    readonly prices: Readonly<Record<Side, Price | null>>;
    /** The price of a call at its moment; by default the current price. */
    readonly priceAt?: PriceAt;
    readonly at: string;
    readonly reviewer?: string | null;
    readonly filter?: SummaryFilter | null;
    /** A rate that overall is to reach, as a fraction of 1; none by default. */
    readonly target?: number | null;
    /** The property by which the pairs are counted apart; none by default. */
    readonly by?: SliceDimension | null;
    /** The requests of a month of this traffic; by default their captured rate. */
    readonly monthlyRequests?: number | null;
  },
): Promise<Summary> => {
  const { prices, priceAt = (side) => prices[side] } = options;
  const grouping: CostGrouping = {
    baseline: await costGrouping(store, comparison, 'baseline', priceAt),
    candidate: await costGrouping(store, comparison, 'candidate', priceAt),
  };
  if ((options.filter ?? null) === null) await refreshBlocks(store, comparison.id, grouping);
  return atOneMoment(store, async (reading) => {
    const filter = options.filter ?? null;
    const scope = filter === null ? 'all' : 'offered';
    if (filter !== null) {
      const ids = await filterPairs(reading, comparison.id, filter.filter, {
        me: filter.me,
        reviewer: options.reviewer ?? null,
        cost: filter.cost,
        order: 'capture',
        index: 'none',
      });
      await fillScope(reading, ids);
    }
    await fillStandingVerdicts(reading, comparison.id);
    const records = await countRecords(reading, comparison.id);
    const { notReplayable, reasons } =
      scope === 'all' ? records : { notReplayable: 0, reasons: [] };
    const { selection, reasons: allLeftOut } = await countLeftOut(reading, comparison.id);
    const leftOut = scope === 'all' ? allLeftOut : [];
    const reviewer = options.reviewer ?? null;
    const target = options.target ?? null;
    const by = options.by ?? null;
    // What a stratum stands for is not known for a part of its pairs.
    const stratify = scope === 'all' ? (selection?.stratify ?? null) : null;
    const facts = await loadFacts(reading, comparison, { grouping, reviewer, stratify, scope });
    const { incomplete, known, whole } = facts;
    const isForgotten = allLeftOut.some(({ reason }) => reason === overStratum);
    const repeats = await repeatFacts(reading, comparison.id);
    const ownRepeats = repeats.filter((fact) => reviewer === null || fact.reviewer === reviewer);
    const translated = await countTranslated(reading, comparison.id, scope);
    const { id, name, baseline, candidate, createdAt } = comparison;
    const figures = computeFigures(whole, notReplayable, prices, priceAt);
    const ofEndpoints = [...facts.byEndpoint].map(([endpoint, own]) => ({
      endpoint,
      ...computeFigures(own, 0, prices, priceAt),
    }));
    const bill = await gatherBill(reading, comparison, {
      scope,
      incomplete,
      known,
      priceAt,
      whole: figures.cost.perRequest,
      byEndpoint: new Map(ofEndpoints.map(({ cost, endpoint }) => [endpoint, cost.perRequest])),
      monthlyRequests: options.monthlyRequests ?? null,
    });
    return {
      schema: 'understudy.summary/3',
      at: options.at,
      comparison: { id, name, baseline, candidate, createdAt, selection },
      ...figures,
      cost: { ...figures.cost, ...bill.whole },
      sample: sampleOf(whole, { isForgotten }),
      reviewer,
      rules: (await listRules(reading, comparison.id, scope)).map(summaryRule),
      blind: blindFigures(await blindFacts(reading, comparison.id, reviewer), ownRepeats),
      selfAgreement: selfAgreement(ownRepeats),
      filter: filter === null ? null : printFilter(filter.filter),
      reviewers: countByReviewer(await reviewerFacts(reading, scope), repeats),
      reviewerAgreement: reviewerAgreement(await sharedVerdicts(reading, scope)),
      notReplayableReasons: reasons.map(({ reason, count }) => ({ reason, records: count })),
      leftOut: {
        total: leftOut.reduce((sum, { captures }) => sum + captures, 0),
        reasons: leftOut,
      },
      partialParts: countPartial(whole.partial).parts,
      paths: {
        native: figures.counts.answered - translated.bridged - translated.lossy,
        ...translated,
      },
      target: target === null ? null : decideTarget(conflictBounds(whole), target),
      // Calls that a filter leaves out were in flight as well.
      latencyConditions:
        scope === 'all'
          ? latencyConditions(await timedCalls(reading, comparison.id), {
              beside: await callsBeside(reading, comparison.id),
              share: Math.min(1, mostTimedPairs / Math.max(1, figures.counts.replayable)),
              tokens: figures.tokens,
            })
          : null,
      toolCalls: callFigures(await callFacts(reading, comparison.id, scope)),
      firstDivergence: firstDivergence(whole.turns, figures.counts.replayable),
      noise: await gatherNoise(reading, comparison, { reviewer, agreement: figures.agreement }),
      judges: await gatherJudges(reading, id, {
        reviewer,
        scope,
        pairs: figures.counts.different,
      }),
      by:
        by === null
          ? null
          : await gatherSlices(reading, comparison, by, { reviewer, scope, facts: whole.pairs }),
      evidence: await gatherEvidence(reading, comparison, {
        scope,
        known,
        reviewer,
        priceAt,
        at: options.at,
      }),
      byEndpoint: ofEndpoints.map((one) => ({
        ...one,
        cost: { ...one.cost, monthly: bill.monthlyOf(one.endpoint) },
      })),
    };
  });
};

/**
 * A rule as the summary has it: its tolerance is spelled as in the configuration. `text`: what it says, safe
 * to print.
 */
export type SummaryRule = Omit<RuleRecord, 'tolerance'> & {
  readonly text: string;
  readonly tolerance: string | null;
};

const summaryRule = (rule: RuleRecord): SummaryRule => ({
  ...rule,
  text: ruleWords(rule),
  tolerance: rule.tolerance === null ? null : toleranceText(rule.tolerance),
});

const overStratum: LeftOutReason = 'over the number per stratum';

/** Returns how finely the costs of a side must be grouped for its prices. */
const costGrouping = async (
  store: Store,
  comparison: ComparisonRecord,
  side: Side,
  priceAt: PriceAt,
): Promise<CostGrouping[Side]> => {
  const isNamed = comparison[side] !== 'recorded';
  const models = isNamed ? [null] : await answeringModels(store, comparison.id, side);
  const prices = models.map((model) => priceAt(side, { at: null, model }));
  return {
    tiers: [...new Set(prices.flatMap(tiersOf))].toSorted((a, b) => a - b),
    moments: prices.some((price) => price?.varies === true),
    models: !isNamed,
  };
};

const loadFacts = async (
  store: Store,
  comparison: ComparisonRecord,
  options: {
    readonly grouping: CostGrouping;
    readonly reviewer: string | null;
    readonly stratify: Stratification | null;
    readonly scope: PairScope;
  },
) => {
  const { id: comparisonId } = comparison;
  const { grouping, scope, stratify } = options;
  const known = await blockFacts(store, comparisonId, grouping, scope);
  const pairs =
    stratify !== null && needsMetadata(stratify)
      ? await pairFacts(store, comparisonId, options)
      : await withMarks(store, comparisonId, known.machine, options);
  const turns = await turnFacts(store, comparisonId, options);
  const sizes = stratify === null ? null : await stratumSizes(store, comparisonId, stratify);
  const some = (state: SideState): boolean =>
    known.machine.some(({ baseline, candidate }) => baseline === state || candidate === state);
  const incomplete = await incompleteScope(store, known, scope);
  const failures = some('failed') ? await failureFacts(store, comparisonId, incomplete) : [];
  const notSent = some('not_sent') ? await notSentFacts(store, comparisonId, incomplete) : [];
  const { durations, partial, tokens } = known;
  const whole: Facts = { pairs, turns, sizes, failures, notSent, tokens, partial, durations };
  const groups = {
    pairs: byEndpoint(pairs),
    turns: turns === null ? null : byEndpoint(turns),
    sizes: sizes === null ? null : byEndpoint(sizes),
    failures: byEndpoint(failures),
    notSent: byEndpoint(notSent),
    tokens: byEndpoint(tokens),
    partial: byEndpoint(partial),
    durations: byEndpoint(durations),
  };
  const ofEndpoint = (endpoint: string): Facts => ({
    pairs: groups.pairs.get(endpoint) ?? [],
    turns: groups.turns === null ? null : (groups.turns.get(endpoint) ?? []),
    sizes: groups.sizes === null ? null : (groups.sizes.get(endpoint) ?? []),
    failures: groups.failures.get(endpoint) ?? [],
    notSent: groups.notSent.get(endpoint) ?? [],
    tokens: groups.tokens.get(endpoint) ?? [],
    partial: groups.partial.get(endpoint) ?? [],
    durations: groups.durations.get(endpoint) ?? [],
  });
  return {
    incomplete,
    known,
    whole,
    byEndpoint: new Map(
      [...groups.pairs.keys()].toSorted().map((endpoint) => [endpoint, ofEndpoint(endpoint)]),
    ),
  };
};

/** The pairs among which are all that lack an answer: they alone, where they are known. */
const incompleteScope = async (
  store: Store,
  { incomplete }: Pick<BlockFacts, 'incomplete'>,
  scope: PairScope,
): Promise<PairScope> => {
  if (scope !== 'all' || incomplete === null) return scope;
  await fillScope(store, incomplete);
  return 'incomplete';
};

const byEndpoint = <Fact extends { readonly endpoint: string }>(
  facts: readonly Fact[],
): ReadonlyMap<string, readonly Fact[]> => Map.groupBy(facts, ({ endpoint }) => endpoint);
