import type { JsonValue } from '../text/json.ts';
import type { RateLimits } from './call/rate-limits.ts';

/** A tool call that the model asked for. `arguments` is unparsed and may not be JSON. */
export type ToolCall = {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: string;
};

/** Tokens as the provider counted them; null where it does not say. `input` includes `cachedInput`. */
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
  readonly otherParts?: readonly string[];
  readonly finishReason: string | null;
};

/** What a model answered, whole or in part. Its text is raw and must be treated as hostile. */
export type Answer = {
  /** The provider's id for the completion; null when it gave none. */
  readonly id: string | null;
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  /**
   * What each part is that is neither text nor a tool call: `audio`, `image`, `file`, or the provider's own
   * word. Only the words are kept, and a spoken answer's transcript is in `text`. Missing when there are none.
   */
  readonly otherParts?: readonly string[];
  /** As the provider spells it (`stop`, `length`, `tool_calls`, …); null when none arrived. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  /** The model that the answer names, which may differ from the one requested. */
  readonly model: string | null;
  /** The choices after the first, by index. They are kept and not compared. */
  readonly otherChoices: readonly Choice[];
  /** One entry for each token of the text, as the provider sent them; null when it sent none. */
  readonly logprobs: readonly JsonValue[] | null;
  /** The cost in USD that the answer itself reports; null when it reports none. */
  readonly cost: number | null;
};

const laterFields: Partial<Answer> = { id: null, otherChoices: [], logprobs: null, cost: null };

/** Reads a stored answer. Fields that an older version did not store get their empty value. */
export const storedAnswer = (stored: JsonValue): Answer => ({
  ...laterFields,
  ...(stored as Answer),
});

/**
 * Durations in milliseconds; null when not known. `queueMs` is the wait before the call was sent.
 * `connectMs` is how long a new connection took to open (DNS, TCP, TLS), 0 for a reused one. The other
 * two count from when the connection was open, because connecting says nothing about the model.
 */
export type Timings = {
  readonly queueMs: number | null;
  readonly connectMs: number | null;
  readonly timeToFirstTokenMs: number | null;
  readonly totalMs: number | null;
};

/** Why a side has no answer. The database, JSON and the screen use the same words. */
export type FailureReason =
  /** No connection: refused, reset before headers, DNS, TLS. */
  | 'connection'
  /** No first byte, no next chunk or no end within the deadline. */
  | 'timeout'
  /** Status 401 or 403. */
  | 'unauthorized'
  /** Status 404, or a model that the provider does not know. */
  | 'not_found'
  /** Status 429. */
  | 'rate_limited'
  /** Status 402, or a 429 that says that the account is empty. */
  | 'no_credit'
  /** Status 400, 413 or 422: the provider does not accept this request. */
  | 'rejected'
  /** Status 408, 409 or 5xx. */
  | 'server_error'
  /** The stream ended or broke before the answer was complete. */
  | 'truncated'
  /** An error inside a stream that began with status 200. */
  | 'stream_error'
  /** Status 200 without an answer: HTML, an empty body, JSON that is no completion. */
  | 'not_an_answer'
  /** More bytes than the limit. */
  | 'too_large'
  /** The user stopped the run while this call was in flight. */
  | 'interrupted';

export type Failure = {
  readonly reason: FailureReason;
  /** One sentence. It may hold raw text from the server: sanitize it before showing it. */
  readonly message: string;
  readonly status: number | null;
  /** How long the server asked to wait, in milliseconds; null when it did not. */
  readonly retryAfterMs: number | null;
  /** The parameter that the provider refuses (status 400 or 422); null when it names none. */
  readonly parameter: string | null;
};

/** How one attempt ended. A failed one keeps what arrived, which never counts as an answer. */
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
