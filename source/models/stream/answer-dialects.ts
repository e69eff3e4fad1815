import type { Dialect } from '../../traffic/dialects/dialect.ts';
import type { JsonObject, JsonValue } from '../../text/json.ts';
import type { Answer } from '../answer.ts';
import type { AnswerReader, WholeAnswer } from './answer-reader.ts';
import { ChatReader, wholeCompletion } from './chat-answer.ts';
import { GeminiReader, wholeGeminiResponse } from './gemini-answer.ts';
import { MessagesReader, wholeMessage } from './messages-answer.ts';
import { ResponsesReader, wholeResponse } from './responses-answer.ts';
import type { ThinkTags } from './think-tags.ts';

type AnswerDialect = {
  readonly open: (expectedChoices: number, thinkTags: ThinkTags) => AnswerReader;
  readonly whole: (body: JsonValue, thinkTags: ThinkTags) => WholeAnswer | null;
};

const answerDialects: Readonly<Record<Dialect, AnswerDialect>> = {
  chat: {
    open: (expectedChoices, thinkTags) => new ChatReader(expectedChoices, thinkTags),
    whole: wholeCompletion,
  },
  responses: { open: (_, thinkTags) => new ResponsesReader(thinkTags), whole: wholeResponse },
  messages: { open: (_, thinkTags) => new MessagesReader(thinkTags), whole: wholeMessage },
  gemini: { open: (_, thinkTags) => new GeminiReader(thinkTags), whole: wholeGeminiResponse },
};

/**
 * Opens a reader for a streamed answer. `expectedChoices` (≥ 1) is the `n` of a chat completion's
 * request; `thinkTags`: what becomes of reasoning that comes within the text.
 */
export const openAnswerReader = (
  dialect: Dialect,
  expectedChoices: number,
  thinkTags: ThinkTags,
): AnswerReader => answerDialects[dialect].open(expectedChoices, thinkTags);

/** Reads an answer that came as one body; null if the body holds none. */
export const readWholeAnswer = (
  dialect: Dialect,
  body: JsonValue,
  thinkTags: ThinkTags,
): WholeAnswer | null => answerDialects[dialect].whole(body, thinkTags);

/**
 * Reads the answer in a recorded body of a dialect, stored as it came; null if it holds no whole answer.
 */
export const readRecordedAnswer = (
  dialect: Dialect,
  body: JsonObject,
  thinkTags: ThinkTags = 'text',
): Answer | null => {
  const whole = readWholeAnswer(dialect, body, thinkTags);
  return whole === null || whole.problem !== null ? null : whole.answer;
};
