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

/** What a model answered, whole or as far as it came. Text is kept raw: it is hostile until shown. */
export type Answer = {
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  /** As the provider spells it (`stop`, `length`, `tool_calls`, …); null when it never came. */
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  /** The model as the answer names it, which may differ from the one asked for. */
  readonly model: string | null;
};

/** Milliseconds. `queue` is the wait before the call was sent, the other two count from its sending. */
export type Timings = {
  readonly queueMs: number | null;
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
};

/** How one HTTP try ended. A failed one keeps the text so far, which is never taken for an answer. */
export type CallResult =
  | {
      readonly kind: 'answered';
      readonly answer: Answer;
      readonly timings: Timings;
      readonly providerRequestId: string | null;
    }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      readonly partial: Answer | null;
      readonly timings: Timings;
      readonly providerRequestId: string | null;
    };
