import type { JsonObject } from '../../../text/json.ts';
import type { Surroundings } from '../../reading/read-records.ts';

/** What was said in a conversation so far, and which system prompt holds. */
type Conversation = { readonly messages: readonly JsonObject[]; readonly system: string };

/**
 * The conversations of a log so far. A database gives them one behind the other, so that the last one is
 * enough there.
 */
export const createHistory = () => {
  const all = new Map<string, Conversation>();
  let last: { readonly key: string; readonly conversation: Conversation } | null = null;
  return {
    of(key: string): Conversation | undefined {
      return last?.key === key ? last.conversation : all.get(key);
    },
    remember(key: string, conversation: Conversation, around: Surroundings | null): void {
      if (around?.within === 'sqlite') last = { key, conversation };
      else all.set(key, conversation);
    },
  };
};

export type History = ReturnType<typeof createHistory>;
