import { sql } from 'kysely';
import { parseJsonObject } from '../../text/json.ts';
import { conversationId } from '../../traffic/selection/rank.ts';
import type { Store } from '../open.ts';
import { singlePairFacts, type SinglePairFact } from './pair-facts.ts';
import { firstPairs, type PairScope } from './pair-scope.ts';

/** A pair, and the conversation that its request belongs to; null if the recording names none. */
export type TurnFact = SinglePairFact & { readonly conversation: string | null };

/** The most pairs that are read to learn how much the turns of conversations resemble each other. */
const mostTurns = 10_000;

/**
 * Lists the first pairs of the random order with their conversations; null if no two of them are turns of the same
 * one. `reviewer`: whose verdicts count; null: everybody's.
 */
export const turnFacts = async (
  store: Store,
  comparisonId: string,
  options: { readonly reviewer: string | null; readonly scope: PairScope },
): Promise<readonly TurnFact[] | null> => {
  const { rows } = await sql<{ readonly id: string; readonly metadata: string }>`
    select t.id, t.metadata
    from capture t
    where t.id in (${firstPairs(comparisonId, options.scope, mostTurns)}) and t.metadata is not null
  `.execute(store.db);
  const conversations = new Map<string, string>();
  for (const { id, metadata } of rows) {
    const conversation = conversationId(parseJsonObject(metadata));
    if (conversation !== null) conversations.set(id, conversation);
  }
  if (new Set(conversations.values()).size === conversations.size) return null;
  const facts = await singlePairFacts(store, comparisonId, { ...options, first: mostTurns });
  return facts.map((fact) => ({
    ...fact,
    conversation: conversations.get(fact.captureId) ?? null,
  }));
};
