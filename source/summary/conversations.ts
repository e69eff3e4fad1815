import { drawnEffect, judgedEffect, type ClusterEffect } from '../statistics/clusters.ts';
import type { JudgedList } from '../statistics/stratified.ts';
import type { RateInterval } from '../statistics/wilson.ts';
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
