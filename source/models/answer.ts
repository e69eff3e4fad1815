import type { JsonValue } from '../text/json.ts';
import type { RateLimits } from './call/rate-limits.ts';

/** A tool call requested by the model. `arguments` is unparsed and may not be JSON. */
export type ToolCall = {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: string;
};

/**
 * The provider's token counts, by one definition for all of them; null where it gives none. `input`
 * includes `cachedInput` (read from a cache) and `cacheWrite` (written to one), which includes
 * `hourCacheWrite` (written for an hour), `output` includes `reasoning`.
 */
export type Usage = {
  readonly input: number | null;
  readonly output: number | null;
  readonly cachedInput: number | null;
  readonly reasoning: number | null;
  /** Null or missing where the provider does not count it. */
  readonly cacheWrite?: number | null;
  readonly hourCacheWrite?: number | null;
};

/** A model's answer, complete or partial. Its text is raw and must be treated as hostile. */
export type Answer = {
  /** The provider's id of the completion; null if it sent none. */
  readonly id: string | null;
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  /**
   * What each part is that is neither text nor a tool call: `audio`, `image`, `file`, `citations`, or the
   * provider's own word. Only the words are kept, and a spoken answer's transcript is in `text`. Missing when
   * there are none. `number beyond 2^53`: the arguments of a call have a number that may have been rounded.
   */
  readonly otherParts?: readonly string[];
  /**
   * As the provider spells it (`stop`, `length`, `tool_calls`, …), or in the words of chat completions
   * if the answer is in another dialect that has a word for the same; null when none arrived.
   */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  /** The model named in the answer, which may differ from the requested one. */
  readonly model: string | null;
  /** The choices after the first, by index. They are kept but not compared. */
  readonly otherChoices: readonly Choice[];
  /** One entry per token of the text, as sent by the provider; null if it sent none. */
  readonly logprobs: readonly JsonValue[] | null;
  /** The cost in USD reported in the answer itself; null if it reports none. */
  readonly cost: number | null;
};

/** One of the additional answers to a request for several (`n` > 1). */
export type Choice = Pick<
  Answer,
  'text' | 'refusal' | 'reasoning' | 'toolCalls' | 'otherParts' | 'finishReason'
> & { readonly index: number };

const laterFields: Partial<Answer> = { id: null, otherChoices: [], logprobs: null, cost: null };

/** Reads a stored answer. Fields missing from older versions get their empty value. */
export const storedAnswer = (stored: JsonValue): Answer => ({
  ...laterFields,
  ...(stored as Answer),
});

/**
 * Durations in milliseconds; null if unknown. `queueMs` is the wait before the call was sent.
 * `connectMs` is the time to open a new connection (DNS, TCP, TLS), 0 for a reused one. The other
 * two start when the connection is open, because connecting is not part of the model's latency.
 */
export type Timings = {
  readonly queueMs: number | null;
  readonly connectMs: number | null;
  readonly timeToFirstTokenMs: number | null;
  readonly totalMs: number | null;
};

/** The reason why a side has no answer. The database, JSON and the screen use the same words. */
export type FailureReason =
  /** No connection: refused, reset before headers, DNS, TLS. */
  | 'connection'
  /** No first byte, no next chunk or no end within the deadline. */
  | 'timeout'
  /** Status 401 or 403. */
  | 'unauthorized'
  /** Status 404, or a model unknown to the provider. */
  | 'not_found'
  /** Status 429. */
  | 'rate_limited'
  /** Status 402, or a 429 that reports an empty account. */
  | 'no_credit'
  /** Status 400, 413 or 422: the provider does not accept this request. */
  | 'rejected'
  /** Status 408, 409 or 5xx. */
  | 'server_error'
  /** The stream ended or broke before the answer was complete. */
  | 'truncated'
  /** An error inside a stream that began with status 200. */
  | 'stream_error'
  /** Status 200 without an answer: HTML, an empty body, or JSON that is not a completion. */
  | 'not_an_answer'
  /** More bytes than the limit. */
  | 'too_large'
  /** The user stopped the run while this call was in flight. */
  | 'interrupted';

export type Failure = {
  readonly reason: FailureReason;
  /** One sentence. It may contain raw text from the server: sanitize it before showing it. */
  readonly message: string;
  readonly status: number | null;
  /** The wait that the server requested, in milliseconds; null if it requested none. */
  readonly retryAfterMs: number | null;
  /** The parameter that the provider refuses (status 400 or 422); null if it names none. */
  readonly parameter: string | null;
  /** The request did not leave this machine: there was no connection for it. */
  readonly unsent?: true;
};

/** Whether a failed call costs nothing: it was not sent, or the server refused or redirected it. */
export const isUnbilled = ({ status, unsent }: Failure): boolean =>
  unsent === true || (status !== null && status >= 300);

/**
 * The outcome of one attempt. A failed attempt keeps its partial answer, which never counts as an
 * answer.
 */
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
