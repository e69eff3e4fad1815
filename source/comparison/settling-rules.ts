import {
  toleranceText,
  wholeAnswer,
  type RuleContent,
  type Tolerance,
} from '../configuration/rule-content.ts';
import { printableLine } from '../text/printable.ts';
import { truncateCells } from '../text/width.ts';
import type { Divergence, PairComparison } from './outcome.ts';

/** A standing decision that a difference does not count. `author`: a reviewer or a configuration file. */
export type Rule = RuleContent & {
  readonly id: string;
  readonly author: string;
  readonly madeBy: 'reviewer' | 'configuration';
  /** ISO 8601. */
  readonly at: string;
};

/**
 * Returns the rules that together settle a pair: each difference of the pair is covered by at least one
 * rule, and each rule covers at least one difference. Empty if a difference is not covered or the pair does
 * not differ. The order of the rules does not matter.
 */
export const settlingRules = <Own extends RuleContent>(
  endpoint: string,
  comparison: Pick<PairComparison, 'divergences' | 'outcome'>,
  rules: readonly Own[],
): readonly Own[] =>
  settlingTogether(
    comparison,
    rules.filter((rule) => appliesTo(rule, endpoint)),
  );

/** Like `settlingRules`, for rules that all apply to the endpoint of the pair. */
export const settlingTogether = <Own extends RuleContent>(
  { divergences, outcome }: Pick<PairComparison, 'divergences' | 'outcome'>,
  rules: readonly Own[],
): readonly Own[] => {
  if (outcome !== 'different' || divergences === undefined || divergences === null) return [];
  const used = new Set<Own>();
  for (const divergence of divergences) {
    const covering = rules.filter((rule) => covers(rule, divergence));
    if (covering.length === 0) return [];
    for (const rule of covering) used.add(rule);
  }
  return rules.filter((rule) => used.has(rule));
};

/** Whether a rule applies to an endpoint. */
export const appliesTo = (rule: Pick<RuleContent, 'endpoint'>, endpoint: string): boolean =>
  rule.endpoint === null || rule.endpoint === endpoint;

/** Whether a rule covers a divergence, regardless of endpoints. */
export const covers = (rule: RuleContent, divergence: Divergence): boolean => {
  if (rule.ignore === 'order') return divergence.kind === 'order' && rule.path === divergence.path;
  if (!isWithin(divergence.path, rule.path)) return false;
  if (rule.tolerance !== null) {
    return divergence.kind === 'number' && isTolerated(rule.tolerance, divergence);
  }
  return rule.ignore === 'everything' || divergence.kind === 'case';
};

/** Whether a path equals another one or is below it. */
export const isWithin = (path: string, outer: string): boolean => {
  if (outer === wholeAnswer || path === outer) return true;
  return path.startsWith(outer) && /^(?:\.|\[|\(json\))/.test(path.slice(outer.length));
};

/** The relative rounding error that a tolerance allows for. */
const rounding = 1e-9;

const isTolerated = (
  { kind, most }: Tolerance,
  apart: { readonly share: number | null; readonly amount: number },
): boolean => {
  const distance = apart[kind];
  return distance !== null && distance <= most * (1 + rounding);
};

/** Describes a rule in words that are safe to print: `ignore created_at`, `accept ±5% at score`. */
export const ruleText = (rule: RuleContent): string => {
  const path =
    rule.path === wholeAnswer ? 'the whole answer' : truncateCells(printableLine(rule.path), 60);
  if (rule.tolerance !== null) return `accept ±${toleranceText(rule.tolerance)} at ${path}`;
  switch (rule.ignore) {
    case 'everything':
      return `ignore ${path}`;
    case 'case':
      return `ignore case at ${path}`;
    case 'order':
      return `ignore the order of ${path}`;
  }
};

/** Describes a rule with its endpoint, safe to print: `ignore created_at in classify`. */
export const ruleWords = (rule: RuleContent): string => `${ruleText(rule)} ${ruleScope(rule)}`;

/** Describes where a rule applies, safe to print: `in classify`, `in all endpoints`. */
export const ruleScope = ({ endpoint }: Pick<RuleContent, 'endpoint'>): string =>
  endpoint === null ? 'in all endpoints' : `in ${truncateCells(printableLine(endpoint), 40)}`;
