import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';
import type { AnswerFacts } from './completion.ts';
import { readFinishReason } from './finish-reason.ts';
import { unwrapJson } from './json-text.ts';
import { readMessages } from './messages.ts';

/** The messages of a list, each in any spelling; null when one of them is no message of the assistant. */
export const messagesIn = (list: readonly JsonValue[]): readonly JsonObject[] | null => {
  const each = list.map((entry) => readMessages([entry], { lost: new Set() })?.messages ?? []);
  const all = each.flat();
  if (all.length === 0) return null;
  const areAnswers = list.every((entry) => isMessageLike(unwrapJson(entry)));
  return areAnswers && all.every(({ role }) => role === 'assistant') ? all : null;
};

const isMessageLike = (entry: JsonValue | undefined): boolean =>
  isJsonObject(entry) &&
  ['role', 'message', 'kwargs', 'parts', 'type'].some((key) => entry[key] !== undefined) &&
  ['content', 'message', 'kwargs', 'parts', 'tool_calls', 'name', 'data', 'summary'].some(
    (key) => entry[key] !== undefined,
  );

/** Calls of tools without a message around them, as Vercel stores them. */
export const callsIn = (list: readonly JsonValue[]): readonly JsonObject[] | null => {
  const areCalls = list.every(
    (entry) =>
      isJsonObject(entry) &&
      (entry['toolName'] !== undefined ||
        (entry['type'] === 'function' && isJsonObject(entry['function']))),
  );
  return areCalls
    ? (readMessages([{ role: 'assistant', content: null, tool_calls: list }], { lost: new Set() })
        ?.messages ?? null)
    : null;
};

/** Reasons that stand on the messages, where the trace has none of its own. */
export const withReasons = (facts: AnswerFacts, list: readonly JsonValue[]): AnswerFacts => ({
  ...facts,
  finishReasons:
    facts.finishReasons.length > 0
      ? facts.finishReasons
      : list.map((entry) =>
          isJsonObject(entry) ? readFinishReason(entry['finish_reason']) : null,
        ),
});
