import type { ToolCall } from '../models/answer.ts';
import { jsonDifferences, type JsonDifference } from './json/json-differences.ts';
import { JsonEquality } from './json/json-equality.ts';
import { likenessOf, listedMatches, type ItemMatch } from './json/match-items.ts';
import { parseLosslessJson, type LosslessJson } from './json/lossless-json.ts';

/**
 * One difference between the tool calls of two answers, with indexes into their lists. `arguments`:
 * the same tool with different arguments (`differences` is empty if either side's are no JSON object or
 * array).
 * `order`: the same calls in a different order.
 */
export type ToolCallDifference =
  | { readonly kind: 'added'; readonly name: string; readonly candidate: number }
  | { readonly kind: 'removed'; readonly name: string; readonly baseline: number }
  | {
      readonly kind: 'arguments';
      readonly name: string;
      readonly baseline: number;
      readonly candidate: number;
      readonly differences: readonly JsonDifference[];
    }
  | { readonly kind: 'order' };

/** Longer lists are compared call by call, by position only. */
const maximumMatchedCalls = 200;

/**
 * Returns the differences between two lists of tool calls, compared by name and parsed arguments;
 * empty if they are equal. Ids are not compared, because every answer has new ones. Equal calls are
 * matched first, then calls of the same tool with the most equal arguments.
 */
export const toolCallDifferences = (
  baseline: readonly ToolCall[],
  candidate: readonly ToolCall[],
): readonly ToolCallDifference[] => {
  const partners = matchToolCalls(baseline, candidate);
  const found: ToolCallDifference[] = [];
  for (const [index, call] of baseline.entries()) {
    const partner = partners[index] ?? null;
    const other = partner === null ? undefined : candidate[partner];
    if (partner === null || other === undefined) {
      found.push({ kind: 'removed', name: call.name, baseline: index });
      continue;
    }
    const differences = argumentDifferences(call, other);
    if (differences === 'same') continue;
    found.push({
      kind: 'arguments',
      name: call.name,
      baseline: index,
      candidate: partner,
      differences,
    });
  }
  const taken = new Set(partners);
  for (const [index, call] of candidate.entries()) {
    if (!taken.has(index)) found.push({ kind: 'added', name: call.name, candidate: index });
  }
  if (found.length === 0 && partners.some((partner, index) => partner !== index)) {
    found.push({ kind: 'order' });
  }
  return found;
};

/**
 * Returns the calls of both lists, matched: equal calls first, then calls of the same tool whose
 * arguments are most alike, then those left in their order. Calls of different tools never match.
 * The label of a match is empty.
 */
export const matchedCalls = (
  baseline: readonly ToolCall[],
  candidate: readonly ToolCall[],
): readonly ItemMatch[] => {
  const partners = Int32Array.from(matchToolCalls(baseline, candidate), (partner) => partner ?? -1);
  return listedMatches(partners, candidate.length, { baseline: () => '', candidate: () => '' });
};

/** Returns, for each call of the baseline, the index of the candidate's matching call, or null. */
const matchToolCalls = (
  baseline: readonly ToolCall[],
  candidate: readonly ToolCall[],
): readonly (number | null)[] => {
  const partners: (number | null)[] = baseline.map(() => null);
  const taken = new Set<number>();
  const pair = (index: number, partner: number): void => {
    partners[index] = partner;
    taken.add(partner);
  };
  const match = (fits: (a: ToolCall, b: ToolCall) => boolean): void => {
    for (const [index, call] of baseline.entries()) {
      if (partners[index] !== null) continue;
      const partner = candidate.findIndex((other, at) => !taken.has(at) && fits(call, other));
      if (partner !== -1) pair(index, partner);
    }
  };
  if (Math.max(baseline.length, candidate.length) > maximumMatchedCalls) {
    return baseline.map((call, index) => (candidate[index]?.name === call.name ? index : null));
  }
  match((a, b) => a.name === b.name && a.arguments === b.arguments);
  match((a, b) => a.name === b.name && argumentDifferences(a, b) === 'same');
  for (const [index, partner] of alikeCalls(baseline, candidate, partners, taken)) {
    if (partners[index] === null && !taken.has(partner)) pair(index, partner);
  }
  match((a, b) => a.name === b.name);
  return partners;
};

/** Returns pairs of unmatched calls of one tool, those with the most equal arguments first. */
const alikeCalls = (
  baseline: readonly ToolCall[],
  candidate: readonly ToolCall[],
  partners: readonly (number | null)[],
  taken: ReadonlySet<number>,
): readonly (readonly [index: number, partner: number])[] => {
  const left = [...baseline.entries()].filter(([index]) => partners[index] === null);
  const right = [...candidate.entries()].filter(([index]) => !taken.has(index));
  // With one call of a tool on each side, there is no choice.
  if (left.length < 2 && right.length < 2) return [];
  const values = new Map<ToolCall, LosslessJson | null>();
  for (const [, call] of [...left, ...right]) values.set(call, parseArguments(call));
  const equality = new JsonEquality();
  return left
    .flatMap(([index, call]) =>
      right.flatMap(([partner, other]) => {
        const [a, b] = [values.get(call) ?? null, values.get(other) ?? null];
        if (call.name !== other.name || a === null || b === null) return [];
        return [{ index, partner, likeness: likenessOf(a, b, equality) }];
      }),
    )
    .filter(({ likeness }) => likeness > 0)
    .sort((a, b) => b.likeness - a.likeness)
    .map(({ index, partner }) => [index, partner] as const);
};

const argumentDifferences = (a: ToolCall, b: ToolCall): 'same' | readonly JsonDifference[] => {
  if (a.arguments === b.arguments) return 'same';
  const first = parseArguments(a);
  const second = parseArguments(b);
  if (first === null || second === null) return [];
  const differences = jsonDifferences(first, second);
  return differences.length === 0 ? 'same' : differences;
};

/**
 * Parses the arguments of a call; null if they are no JSON object or array. A bare value is the text that a
 * custom tool takes, where `3.10` is not `3.1`. For a call without parameters, some providers send an empty
 * string and others `{}`.
 */
export const parseArguments = (call: ToolCall): LosslessJson | null => {
  const value = parseLosslessJson(call.arguments.trim() === '' ? '{}' : call.arguments);
  return value?.kind === 'object' || value?.kind === 'array' ? value : null;
};
