import { objectsIn, type JsonObject } from '../../text/json.ts';
import type { Capture } from '../capture.ts';
import { chatRequestOf } from '../chat-request.ts';
import { messageChains } from '../last-turn/conversation-turn.ts';
import { captureRank, conversationId, rankShare } from './rank.ts';

/** How many beginnings are remembered; after how many continuations one is taken for examples. */
const remembered = { beginnings: 10_000, continuations: 8 } as const;

/**
 * Chooses a share of the traffic while it comes, in whole conversations. Where the metadata name no conversation,
 * requests are of one if they open with the same messages, up to the first of the user, because each turn repeats the
 * earlier ones. Examples in a prompt (a user's message and the answer to it, the same in every request) are no turns:
 * after an answer that more than eight different messages have followed, the user's next message is the first.
 */
export class ConversationSample {
  /** What followed the messages up to an answer, by their hash, the latest seen last; null for examples. */
  readonly #continuations = new Map<string, Set<string> | null>();

  /** Whether a capture is in a sample of this share, above 0 and at most 1. Call it once for each capture, in order. */
  includes(capture: Capture, share: number): boolean {
    return share >= 1 || rankShare(captureRank(capture.id, this.named(capture))) < share;
  }

  /** The metadata of a capture with a name for its conversation. Call it once for each capture, in order. */
  named(capture: Capture): JsonObject {
    const { metadata } = capture;
    return conversationId(metadata) === null
      ? { ...metadata, conversation: this.#openingOf(capture) }
      : { ...metadata };
  }

  #openingOf(capture: Capture): string {
    const roles = objectsIn(chatRequestOf(capture)['messages']).map(({ role }) => role);
    const chains = messageChains(capture);
    let start = 0;
    for (const [index, role] of roles.entries()) {
      const [beginning, continuation] = [chains[index], chains[index + 1]];
      if (role !== 'assistant' || beginning === undefined || continuation === undefined) continue;
      if (this.#isExample(beginning, continuation)) start = index + 1;
    }
    const first = roles.indexOf('user', start);
    return chains[first] ?? chains.at(-1) ?? '';
  }

  #isExample(beginning: string, continuation: string): boolean {
    const known = this.#continuations.get(beginning);
    const next = known === null ? null : (known ?? new Set()).add(continuation);
    this.#continuations.delete(beginning);
    const isExample = next === null || next.size > remembered.continuations;
    this.#continuations.set(beginning, isExample ? null : next);
    if (this.#continuations.size > remembered.beginnings) {
      const [oldest = ''] = this.#continuations.keys();
      this.#continuations.delete(oldest);
    }
    return isExample;
  }
}
