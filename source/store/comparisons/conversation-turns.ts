import { sql } from 'kysely';
import type { Capture } from '../../traffic/capture.ts';
import { messageChains } from '../../traffic/last-turn/conversation-turn.ts';
import type { Store } from '../open.ts';
import type { Tables } from '../tables.ts';

/** The requests of a conversation that are in a comparison. */
export type Conversation = {
  /** The hash that the filter `conversation:` finds them by. */
  readonly hash: string;
  /** At least two, in the order of the turns. */
  readonly captureIds: readonly string[];
};

/** What orders the turns of a conversation. */
type TurnPlace = {
  /** ISO 8601 in UTC; null if the recording does not say. */
  readonly timestamp: string | null;
  /** The number of messages of the request; null for a request without any. */
  readonly messages: number | null;
  /** Grows in the order of the imports. */
  readonly number: number;
};

/**
 * Returns the turns of a conversation in their order: by time or, if one of them has none, by the number of messages,
 * because each turn repeats the ones before it.
 */
export const inTurnOrder = <Turn extends TurnPlace>(turns: readonly Turn[]): readonly Turn[] => {
  const areTimed = turns.every(({ timestamp }) => timestamp !== null);
  return turns.toSorted(
    (a, b) =>
      (areTimed ? compareTexts(a.timestamp ?? '', b.timestamp ?? '') : 0) ||
      (a.messages ?? 0) - (b.messages ?? 0) ||
      a.number - b.number,
  );
};

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The most turns of a conversation that are listed. */
const mostTurns = 1000;

type TurnRow = Pick<Tables['capture'], 'id' | 'chain'> & TurnPlace;

/**
 * Returns the conversation of a capture in a comparison; null if none of its other requests is there. Captures of
 * which the recording names the same conversation belong together. Without names, those before are the ones whose
 * messages this one begins with, and the next one is the first that repeats all messages with one answer more.
 */
export const conversationTurns = async (
  store: Store,
  comparisonId: string,
  capture: Capture,
): Promise<Conversation | null> => {
  const own = await store.db
    .selectFrom('capture')
    .select(['id', 'conversation', 'chain', 'timestamp', 'messages', 'number'])
    .where('id', '=', capture.id)
    .executeTakeFirst();
  if (own === undefined || own.conversation === null) return null;
  const { chain, conversation: hash } = own;
  // Most requests are alone, and to hash the messages of each would delay a review's first screen.
  const another = await store.db
    .selectFrom('capture')
    .select('id')
    .where('conversation', '=', hash)
    .where('id', '<>', own.id)
    .limit(1)
    .executeTakeFirst();
  if (another === undefined) return null;
  const found =
    chain === null
      ? await turnsOf(store, comparisonId, hash, null)
      : await turnsOf(store, comparisonId, hash, [
          ...messageChains(capture),
          ...(await laterChains(store, hash, chain)),
        ]);
  // The same request may have been made several times.
  const byChain = new Map(found.map((turn) => [turn.chain ?? turn.id, turn]));
  if (byChain.has(chain ?? own.id)) byChain.set(chain ?? own.id, own);
  const captureIds = inTurnOrder([...byChain.values()]).map(({ id }) => id);
  return captureIds.length < 2 || !captureIds.includes(own.id) ? null : { hash, captureIds };
};

/** Lists requests of a comparison that are of a conversation. `chains`: only those with one of these; null: all. */
const turnsOf = async (
  { db }: Store,
  comparisonId: string,
  conversation: string,
  chains: readonly string[] | null,
): Promise<readonly TurnRow[]> => {
  const ofChains =
    chains === null ? sql`1 = 1` : sql`t.chain in (${sql.join(chains.slice(-mostTurns))})`;
  const { rows } = await sql<TurnRow>`
    select t.id, t.chain, t.timestamp, t.messages, t.number
    from capture t
    cross join comparison_capture s
    where t.conversation = ${conversation} and ${ofChains}
      and s.comparison_id = ${comparisonId} and s.capture_id = t.id
    limit ${mostTurns}
  `.execute(db);
  return rows;
};

/** Follows the turns after one: each repeats the messages of the one before with one answer more. */
const laterChains = async (
  { db }: Store,
  conversation: string,
  chain: string,
): Promise<readonly string[]> => {
  const { rows } = await sql<{ readonly chain: string }>`
    with recursive later (chain, turns) as (
      select ${chain}, 0
      union all
      select (
        select min(t.chain) from capture t
        where t.conversation = ${conversation} and t.previous = later.chain
      ), turns + 1
      from later where later.chain is not null and turns < ${mostTurns}
    )
    select chain from later where chain is not null and turns > 0
  `.execute(db);
  return rows.map((row) => row.chain);
};

/** The captures of a comparison of which the hash of the conversation begins with a text, in the order of the queue. */
export const capturesOfConversation = async (
  { db }: Store,
  comparisonId: string,
  start: string,
): Promise<readonly string[]> => {
  const hash = start.toLowerCase();
  // A cross join keeps SQLite from going through all pairs in the order of the queue. Hashes have no g.
  const { rows } = await sql<{ readonly id: string }>`
    select t.id
    from capture t
    cross join comparison_capture s
    where t.conversation >= ${hash} and t.conversation < ${`${hash}g`}
      and s.comparison_id = ${comparisonId} and s.capture_id = t.id
    order by s.position
  `.execute(db);
  return rows.map(({ id }) => id);
};
