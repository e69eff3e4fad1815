import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { parseAnswerJson } from '../../text/exact-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Dialect } from '../../traffic/dialects/dialect.ts';
import type { Answer } from '../answer.ts';
import { errorText } from '../call/error-message.ts';
import { openAnswerReader } from './answer-dialects.ts';
import type { AnswerReader, ReportedError } from './answer-reader.ts';
import { ArrayItems } from './array-items.ts';
import type { ThinkTags } from './think-tags.ts';

/**
 * The state of a stream: `open` if more must follow, `complete` if the answer is complete, `error`
 * if the server reports a failure.
 */
export type StreamStanding =
  { readonly kind: 'open' | 'complete' } | { readonly kind: 'error'; readonly message: string };

/**
 * Reads the body of a streamed answer, split anywhere, in one dialect, whose reader says when the answer is
 * complete. The body is server-sent events, or a JSON array of them, as Gemini sends them by default. A body
 * that merely ends is not complete.
 */
export class StreamReader {
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({ onEvent: (event) => this.#take(event) });
  readonly #reader: AnswerReader;
  /** Where the body is an array instead of events; null: it is not, undefined: it is not known yet. */
  #items: ArrayItems | null | undefined;
  #done = false;
  #error: ReportedError | null = null;
  /** The body has ended, so that an unfinished event may be a cut one. */
  #bodyEnded = false;
  #newText = '';

  /**
   * `expectedChoices` (≥ 1) is the `n` of a chat completion's request; `thinkTags`: what becomes of
   * reasoning that comes within the text.
   */
  constructor(expectedChoices = 1, thinkTags: ThinkTags = 'text', dialect: Dialect = 'chat') {
    this.#reader = openAnswerReader(dialect, expectedChoices, thinkTags);
    this.#items = dialect === 'gemini' ? undefined : null;
  }

  /** Adds bytes of the body. Returns the visible text that they add. */
  push(bytes: Uint8Array): string {
    return this.#feed(this.#decoder.decode(bytes, { stream: true }));
  }

  /**
   * Handles the end of the body. Returns the visible text of an event without its final blank line.
   */
  end(): string {
    this.#bodyEnded = true;
    return this.#feed(`${this.#decoder.decode()}\n\n`);
  }

  get standing(): StreamStanding {
    if (this.#error !== null) return { kind: 'error', message: this.#error.message };
    if (!this.#reader.begun) return { kind: 'open' };
    const broken = brokenFinish(this.#reader.answer());
    if (broken !== null) return { kind: 'error', message: broken };
    return { kind: this.#reader.complete ? 'complete' : 'open' };
  }

  /** Whether reading on is useless: the end of the answer or an error has arrived. */
  get ended(): boolean {
    return this.#done || this.#error !== null || this.#reader.ended;
  }

  /** Whether a part of the answer, its end or an error has arrived. */
  get begun(): boolean {
    return this.ended || this.#reader.begun;
  }

  /** How often something has begun that a user of the product would see; see `AnswerReader`. */
  get beginnings(): number {
    return this.#reader.beginnings;
  }

  /** Whether the model has produced output: something visible, or reasoning. */
  get alive(): boolean {
    return this.#reader.alive;
  }

  /** The JSON that reported an error; undefined when none did, or it was no JSON. */
  get errorBody(): JsonValue | undefined {
    return this.#error?.body;
  }

  /** The request id in the body; null when there is none. */
  get requestId(): string | null {
    return this.#reader.requestId;
  }

  /** The answer so far, `thinkTags` as in `AnswerReader`; null when nothing of it has arrived. */
  answer(thinkTags?: ThinkTags): Answer | null {
    return this.#reader.begun ? this.#reader.answer(thinkTags) : null;
  }

  /** What has arrived, as one body of the dialect; null when nothing of the answer has. */
  body(): JsonObject | null {
    return this.#reader.begun ? this.#reader.body() : null;
  }

  #feed(text: string): string {
    this.#newText = '';
    if (this.#items === undefined && /\S/.test(text)) {
      this.#items = /^\s*\[/.test(text) ? new ArrayItems() : null;
    }
    if (this.#items === null) this.#parser.feed(text);
    else for (const data of this.#items?.push(text) ?? []) this.#take({ data });
    return this.#newText;
  }

  #take({ event, data }: Pick<EventSourceMessage, 'data' | 'event'>): void {
    if (this.ended || data === '') return;
    if (data.trim() === '[DONE]') {
      this.#done = true;
      this.#reader.endMarker?.();
      return;
    }
    const chunk = parseAnswerJson(data);
    if (!isJsonObject(chunk)) {
      // At the end of the body, half an event is a cut and no message from the server.
      if (!this.#bodyEnded) this.#error = { message: errorText(chunk) ?? data, body: chunk };
      return;
    }
    this.#error =
      this.#reader.errorIn(chunk) ??
      (event === 'error' ? { message: errorText(chunk) ?? data, body: chunk } : null);
    // An event with an error may still carry a part of the answer.
    this.#newText += this.#reader.push(chunk);
  }
}

/** Finish reasons that mark a truncated answer. */
const brokenFinishes: ReadonlySet<string> = new Set([
  'error',
  'network_error',
  'insufficient_system_resource',
]);

/** Returns a message if the finish reason marks a truncated answer; otherwise null. */
export const brokenFinish = ({ finishReason }: Answer): string | null =>
  finishReason !== null && brokenFinishes.has(finishReason)
    ? `the finish reason is ${finishReason}`
    : null;
