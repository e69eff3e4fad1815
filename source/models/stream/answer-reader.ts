import type { JsonObject, JsonValue } from '../../text/json.ts';
import type { Answer } from '../answer.ts';
import type { ThinkTags } from './think-tags.ts';

/** An error that a server reports within an answer. */
export type ReportedError = {
  /** One line or more of the server's own words. */
  readonly message: string;
  /** The part of the JSON that has the error's codes; undefined if it is no JSON. */
  readonly body: JsonValue | undefined;
};

/**
 * Assembles an answer from the events of a stream in one dialect. Events of unknown kinds are ignored,
 * because every dialect adds some each month.
 */
export type AnswerReader = {
  /** Takes the JSON of one event. Returns the visible text that it adds. */
  push(event: JsonObject): string;
  /** Takes the end marker `[DONE]`, which only some servers send. */
  endMarker?(): void;
  /** The error that an event reports; null if it reports none. An event may have a piece of the answer too. */
  errorIn(event: JsonObject): ReportedError | null;
  /** Whether anything of an answer has arrived. */
  readonly begun: boolean;
  /** Whether the answer is whole. */
  readonly complete: boolean;
  /** Whether nothing more can follow. */
  readonly ended: boolean;
  /**
   * How often output has begun that a user of the product would see: more than once where what came first
   * has turned out to be reasoning.
   */
  readonly beginnings: number;
  /** Whether the model itself has produced anything: something visible, or reasoning. */
  readonly alive: boolean;
  /** The request id that came within the body; null if none did. */
  readonly requestId: string | null;
  /** The answer so far; `thinkTags` as the reader was told if it is left out. */
  answer(thinkTags?: ThinkTags): Answer;
  /** What has arrived, as the body that the server would have sent instead of a stream. */
  body(): JsonObject;
};

/** An answer that came as one body. */
export type WholeAnswer = {
  readonly answer: Answer;
  /** Why the answer is not whole; null if it is. */
  readonly problem: ReportedError | null;
  readonly requestId: string | null;
};
