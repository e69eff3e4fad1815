import { isJsonObject, type JsonObject, type JsonValue } from '../../../text/json.ts';

/** What a trace says of an answer beside its messages. */
export type AnswerFacts = {
  readonly id: string | null;
  readonly model: string | null;
  readonly finishReasons: readonly (string | null)[];
  /** `usage` of a chat completion. */
  readonly usage: JsonObject | null;
  /** How many answers were asked for. */
  readonly choices: number;
};

/** The message of an answer that is a text, or JSON of no known shape. */
export const textMessage = (value: JsonValue): JsonObject => ({
  role: 'assistant',
  content: typeof value === 'string' ? value : JSON.stringify(value),
});

/**
 * The completion of messages of the assistant. Where one answer was asked for, messages with calls are
 * pieces of it; otherwise each is a choice.
 */
export const answerOf = (messages: readonly JsonObject[], facts: AnswerFacts): JsonObject => {
  const oneAnswer =
    facts.choices <= 1 && messages.some(({ tool_calls }) => Array.isArray(tool_calls));
  const choices = oneAnswer && messages.length > 1 ? [mergeMessages(messages)] : messages;
  const { id, model, usage, finishReasons } = facts;
  return {
    ...(id === null ? {} : { id }),
    object: 'chat.completion',
    ...(model === null ? {} : { model }),
    choices: choices.map((message, index) => ({
      index,
      message: { ...message, role: 'assistant', content: wholeText(message['content']) },
      finish_reason: finishReasons[index] ?? null,
    })),
    ...(usage === null ? {} : { usage }),
  };
};

/** An answer is one text, however many parts it came in. */
const wholeText = (content: JsonValue | undefined): JsonValue => {
  const parts = Array.isArray(content) ? (content as readonly JsonValue[]) : [];
  const texts = parts.flatMap((part) =>
    isJsonObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
  );
  return texts.length > 0 && texts.length === parts.length ? texts.join('') : (content ?? null);
};

/** Pieces of one answer as one message. */
export const mergeMessages = (messages: readonly JsonObject[]): JsonObject => {
  const texts = messages.flatMap(({ content }) => {
    const text = wholeText(content);
    return typeof text === 'string' ? [text] : [];
  });
  const reasoning = messages.flatMap(({ reasoning_content: words }) =>
    typeof words === 'string' ? [words] : [],
  );
  return {
    role: 'assistant',
    content: texts.length === 0 ? null : texts.join(''),
    ...(reasoning.length === 0 ? {} : { reasoning_content: reasoning.join('') }),
    tool_calls: messages.flatMap(({ tool_calls }) =>
      Array.isArray(tool_calls) ? (tool_calls as readonly JsonValue[]) : [],
    ),
  };
};
