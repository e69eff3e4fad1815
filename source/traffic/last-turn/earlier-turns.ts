import { answerMessages, chatRequestOf } from '../chat-request.ts';
import { objectsIn } from '../../text/json.ts';
import type { Capture } from '../capture.ts';
import { sha256 } from '../hash.ts';
import { conversationId } from '../selection/rank.ts';
import { KeySet } from './key-set.ts';
import { withMessage } from './message-chain.ts';

/**
 * At most this many keys are kept, two for each turn that a later request repeats. They take 64 MB, and
 * 96 MB while the set grows.
 */
export const maximumTurnKeys = 4_000_000;

/**
 * Finds the requests that a later request of the same conversation begins with. The order of the requests
 * makes no difference.
 */
export class EarlierTurns {
  readonly #keys: KeySet;
  #forgotten = 0;

  constructor(maximumKeys: number = maximumTurnKeys) {
    this.#keys = new KeySet(maximumKeys);
  }

  /** Notes the turns in a request. Every request must be noted before the first `isEarlier`. */
  remember(capture: Capture): void {
    let isFull = false;
    for (const key of turnKeys(capture).repeated) if (!this.#keys.add(key)) isFull = true;
    if (isFull) this.#forgotten += 1;
  }

  /** Whether another request begins with this one's messages and its answer. */
  isEarlier(capture: Capture): boolean {
    return turnKeys(capture).own.some((key) => this.#keys.has(key));
  }

  /** Requests whose turns there was no room for. Turns that they repeat count as last turns. */
  forgotten(): number {
    return this.#forgotten;
  }
}

/** Hashes of the beginnings of a conversation. */
type TurnKeys = {
  /**
   * Of the turns that the messages of this request repeat. Each answer among them gives two keys: the
   * messages up to it, and the messages before it with any answer.
   */
  readonly repeated: readonly string[];
  /** Of this request with each of its recorded answers; without one, with any answer. */
  readonly own: readonly string[];
};

/**
 * A request is an earlier turn if one of its own keys is among the repeated keys of another.
 */
const turnKeys = (capture: Capture): TurnKeys => {
  const messages = objectsIn(chatRequestOf(capture)['messages']);
  const repeated: string[] = [];
  let prefix = sha256(`turn ${conversationId(capture.metadata) ?? ''}`);
  for (const [index, message] of messages.entries()) {
    const isAnswer = index > 0 && message['role'] === 'assistant';
    if (isAnswer) repeated.push(withAnyAnswer(prefix));
    prefix = withMessage(prefix, message);
    if (isAnswer) repeated.push(prefix);
  }
  const answers = capture.recorded.flatMap(({ body }) => answerMessages(body));
  return {
    repeated,
    own:
      answers.length === 0
        ? [withAnyAnswer(prefix)]
        : answers.map((answer) => withMessage(prefix, { ...answer, role: 'assistant' })),
  };
};

const withAnyAnswer = (prefix: string): string => sha256(`${prefix} any answer`);
