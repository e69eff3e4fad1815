import { objectsIn } from '../../text/json.ts';
import type { Capture } from '../capture.ts';
import { chatRequestOf } from '../chat-request.ts';
import { sha256 } from '../hash.ts';
import { conversationId } from '../selection/rank.ts';
import { withMessage } from './message-chain.ts';

/** The place of a request in its conversation. Hashes have 16 hexadecimal digits. */
export type ConversationTurn = {
  /** The hash of the conversation's name or, if the recording names none, of the messages up to the first of the user. */
  readonly conversation: string;
  /** The number of messages. */
  readonly messages: number;
  /** The hash of all messages; null if the recording names the conversation. */
  readonly chain: string | null;
  /**
   * The hash of the messages before the last answer among them, which is the `chain` of the turn before; null in
   * a first turn, and if the recording names the conversation.
   */
  readonly previous: string | null;
};

type Request = Pick<Capture, 'dialect' | 'metadata' | 'model' | 'request'>;

/** Returns the place of a request in its conversation; null for a request without messages. */
export const conversationTurn = (capture: Request): ConversationTurn | null => {
  const messages = objectsIn(chatRequestOf(capture)['messages']);
  if (messages.length === 0) return null;
  const name = conversationId(capture.metadata);
  if (name !== null) {
    const conversation = short(sha256(`conversation ${name}`));
    return { conversation, messages: messages.length, chain: null, previous: null };
  }
  const chains = messageChains(capture);
  const first = messages.findIndex(({ role }) => role === 'user');
  const answer = messages.findLastIndex(({ role }) => role === 'assistant');
  const last = chains.at(-1) ?? '';
  return {
    conversation: chains[first] ?? last,
    messages: messages.length,
    chain: last,
    previous: chains[answer - 1] ?? null,
  };
};

/** Returns the hash of each beginning of a request's messages, the shortest first. The last is of all messages. */
export const messageChains = (capture: Request): readonly string[] => {
  let chain = 'messages';
  return objectsIn(chatRequestOf(capture)['messages']).map((message) => {
    chain = withMessage(chain, message);
    return short(chain);
  });
};

const short = (hash: string): string => hash.slice(0, 16);
