import { sides, type Side } from '../comparison/outcome.ts';
import type { Price } from '../models/model.ts';
import { batchShareOf, costOf } from '../models/prices.ts';
import type { CostFact, TokenFact } from '../store/comparisons/token-facts.ts';
import { ratio } from './ratio.ts';
import type { Figures } from './summary.ts';

/** The costs of both sides over the answered pairs. */
export const costsOf = (
  tokens: readonly TokenFact[],
  prices: Readonly<Record<Side, Price | null>>,
): Figures['cost'] => {
  const sumOf = (group: `${Side}Cost` | 'bothBaselineCost' | 'bothCandidateCost', side: Side) =>
    costOfFacts(
      tokens.map((fact) => fact[group]),
      prices[side],
    );
  return {
    baseline: sumOf('baselineCost', 'baseline'),
    candidate: sumOf('candidateCost', 'candidate'),
    ratio: ratio(sumOf('bothBaselineCost', 'baseline'), sumOf('bothCandidateCost', 'candidate')),
    currency: 'USD',
    prices: pricesOf(tokens, prices),
  };
};

/**
 * USD of some answers: what the providers said, and the tokens of the others by their price. Null
 * where there is nothing, or where the others have no price.
 */
export const costOfFacts = (facts: readonly CostFact[], price: Price | null): number | null => {
  let sum: number | null = null;
  for (const { said, saidAnswers, counted, promptTokens, batch } of facts) {
    if (saidAnswers > 0) sum = (sum ?? 0) + said;
    if (counted.answers === 0) continue;
    const cost = costOf(counted, price, promptTokens);
    if (cost === null) return null;
    sum = (sum ?? 0) + cost * (batch ? batchShareOf(price) : 1);
  }
  return sum;
};

const pricesOf = (
  tokens: readonly TokenFact[],
  prices: Readonly<Record<Side, Price | null>>,
): string | null => {
  const named = sides.map((side) => {
    const price = prices[side];
    const listed = price === null ? null : `${price.source}, ${price.date}`;
    const costs = tokens.map((fact) => fact[`${side}Cost`]);
    const said = costs.reduce((sum, cost) => sum + cost.saidAnswers, 0);
    const others = costs.reduce((sum, cost) => sum + cost.counted.answers, 0);
    if (said === 0) return listed;
    if (others === 0) return 'said by the provider';
    return `said by the provider for ${said} of ${said + others} answers, else ${listed ?? 'not known'}`;
  });
  const [baseline, candidate] = named;
  if (baseline === candidate) return baseline ?? null;
  return sides.map((side, index) => `${side}: ${named[index] ?? 'not known'}`).join('; ');
};
