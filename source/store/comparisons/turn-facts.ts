import { sql } from 'kysely';
import type { CallAgreement } from '../../comparison/outcome.ts';
import { parseJsonObject } from '../../text/json.ts';
import { conversationId } from '../../traffic/selection/rank.ts';
import type { Store } from '../open.ts';
import type { Tables } from '../tables.ts';
import { singlePairFacts, type SinglePairFact } from './pair-facts.ts';
import { firstPairs, within, type PairScope } from './pair-scope.ts';

/** A pair, and the conversation that its request belongs to; null if the recording names none. */
export type TurnFact = SinglePairFact & {
  readonly conversation: string | null;
  /** When production sent the request, ISO 8601 in UTC; null if the recording does not say. */
  readonly timestamp: string | null;
  /** The number of messages of the request; null for a request without any. */
  readonly messages: number | null;
  /** Grows in the order of the imports. */
  readonly number: number;
};

/** The most pairs that are read to learn how much the turns of conversations resemble each other. */
const mostTurns = 10_000;

/** Pairs that are read to learn whether the recordings name conversations at all. */
const probedPairs = 1000;

/**
 * Lists the first pairs of the random order with their conversations; null if no two of them are turns of the same
 * one, and if none of the first thousand names one. `reviewer`: whose verdicts count; null: everybody's.
 */
export const turnFacts = async (
  store: Store,
  comparisonId: string,
  options: { readonly reviewer: string | null; readonly scope: PairScope },
): Promise<readonly TurnFact[] | null> => {
  const probed = await firstTurns(store, comparisonId, options.scope, probedPairs);
  if (![...probed.values()].some(({ conversation }) => conversation !== null)) return null;
  const requests =
    probed.size < probedPairs
      ? probed
      : await firstTurns(store, comparisonId, options.scope, mostTurns);
  const named = [...requests.values()].flatMap(({ conversation }) => conversation ?? []);
  if (new Set(named).size === named.length) return null;
  const facts = await singlePairFacts(store, comparisonId, { ...options, first: mostTurns });
  return facts.flatMap((fact) => {
    const request = requests.get(fact.captureId);
    return request === undefined ? [] : [{ ...fact, ...request }];
  });
};

/** The requests of the first pairs, by the id of their captures. */
const firstTurns = async (
  { db }: Store,
  comparisonId: string,
  scope: PairScope,
  most: number,
): Promise<ReadonlyMap<string, Omit<TurnFact, keyof SinglePairFact>>> => {
  const { rows } = await sql<
    Pick<Tables['capture'], 'id' | 'messages' | 'metadata' | 'timestamp'> & {
      readonly number: number;
    }
  >`
    select t.id, t.messages, t.metadata, t.timestamp, t.number
    from capture t
    where t.id in (${firstPairs(comparisonId, scope, most)})
  `.execute(db);
  return new Map(
    rows.map(({ id, messages, metadata, number, timestamp }) => [
      id,
      {
        conversation: conversationId(metadata === null ? null : parseJsonObject(metadata)),
        timestamp,
        messages,
        number,
      },
    ]),
  );
};

/** The number of compared pairs by how far their tool calls agree; of pairs in which a side calls a tool. */
export const callFacts = async (
  store: Store,
  comparisonId: string,
  scope: PairScope,
): Promise<readonly { readonly calls: CallAgreement; readonly pairs: number }[]> => {
  const { rows } = await sql<{ readonly calls: CallAgreement; readonly pairs: number }>`
    select o.tool_calls as calls, count(*) as pairs
    from outcome o
    where o.comparison_id = ${comparisonId} and o.tool_calls is not null
      and ${within(scope, 'o.capture_id')}
    group by o.tool_calls
  `.execute(store.db);
  return rows.map(({ calls, pairs }) => ({ calls, pairs: Number(pairs) }));
};
