import type { Conversation } from '../../store/comparisons/conversation-turns.ts';
import type { PairChoice } from '../../store/verdicts.ts';
import { hasPair, type PairKey, type PairSet } from './pair-key.ts';
import type { PairList } from './pair-list.ts';

/** The part of the queue that a reviewer walks: the pairs that match a filter or have a pattern. */
export type Walk = {
  readonly choice: PairChoice;
  /** Its pairs, as they were when it began. */
  readonly pairs: PairSet;
  /** Whether others may follow, which are still looked for; default false. */
  readonly isBeginning?: boolean;
  /** The pattern that its pairs had when it began; missing for a filter. */
  readonly pattern?: WalkedPattern;
};

/** What tells a pattern from others, and its text without telling which side is the baseline. */
export type WalkedPattern = { readonly key: string; readonly sidelessText: string };

/** A walk through the other turns of a conversation, which leaves the order of the queue. */
export type TurnWalk = {
  readonly conversation: Conversation;
  /** The pair where it began. */
  readonly start: PairKey;
  /** Whether the queue had chosen that pair. */
  readonly followed: boolean;
};

/** Returns the indexes of the pairs of a walk, ascending. */
export const walkIndexes = (entries: PairList, { pairs }: Pick<Walk, 'pairs'>): Uint32Array =>
  entries.indexesOf(pairs);

/** Whether a pair is on the way of a walk, or there is no walk. */
export const isOnWalk = (entries: PairList, index: number, walk: Walk | null): boolean => {
  if (walk === null) return true;
  const entry = entries.at(index);
  return entry !== undefined && hasPair(walk.pairs, entry);
};
