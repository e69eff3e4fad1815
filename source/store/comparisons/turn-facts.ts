import { sql } from 'kysely';
import type { CallAgreement } from '../../comparison/outcome.ts';
import type { Store } from '../open.ts';
import type { Tables } from '../tables.ts';
import { singlePairFacts, type SinglePairFact } from './pair-facts.ts';
import { firstPairs, within, type PairScope } from './pair-scope.ts';

/** A pair, and its place in a conversation. */
export type TurnFact = SinglePairFact & {
  /**
   * A hash of the name of the conversation or, if the recording names none, of the messages of its second turn. Null
   * for a request that is not known to be a turn of one.
   */
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

/** Pairs that are read to learn whether there are conversations at all. */
const probedPairs = 1000;

/**
 * Lists the first pairs of the random order with their conversations; null if no two of them are turns of the same
 * one, and if none of the first thousand has a name or an earlier turn. `reviewer`: whose verdicts count; null:
 * everybody's.
 */
export const turnFacts = async (
  store: Store,
  comparisonId: string,
  options: { readonly reviewer: string | null; readonly scope: PairScope },
): Promise<readonly TurnFact[] | null> => {
  const probed = await firstRequests(store, comparisonId, options.scope, probedPairs);
  if (!probed.some((request) => isNamed(request) || request.previous !== null)) return null;
  const requests =
    probed.length < probedPairs
      ? probed
      : await firstRequests(store, comparisonId, options.scope, mostTurns);
  const previousOf = await previousTurns(store, comparisonId, options.scope);
  const conversations = conversationsOf(requests, previousOf);
  if (new Set(conversations.values()).size === conversations.size) return null;
  const byId = new Map(requests.map((request) => [request.id, request]));
  const facts = await singlePairFacts(store, comparisonId, { ...options, first: mostTurns });
  return facts.flatMap((fact) => {
    const request = byId.get(fact.captureId);
    if (request === undefined) return [];
    const { id, messages, number, timestamp } = request;
    return { ...fact, conversation: conversations.get(id) ?? null, timestamp, messages, number };
  });
};

/** A request; `conversation`, `chain` and `previous` are those of `ConversationTurn`. */
type Request = Pick<
  Tables['capture'],
  'id' | 'messages' | 'timestamp' | 'conversation' | 'chain' | 'previous'
> & { readonly number: number };

const isNamed = ({ chain, conversation }: Request): boolean =>
  conversation !== null && chain === null;

/** The requests of the first pairs. */
const firstRequests = async (
  { db }: Store,
  comparisonId: string,
  scope: PairScope,
  most: number,
): Promise<readonly Request[]> => {
  const { rows } = await sql<Request>`
    select t.id, t.messages, t.timestamp, t.number, t.conversation, t.chain, t.previous
    from capture t
    where t.id in (${firstPairs(comparisonId, scope, most)})
  `.execute(db);
  return rows;
};

/**
 * Returns the `previous` of each second and later turn by its `chain`: of the first pairs, and of the turns before
 * them, because the store may have turns in between that are not among these pairs. Each is visited once.
 */
const previousTurns = async (
  { db }: Store,
  comparisonId: string,
  scope: PairScope,
): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await sql<{ readonly chain: string; readonly previous: string }>`
    with recursive later (conversation, chain, previous) as (
      select t.conversation, t.chain, t.previous
      from capture t
      where t.id in (${firstPairs(comparisonId, scope, mostTurns)}) and t.previous is not null
      union
      select t.conversation, t.chain, t.previous
      from later
      cross join capture t on t.conversation = later.conversation and t.chain = later.previous
      where t.previous is not null
    )
    select chain, previous from later
  `.execute(db);
  return new Map(rows.map(({ chain, previous }) => [chain, previous]));
};

/**
 * Returns the conversation of each request that is a turn of one. Without names, requests belong together if the
 * messages before their last answers lead back to the same second turn. What answered the first turn tells
 * conversations apart that begin alike: a first turn that several continue, or that was sent several times, belongs to
 * none of them. The same request made again is no further turn.
 */
const conversationsOf = (
  requests: readonly Request[],
  previousOf: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> => {
  const conversations = new Map<string, string>();
  for (const { chain, conversation, id } of requests) {
    if (conversation !== null && chain === null) conversations.set(id, conversation);
  }
  const unnamed = requests.flatMap(({ chain, id }) => (chain === null ? [] : { chain, id }));
  const byChain = Map.groupBy(unnamed, ({ chain }) => chain);
  const bySecond = Map.groupBy(
    [...byChain.keys()].filter((chain) => previousOf.has(chain)),
    (chain) => secondTurn(chain, previousOf),
  );
  const byFirst = Map.groupBy(bySecond.keys(), (second) => previousOf.get(second) ?? '');
  for (const [second, later] of bySecond) {
    const first = previousOf.get(second) ?? '';
    const isOnly = byFirst.get(first)?.length === 1 && byChain.get(first)?.length === 1;
    const chains = isOnly ? [first, ...later] : later;
    if (chains.length < 2) continue;
    for (const { id } of chains.flatMap((chain) => byChain.get(chain) ?? [])) {
      conversations.set(id, second);
    }
  }
  return conversations;
};

/** Returns the earliest turn before one, or the turn itself, that still has one before it. */
const secondTurn = (turn: string, previousOf: ReadonlyMap<string, string>): string => {
  let second = turn;
  for (;;) {
    const before = previousOf.get(second);
    if (before === undefined || !previousOf.has(before)) return second;
    second = before;
  }
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
