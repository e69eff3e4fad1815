import type { JsonValue } from '../text/json.ts';
import type { RateLimits } from './call/rate-limits.ts';

/** A call that the model asked for. `arguments` is the text as it came; it may be no JSON at all. */
export type ToolCall = {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: string;
};

/** Tokens as the provider counted them; null where it did not say. `input` includes `cachedInput`. */
export type Usage = {
  readonly input: number | null;
  readonly output: number | null;
  readonly cachedInput: number | null;
  readonly reasoning: number | null;
};

/** One of the further answers to a request that asked for several (`n` > 1). */
export type Choice = {
  readonly index: number;
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: string | null;
};

/** What a model answered, whole or as far as it came. Text is kept raw: it is hostile until shown. */
export type Answer = {
  /** The provider's name for the completion; null when it gave none. */
  readonly id: string | null;
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  /** As the provider spells it (`stop`, `length`, `tool_calls`, …); null when it never came. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  /** The model as the answer names it, which may differ from the one asked for. */
  readonly model: string | null;
  /** The choices after the first, by their index; they are kept and not compared. */
  readonly otherChoices: readonly Choice[];
  /** Of each token of the text, in order, as the provider sent them; null when it sent none. */
  readonly logprobs: readonly JsonValue[] | null;
  /** USD, where the answer itself says what it cost. */
  readonly cost: number | null;
};

const emptied: Partial<Answer> = { id: null, otherChoices: [], logprobs: null, cost: null };

/** An answer as it was stored, by this version or by one that kept less of it. */
export const storedAnswer = (stored: JsonValue): Answer => ({
  ...emptied,
  ...(stored as unknown as Answer),
});

/**
 * Milliseconds. `queueMs` is the wait before the call was sent. `connectMs` is what a new connection
 * (DNS, TCP, TLS) took, 0 when one was used again; null when that is not known. The other two count
 * from when the connection stood: connecting is no part of what a model takes.
 */
export type Timings = {
  readonly queueMs: number | null;
  readonly connectMs: number | null;
  readonly timeToFirstTokenMs: number | null;
  readonly totalMs: number | null;
};

/** Why a side has no answer. One word each, the same in database, JSON and on the screen. */
export type FailureReason =
  /** No connection: refused, reset before headers, DNS, TLS. */
  | 'connection'
  /** No first byte, no next chunk or no end within the deadline. */
  | 'timeout'
  /** 401 or 403. */
  | 'unauthorized'
  /** 404, or a model that the provider does not know. */
  | 'not_found'
  /** 429. */
  | 'rate_limited'
  /** 402, or a 429 that says that the account has no money. */
  | 'no_credit'
  /** 400, 413, 422: the provider does not take this request. */
  | 'rejected'
  /** 408, 409 and any 5xx. */
  | 'server_error'
  /** The stream ended or broke before the answer was complete. */
  | 'truncated'
  /** An error object inside a stream that had begun with 200. */
  | 'stream_error'
  /** 200, but no answer in it: HTML, an empty body, JSON that is no completion. */
  | 'not_an_answer'
  /** More bytes than the cap. */
  | 'too_large'
  /** The user stopped the run while this call was in flight. */
  | 'interrupted';

export type Failure = {
  readonly reason: FailureReason;
  /** One sentence, raw text from outside possible: harmless it before it is shown. */
  readonly message: string;
  readonly status: number | null;
  /** What the server asked to wait before the next try, in milliseconds; null when it did not. */
  readonly retryAfterMs: number | null;
  /** The parameter that the provider refuses (400, 422); null when it names none. */
  readonly parameter: string | null;
};

/** How one HTTP try ended. A failed one keeps the text so far, which is never taken for an answer. */
export type CallResult =
  | {
      readonly kind: 'answered';
      readonly answer: Answer;
      readonly timings: Timings;
      readonly providerRequestId: string | null;
      readonly rateLimits: RateLimits | null;
    }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      readonly partial: Answer | null;
      readonly timings: Timings;
      readonly providerRequestId: string | null;
      readonly rateLimits: RateLimits | null;
    };
