import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { Answer } from '../answer.ts';
import { errorText, reportedError } from '../call/error-message.ts';
import { Accumulator } from './accumulator.ts';
import { readUsage } from './reported-usage.ts';
import type { ThinkTags } from './think-tags.ts';

/**
 * The state of a stream: `open` if more must follow, `complete` if the answer is complete, `error`
 * if the server reports a failure.
 */
export type StreamStanding =
  { readonly kind: 'open' | 'complete' } | { readonly kind: 'error'; readonly message: string };

/**
 * Reads the body of a streamed chat completion (server-sent events, split anywhere). The answer is
 * complete once every choice that began has a finish reason and the requested number of choices has
 * begun. Some servers send no finish reason or fewer choices. Their answer is complete at `[DONE]`
 * or at usage after the last text. A body that merely ends is not complete.
 */
export class StreamReader {
  readonly #expectedChoices: number;
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({ onEvent: (event) => this.#take(event) });
  readonly #accumulator: Accumulator;
  #done = false;
  #error: string | null = null;
  #errorBody: JsonValue | undefined;
  /** The body has ended, so that an unfinished event may be a cut one. */
  #bodyEnded = false;
  #newText = '';

  /**
   * `expectedChoices` (≥ 1) is the `n` of the request; `thinkTags`: what becomes of reasoning that comes
   * within the text.
   */
  constructor(expectedChoices = 1, thinkTags: ThinkTags = 'text') {
    this.#expectedChoices = expectedChoices;
    this.#accumulator = new Accumulator(thinkTags);
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
    if (this.#error !== null) return { kind: 'error', message: this.#error };
    const { chunks, begun, finished, endedWithUsage } = this.#accumulator;
    if (chunks === 0) return { kind: 'open' };
    const broken = brokenFinish(this.#accumulator.answer());
    if (broken !== null) return { kind: 'error', message: broken };
    const whole = finished && begun >= this.#expectedChoices;
    return { kind: this.#done || whole || endedWithUsage ? 'complete' : 'open' };
  }

  /** Whether reading on is useless: `[DONE]` or an error has arrived. */
  get ended(): boolean {
    return this.#done || this.#error !== null;
  }

  /** Whether a chunk of the answer, `[DONE]` or an error has arrived. */
  get begun(): boolean {
    return this.ended || this.#accumulator.chunks > 0;
  }

  /** How often something has begun that a user of the product would see; see `Accumulator`. */
  get beginnings(): number {
    return this.#accumulator.beginnings;
  }

  /** Whether the model has produced output: something visible, or reasoning. */
  get alive(): boolean {
    return this.#accumulator.alive;
  }

  /** The chunk that reported an error; undefined when none did, or it was no JSON. */
  get errorBody(): JsonValue | undefined {
    return this.#errorBody;
  }

  /** The request id in the body; null when there is none. */
  get requestId(): string | null {
    return this.#accumulator.requestId;
  }

  /** The answer so far, `thinkTags` as in `Accumulator`; null when nothing of it has arrived. */
  answer(thinkTags?: ThinkTags): Answer | null {
    return this.#accumulator.chunks > 0 ? this.#accumulator.answer(thinkTags) : null;
  }

  #feed(text: string): string {
    this.#newText = '';
    this.#parser.feed(text);
    return this.#newText;
  }

  #fail(error: string | null, body: JsonValue | undefined): void {
    this.#error = error;
    this.#errorBody = error === null ? undefined : body;
  }

  #take({ event, data }: EventSourceMessage): void {
    if (this.ended || data === '') return;
    if (data.trim() === '[DONE]') {
      this.#done = true;
      return;
    }
    const chunk = parseJson(data);
    if (!isJsonObject(chunk)) {
      // At the end of the body, half an event is a cut and no message from the server.
      if (!this.#bodyEnded) this.#fail(errorText(chunk) ?? data, chunk);
      return;
    }
    this.#fail(chunkError(chunk) ?? (event === 'error' ? (errorText(chunk) ?? data) : null), chunk);
    // An error chunk may still carry a part of the answer.
    this.#newText += this.#accumulator.push(chunk);
  }
}

/**
 * The error that a chunk or completion reports: inside a choice (OpenRouter), in `error` as OpenAI and
 * its relatives do, or, in a chunk that holds neither a choice nor usage, under any other name that an
 * error has (vLLM, DashScope, FastChat, FastAPI, MiniMax). Null when it reports none.
 */
export const chunkError = (chunk: JsonObject): string | null => {
  const inChoice = choiceError(chunk);
  if (inChoice !== undefined) return errorText(inChoice) ?? JSON.stringify(inChoice);
  const { choices, error, object, usage } = chunk;
  const isBare = !(Array.isArray(choices) && choices.length > 0) && readUsage(usage) === null;
  if (isBare) return reportedError(chunk);
  return Boolean(error) || object === 'error' ? (errorText(chunk) ?? JSON.stringify(chunk)) : null;
};

const choiceError = (chunk: JsonObject): JsonValue | undefined => {
  const { choices } = chunk;
  if (!Array.isArray(choices)) return undefined;
  for (const choice of choices as readonly JsonValue[]) {
    if (isJsonObject(choice) && choice['error']) return choice['error'];
  }
  return undefined;
};

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

const parseJson = (data: string): JsonValue | undefined => {
  try {
    return JSON.parse(data) as JsonValue;
  } catch {
    return undefined;
  }
};
