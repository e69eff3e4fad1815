import type { CallAgreement } from '../comparison/outcome.ts';
import { drawnEffect, judgedEffect, type ClusterEffect } from '../statistics/clusters.ts';
import type { JudgedList } from '../statistics/stratified.ts';
import { wilson, type RateInterval } from '../statistics/wilson.ts';
import { inTurnOrder } from '../store/comparisons/conversation-turns.ts';
import type { TurnFact } from '../store/comparisons/turn-facts.ts';

/** How much less the turns of conversations say than as many independent requests. */
export type ClusterLoss = {
  /** Of verdicts. Null with turns of a single conversation, from which nothing can be inferred. */
  readonly judged: ClusterEffect | null;
  /** Of requests drawn from production. */
  readonly drawn: ClusterEffect | null;
};

/** The pairs of conversations. */
export type ConversationFigures = {
  readonly conversations: number;
  /** Pairs that belong to a conversation, and to which `conversations` refers. */
  readonly turns: number;
  /** Pairs that were looked at: all, or the first of the random order. */
  readonly pairs: number;
  /** Of the rate of no worse over the judged pairs, and over production. */
  readonly judged: EffectiveNumber;
  readonly drawn: EffectiveNumber;
};

/** How many independent requests say as much as those of a rate. Null if it is not known. */
export type EffectiveNumber = {
  readonly n: number;
  readonly designEffect: number | null;
  /** `n` divided by the design effect, and by the uncertainty of few conversations. */
  readonly effective: number | null;
};

/**
 * The turns by conversation; a request that belongs to none is one of its own. Null if no conversation has two turns.
 */
export const byConversation = <Turn extends Pick<TurnFact, 'captureId' | 'conversation'>>(
  turns: readonly Turn[] | null,
): readonly (readonly Turn[])[] | null => {
  if (turns === null) return null;
  const groups = Map.groupBy(turns, ({ captureId, conversation }) =>
    conversation === null ? `capture ${captureId}` : `conversation ${conversation}`,
  );
  return groups.size === turns.length ? null : [...groups.values()];
};

/**
 * The loss for a rate. `lists`: what is known of the turns of each conversation; null without conversations.
 * `pairs`: the number of all pairs, of which the lists may have a part.
 */
export const clusterLoss = (
  lists: readonly JudgedList[] | null,
  pairs: number,
): ClusterLoss | null => {
  if (lists === null) return null;
  const judged = lists.filter((list) => list.judged > 0);
  const drawn = lists.filter(({ known, rest }) => known + rest > 0);
  const own = drawn.reduce((sum, { known, rest }) => sum + known + rest, 0);
  const share = Math.min(1, own / Math.max(1, pairs));
  return {
    judged: effectOf(
      judged,
      (list) => list.judged,
      () => judgedEffect(judged.map(({ agreed, judged: n }) => ({ successes: agreed, n }))),
    ),
    drawn: effectOf(
      drawn,
      ({ known, rest }) => known + rest,
      () => drawnEffect(drawn, share),
    ),
  };
};

/** None if no two turns are of one conversation; not known if all are of the same one. */
const effectOf = (
  lists: readonly JudgedList[],
  turnsOf: (list: JudgedList) => number,
  effect: () => ClusterEffect,
): ClusterEffect | null => {
  if (lists.every((list) => turnsOf(list) === 1)) {
    return { designEffect: 1, loss: 1, clusters: lists.length };
  }
  return lists.length < 2 ? null : effect();
};

/** A rate, without its bounds if the effect is not known. */
export const withEffect = (
  effect: ClusterEffect | null,
  rate: (loss: number) => RateInterval,
): RateInterval => (effect === null ? { ...rate(1), lower: null, upper: null } : rate(effect.loss));

/** How many independent requests say as much as `n` turns. */
export const effectiveNumber = (effect: ClusterEffect | null, n: number): EffectiveNumber => ({
  n,
  designEffect: effect?.designEffect ?? null,
  effective: effect === null ? null : n / effect.loss,
});

/** In which turn of conversations the machine first finds a difference. Each turn is given the recorded past. */
export type FirstDivergence = {
  /** Those of which two turns or more are in the comparison; the other numbers add up to it. */
  readonly conversations: number;
  /** Counts from 1, over the turns in the comparison, in the order of their requests. */
  readonly turns: readonly { readonly turn: number; readonly conversations: number }[];
  /** After the last of `turns`. */
  readonly later: number;
  /** Conversations whose turns are all identical, equivalent or settled by rules. */
  readonly none: number;
  /** Conversations with a turn that is not compared yet, or that the baseline failed, before any difference. */
  readonly unknown: number;
};

/** The last turn that is counted by itself. */
const lastTurn = 10;

/**
 * Counts conversations by the first turn that differs or that the candidate failed. `pairs`: the number of all pairs; null
 * if there are no conversations or not all their turns are known.
 */
export const firstDivergence = (
  turns: readonly TurnFact[] | null,
  pairs: number,
): FirstDivergence | null => {
  const groups = byConversation(turns);
  if (groups === null || turns === null || turns.length < pairs) return null;
  const several = groups.filter(({ length }) => length > 1);
  const first = several.map((own) => divergingTurn(inTurnOrder(own)));
  const counted = (fits: (one: number | 'none' | 'unknown') => boolean): number =>
    first.filter(fits).length;
  const numbers = new Set(first.flatMap((one) => (typeof one === 'number' ? [one] : [])));
  return {
    conversations: several.length,
    turns: [...numbers]
      .filter((turn) => turn <= lastTurn)
      .toSorted((a, b) => a - b)
      .map((turn) => ({ turn, conversations: counted((one) => one === turn) })),
    later: counted((one) => typeof one === 'number' && one > lastTurn),
    none: counted((one) => one === 'none'),
    unknown: counted((one) => one === 'unknown'),
  };
};

/**
 * Returns the first of some turns of a conversation, in their order and counted from 1, that differs or that the candidate
 * failed. `unknown`: one before it is not compared yet, or the baseline failed it.
 */
export const divergingTurn = (
  turns: readonly Pick<TurnFact, 'candidate' | 'outcome'>[],
): number | 'none' | 'unknown' => {
  const at = turns.findIndex((turn) => stateOf(turn) !== 'same');
  const found = turns[at];
  if (found === undefined) return 'none';
  return stateOf(found) === 'unknown' ? 'unknown' : at + 1;
};

const stateOf = ({
  candidate,
  outcome,
}: Pick<TurnFact, 'candidate' | 'outcome'>): 'same' | 'diverges' | 'unknown' => {
  if (outcome === 'identical' || outcome === 'equivalent') return 'same';
  return outcome === 'different' || candidate === 'failed' ? 'diverges' : 'unknown';
};

/** How far both sides call the same tools, of the compared pairs in which a side calls one. */
export type CallFigures = {
  /** Pairs that call the same tools equally often. */
  readonly names: RateInterval;
  /** Those that also give them the same arguments. */
  readonly arguments: RateInterval;
  /** Those that also call them in the same order. */
  readonly order: RateInterval;
};

/** The agreement on tool calls; null if no pair is known to have any. */
export const callFigures = (
  facts: readonly { readonly calls: CallAgreement; readonly pairs: number }[],
): CallFigures | null => {
  const counted = (...agreements: readonly CallAgreement[]): number =>
    facts.reduce((sum, { calls, pairs }) => (agreements.includes(calls) ? sum + pairs : sum), 0);
  const all = counted('names', 'arguments', 'order', 'same');
  return all === 0
    ? null
    : {
        names: wilson(counted('arguments', 'order', 'same'), all),
        arguments: wilson(counted('order', 'same'), all),
        order: wilson(counted('same'), all),
      };
};
