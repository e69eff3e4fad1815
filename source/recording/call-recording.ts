import type { IncomingMessage } from 'node:http';
import { entryOf } from '../text/json.ts';
import { countDropped, type Counters } from './counters.ts';
import type { Target } from './router.ts';
import { noRoom, Tap, type ExchangeEnding, type KeptBytes, type TappedExchange } from './tap.ts';

/** The state that the recordings of all calls share. */
export type RecordingContext = {
  /** The header in which a client names the feature that makes the call, in lower case. */
  readonly endpointHeader: string;
  /** How many bytes of a request, and as many of a response, are kept of a call. */
  readonly capBytes: number;
  /** Counts what is kept of all calls. */
  readonly kept: KeptBytes;
  readonly counters: Counters;
  /** Milliseconds that only rise. */
  readonly now: () => number;
  readonly record: (exchange: TappedExchange) => void;
};

/** How a forwarded call ended. */
type CallEnd = {
  readonly target: Target;
  readonly request: IncomingMessage;
  /** The response of the upstream; null: none came. */
  readonly response: IncomingMessage | null;
  readonly ending: ExchangeEnding;
  readonly message: string | null;
};

/** A copy of one call, with its times, which is recorded when the call has ended. */
export class CallRecording {
  /** The id of the capture; null for a call that is not recorded. */
  readonly id: string | null;
  readonly #context: RecordingContext;
  readonly #startedMs: number;
  /** Null for a call of which nothing is kept. */
  #taps: Readonly<Record<'request' | 'response', Tap>> | null;
  /** When the whole request had come, in milliseconds from its head; null: it has not. */
  #requestMs: number | null = null;
  #headersMs: number | null = null;

  constructor(id: string | null, context: RecordingContext) {
    const { capBytes, kept } = context;
    this.id = id;
    this.#context = context;
    this.#startedMs = context.now();
    this.#taps =
      id === null ? null : { request: new Tap(capBytes, kept), response: new Tap(capBytes, kept) };
  }

  get isRequestWhole(): boolean {
    return this.#requestMs !== null;
  }

  /** Keeps a copy of a part of the request. */
  keepRequest(part: Buffer): void {
    this.#keep('request', part, 0);
  }

  /** Keeps a copy of a part of the response. */
  keepResponse(part: Buffer): void {
    this.#keep('response', part, this.#elapsedMs());
  }

  /** Takes note that the whole request has come. */
  endRequest(): void {
    this.#requestMs = this.#elapsedMs();
  }

  /** Takes note that the head of the response has come. */
  beginResponse(): void {
    this.#headersMs = this.#elapsedMs();
  }

  /** Counts a call that was not forwarded. */
  drop(): void {
    if (this.id !== null) countDropped(this.#context.counters, 'request was not read to its end');
  }

  /** Gives back the memory of what is kept. */
  release(): void {
    this.#taps?.request.end();
    this.#taps?.response.end();
  }

  /** Records a call that was forwarded. */
  record({ ending, message, request, response, target }: CallEnd): void {
    if (this.id === null) return;
    if (this.#taps === null) {
      countDropped(this.#context.counters, noRoom);
      return;
    }
    const { headers } = request;
    const answered = response?.headers ?? {};
    this.#context.record({
      id: this.id,
      startedAtMs: performance.timeOrigin + this.#startedMs,
      upstream: target.upstream.name,
      path: target.path.replace(/\?.*$/s, ''),
      endpoint: nameIn(entryOf(headers, this.#context.endpointHeader)),
      requestId: nameIn(headers['x-request-id']),
      traceparent: nameIn(headers['traceparent']),
      request: this.#taps.request.end(),
      requestEncoding: nameIn(headers['content-encoding']),
      requestMs: this.#requestMs,
      status: response?.statusCode ?? null,
      headersMs: this.#headersMs,
      upstreamRequestId: nameIn(answered['x-request-id']) ?? nameIn(answered['request-id']),
      processingMs: numberIn(answered['openai-processing-ms']),
      response: this.#taps.response.end(),
      responseEncoding: nameIn(answered['content-encoding']),
      totalMs: this.#elapsedMs(),
      ending,
      message,
    });
  }

  /** Keeps a copy; or nothing of this call from now on, if there is no room. */
  #keep(direction: 'request' | 'response', part: Buffer, atMs: number): void {
    if (this.#taps === null || this.#taps[direction].push(part, atMs)) return;
    this.release();
    this.#taps = null;
  }

  #elapsedMs(): number {
    return this.#context.now() - this.#startedMs;
  }
}

/** These headers hold names; longer values are cut. */
const maximumNameLength = 256;

const nameIn = (value: string | readonly string[] | undefined): string | null => {
  const text = typeof value === 'object' ? value.join(', ') : value;
  return text === undefined || text === '' ? null : text.slice(0, maximumNameLength);
};

const numberIn = (value: string | readonly string[] | undefined): number | null => {
  const text = nameIn(value)?.trim() ?? '';
  const number = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : null;
};
