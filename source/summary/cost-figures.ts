import { sides, type Side } from '../comparison/outcome.ts';
import type { Price } from '../models/model.ts';
import { batchShareOf, costOf, type CallMoment } from '../models/prices.ts';
import { ratio } from '../statistics/ratio.ts';
import type { CostFact, TokenFact, TokenSum } from '../store/comparisons/token-facts.ts';

/** Tokens of one side over the answered pairs; null if no answer reports them. */
export type SideTokens = {
  readonly input: number | null;
  readonly output: number | null;
  readonly cachedInput: number | null;
  readonly cacheWrite: number | null;
  readonly hourCacheWrite: number | null;
  readonly reasoning: number | null;
  /** Answers with known tokens; the sums are over these. */
  readonly answers: number;
};

/** The costs of both sides over the answered pairs. */
export type CostFigures = {
  /** USD over the answers with known tokens in answered pairs; null without prices or tokens. */
  readonly baseline: number | null;
  readonly candidate: number | null;
  /** USD for one answer of each side, over the answers with known tokens. */
  readonly perRequest: Readonly<Record<Side, number | null>>;
  /** Candidate ÷ baseline over the pairs in which both sides have known tokens. */
  readonly ratio: number | null;
  /** The number of these pairs. */
  readonly pairs: number;
  readonly currency: 'USD';
  /** The source of the prices and their date; null if no price is known. */
  readonly prices: string | null;
};

/** The price of calls at their moment; null where it is not known. */
export type PriceAt = (side: Side, call: CallMoment) => Price | null;

/** Adds up the tokens of one side. */
export const sideTokens = (sums: readonly TokenSum[]): SideTokens => {
  const { answers, input, output, ...parts } = sumTokens(sums);
  const counted = answers > 0;
  return {
    input: counted ? input : null,
    output: counted ? output : null,
    ...parts,
    answers,
  };
};

const sumTokens = (sums: readonly TokenSum[]): TokenSum => {
  const known = (values: readonly (number | null)[]): number | null => {
    const numbers = values.filter((value) => value !== null);
    return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0);
  };
  return {
    answers: known(sums.map((sum) => sum.answers)) ?? 0,
    input: known(sums.map((sum) => sum.input)) ?? 0,
    output: known(sums.map((sum) => sum.output)) ?? 0,
    cachedInput: known(sums.map((sum) => sum.cachedInput)),
    cacheWrite: known(sums.map((sum) => sum.cacheWrite)),
    hourCacheWrite: known(sums.map((sum) => sum.hourCacheWrite)),
    reasoning: known(sums.map((sum) => sum.reasoning)),
  };
};

/** Computes the costs of both sides over the answered pairs. */
export const costFigures = (tokens: readonly TokenFact[], priceAt: PriceAt): CostFigures => {
  const cost = (group: `${Side}Cost` | 'bothBaselineCost' | 'bothCandidateCost', side: Side) =>
    totalCost(
      tokens.map((fact) => fact[group]),
      (call) => priceAt(side, call),
    );
  const answers = (group: `${Side}Cost` | 'bothBaselineCost'): number =>
    tokens.reduce((sum, fact) => {
      const { counted, saidAnswers } = fact[group];
      return sum + counted.answers + saidAnswers;
    }, 0);
  const baseline = cost('baselineCost', 'baseline');
  const candidate = cost('candidateCost', 'candidate');
  return {
    baseline,
    candidate,
    perRequest: {
      baseline: ratio(baseline, answers('baselineCost')),
      candidate: ratio(candidate, answers('candidateCost')),
    },
    ratio: ratio(cost('bothCandidateCost', 'candidate'), cost('bothBaselineCost', 'baseline')),
    pairs: answers('bothBaselineCost'),
    currency: 'USD',
    prices: priceSource(tokens, priceAt),
  };
};

/**
 * The cost of some answers in USD: as reported by the provider, and for all others by tokens and
 * price. Null if there are no answers, or if some have neither a reported cost nor a price.
 */
const totalCost = (
  facts: readonly CostFact[],
  priceOf: (call: CallMoment) => Price | null,
): number | null => {
  let sum: number | null = null;
  for (const { said, saidAnswers, counted, promptTokens, batch, at, model } of facts) {
    if (saidAnswers > 0) sum = (sum ?? 0) + said;
    if (counted.answers === 0) continue;
    const price = priceOf({ at, model });
    const cost = costOf(counted, price, promptTokens);
    if (cost === null) return null;
    sum = (sum ?? 0) + cost * (batch ? batchShareOf(price) : 1);
  }
  return sum;
};

const priceSource = (tokens: readonly TokenFact[], priceAt: PriceAt): string | null => {
  const named = sides.map((side) => {
    const costs = tokens.map((fact) => fact[`${side}Cost`]);
    const calls = [
      { at: null, model: null },
      ...costs.filter(({ counted }) => counted.answers > 0),
    ];
    const price = calls.map((call) => priceAt(side, call)).find((one) => one !== null) ?? null;
    const when = price?.varies === true ? ', at the moment of each call' : '';
    const listed =
      price === null ? null : `${price.source}${price.date === '' ? '' : `, ${price.date}`}${when}`;
    const said = costs.reduce((sum, cost) => sum + cost.saidAnswers, 0);
    const others = costs.reduce((sum, cost) => sum + cost.counted.answers, 0);
    if (said === 0) return listed;
    if (others === 0) return 'reported by the provider';
    return `reported by the provider for ${said} of ${said + others} answers, else ${listed ?? 'unknown'}`;
  });
  const [baseline, candidate] = named;
  if (baseline === candidate) return baseline ?? null;
  return sides.map((side, index) => `${side}: ${named[index] ?? 'unknown'}`).join('; ');
};
