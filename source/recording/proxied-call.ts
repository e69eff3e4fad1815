import type { ClientRequest, IncomingMessage, InformationEvent, ServerResponse } from 'node:http';
import { CallRecording, type RecordingContext } from './call-recording.ts';
import { countEnded } from './counters.ts';
import {
  clientHeaders,
  forwardedHeaders,
  forwardedTrailers,
  isEventStreamType,
  upstreamHeaders,
} from './forwarded-headers.ts';
import {
  answerError,
  answerRefusal,
  endMessage,
  endResponse,
  type ProxyError,
} from './own-answers.ts';
import type { Target } from './router.ts';
import type { ExchangeEnding } from './tap.ts';
import type { UpstreamPool } from './upstream-pool.ts';
import { UsageStripper } from './usage-injection.ts';

/** The state that all calls share. */
export type CallContext = RecordingContext & {
  readonly pool: UpstreamPool;
  /** Request headers that are for the proxy, in lower case. */
  readonly ownHeaders: ReadonlySet<string>;
  /** `closing`: no call follows. `cut`: the user has ended the calls that were under way. */
  readonly state: () => 'open' | 'closing' | 'cut';
  /** Called when a call has ended, before the client has taken all of it. */
  readonly onEnded: () => void;
};

/** The part of a request's body that was read before its destination was known. */
export type BodyStart = { readonly parts: readonly Buffer[]; readonly isWhole: boolean };

/** Where a request goes, and with which body. */
export type Forwarding = {
  readonly target: Target;
  /** The part of the body already read; null for none. */
  readonly start: BodyStart | null;
  /** The body to send instead, to request usage that the client did not ask for; null to send the original. */
  readonly replacement: Buffer | null;
};

/** Methods whose requests a server may receive twice without harm (RFC 9110, section 9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * One call on its way through the proxy. Bodies pass in both directions as they come, and a copy is
 * kept. A client that leaves aborts the request to the upstream. A response that breaks off breaks off
 * for the client, too: a clean end would look like a complete answer. No call is sent twice; only a
 * request without a body and with a safe method is repeated, when its pooled connection turns out to be
 * closed.
 */
export class ProxiedCall {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #context: CallContext;
  readonly #recording: CallRecording;
  #forwarding: Forwarding | null = null;
  #upstreamRequest: ClientRequest | null = null;
  #upstreamResponse: IncomingMessage | null = null;
  #stripper: UsageStripper | null = null;
  /** The newest part of the request's body, until all events are read. */
  #heldUp: Buffer | null = null;
  #isRequestHeadSent = false;
  #isResponseHeadSent = false;
  #hasEnded = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    captureId: string | null,
    context: CallContext,
  ) {
    this.#request = request;
    this.#response = response;
    this.#context = context;
    this.#recording = new CallRecording(captureId, context);
    const { counters } = context;
    counters.requests += 1;
    counters.inFlight += 1;
    if (captureId === null) counters.passed += 1;
    response.on('close', () => this.#leave());
  }

  /**
   * Reads the body before the request is forwarded: all of it, or a little more than the cap. Resolves to
   * null when the client leaves.
   */
  readBody(): Promise<BodyStart | null> {
    const request = this.#request;
    return new Promise((resolve) => {
      const parts: Buffer[] = [];
      let length = 0;
      const settle = (start: BodyStart | null): void => {
        request.off('data', take).off('end', end).off('close', leave);
        resolve(start);
      };
      const take = (part: Buffer): void => {
        this.#recording.keepRequest(part);
        parts.push(part);
        length += part.length;
        if (length <= this.#context.capBytes) return;
        request.pause();
        settle({ parts, isWhole: false });
      };
      const end = (): void => settle({ parts, isWhole: true });
      const leave = (): void => settle(null);
      request.on('data', take).on('end', end).on('close', leave);
    });
  }

  /** Forwards the request, and the response back. */
  forward(forwarding: Forwarding): void {
    if (this.#hasEnded) return;
    this.#forwarding = forwarding;
    const upstreamRequest = this.#connect(forwarding, 'pooled');
    if (upstreamRequest === null) {
      this.#finish('unreachable', 'the request has a head that Node cannot write');
      answerRefusal(this.#response, { status: 400, reason: 'its head is not valid HTTP' });
      return;
    }
    this.#upstreamRequest = upstreamRequest;
    for (const part of forwarding.start?.parts ?? []) this.#sendUp(part);
    if (forwarding.start?.isWhole === true) {
      this.#endUp(null);
      return;
    }
    this.#readRequest();
  }

  /** Forwards the body as it comes. One that came whole with its head leaves with it in one write. */
  #readRequest(): void {
    const request = this.#request;
    request.on('data', (part: Buffer) => {
      if (!this.#hasEnded) this.#recording.keepRequest(part);
      this.#holdUp(part);
    });
    request.on('end', () => {
      const last = this.#heldUp;
      this.#heldUp = null;
      this.#endUp(last);
    });
    request.resume();
    // A head shares a packet with the start of its body, but does not wait for it.
    afterEvents(() => this.#sendHeldUp());
  }

  #holdUp(part: Buffer): void {
    if (this.#heldUp === null) afterEvents(() => this.#sendHeldUp());
    else this.#sendUp(this.#heldUp);
    this.#heldUp = part;
  }

  #sendHeldUp(): void {
    const part = this.#heldUp;
    this.#heldUp = null;
    if (part === null) this.#sendHeadUp();
    else this.#sendUp(part);
  }

  /** Answers the client without forwarding the request. */
  refuse(error: ProxyError): void {
    if (this.#hasEnded) return;
    this.#drop();
    answerError(this.#request, this.#response, error);
  }

  /** Null where Node cannot write the head of the request. */
  #connect(
    { target, replacement }: Forwarding,
    connection: 'pooled' | 'new',
  ): ClientRequest | null {
    const { pool, ownHeaders } = this.#context;
    const { upstream, path } = target;
    const headers = upstreamHeaders(this.#request, {
      upstream,
      without: ownHeaders,
      replacedBytes: replacement?.length ?? null,
    });
    const { method = 'GET' } = this.#request;
    const upstreamRequest = orNull(() =>
      pool.request({ upstream, method, path, headers, connection }),
    );
    upstreamRequest?.on('response', (response) => this.#takeHead(response));
    upstreamRequest?.on('information', (head) => this.#sendInformation(head));
    upstreamRequest?.on('upgrade', (_response, socket) => {
      socket.destroy();
      this.#breakOff('it switches to another protocol', 'unreadable');
    });
    upstreamRequest?.on('drain', () => this.#request.resume());
    upstreamRequest?.on('error', (error) => this.#fail(error));
    return upstreamRequest;
  }

  #sendUp(part: Buffer): void {
    // The rest of a request that has been answered.
    if (this.#hasEnded) return;
    this.#context.counters.bytesUp += part.length;
    if (this.#forwarding?.replacement !== null) return;
    this.#isRequestHeadSent = true;
    if (this.#upstreamRequest?.write(part) === false) this.#request.pause();
  }

  #sendHeadUp(): void {
    if (this.#isRequestHeadSent || this.#hasEnded) return;
    this.#isRequestHeadSent = true;
    this.#upstreamRequest?.flushHeaders();
  }

  /** Ends the request with the last part of its body, or with null if all of it was sent. */
  #endUp(last: Buffer | null): void {
    if (this.#hasEnded) return;
    this.#context.counters.bytesUp += last?.length ?? 0;
    this.#recording.endRequest();
    this.#isRequestHeadSent = true;
    const upstreamRequest = this.#upstreamRequest;
    const replacement = this.#forwarding?.replacement ?? null;
    if (replacement === null && this.#request.rawTrailers.length > 0) {
      upstreamRequest?.addTrailers(forwardedTrailers(this.#request));
    }
    afterEvents(() => {
      if (upstreamRequest?.destroyed === false) endMessage(upstreamRequest, replacement ?? last);
    });
  }

  /** Forwards an informational response (1xx), such as early hints. */
  #sendInformation(head: InformationEvent): void {
    // The proxy answers 100-continue itself, and HTTP/1.0 has no informational responses.
    if (this.#hasEnded || head.statusCode === 100 || this.#request.httpVersionMinor === 0) return;
    const lines = [`HTTP/1.1 ${head.statusCode} ${head.statusMessage}`];
    const headers = forwardedHeaders(head);
    for (let index = 0; index + 1 < headers.length; index += 2) {
      lines.push(`${headers[index]}: ${headers[index + 1]}`);
    }
    this.#request.socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  }

  #takeHead(upstreamResponse: IncomingMessage): void {
    if (this.#hasEnded) return;
    const { statusCode = 0, statusMessage = '' } = upstreamResponse;
    const strips = this.#forwarding?.replacement !== null && isReadableStream(upstreamResponse);
    const headers = clientHeaders(upstreamResponse, {
      captureId: this.#recording.id,
      isBodyChanged: strips,
      isLast: this.#context.state() !== 'open',
    });
    this.#response.sendDate = false;
    const head =
      statusCode < 200
        ? null
        : orNull(() => this.#response.writeHead(statusCode, statusMessage, headers));
    if (head === null) {
      this.#breakOff('it has a head that Node cannot write', 'unreadable');
      return;
    }
    this.#context.pool.heedKeepAlive(upstreamResponse);
    this.#upstreamResponse = upstreamResponse;
    this.#recording.beginResponse();
    if (strips) this.#stripper = new UsageStripper();
    process.nextTick(() => this.#readResponse(upstreamResponse));
  }

  /** Forwards the body: at once if all of it came with the head, else as it comes. */
  #readResponse(upstreamResponse: IncomingMessage): void {
    if (upstreamResponse.complete && !this.#hasEnded) {
      let last: Buffer | null = null;
      for (const part of partsOf(upstreamResponse)) {
        if (last !== null) this.#sendDown(last);
        last = this.#takePart(part);
      }
      this.#endDown(last);
      return;
    }
    upstreamResponse.on('data', (part: Buffer) => {
      if (!this.#hasEnded) this.#sendDown(this.#takePart(part));
    });
    upstreamResponse.on('end', () => this.#endDown(null));
    upstreamResponse.on('close', () => {
      if (!upstreamResponse.complete) this.#breakOff('the connection broke off', 'broken');
    });
    process.nextTick(() => this.#sendHeadDown());
  }

  /** Keeps a part of the body; returns what the client receives of it. */
  #takePart(part: Buffer): Buffer {
    this.#context.counters.bytesDown += part.length;
    this.#recording.keepResponse(part);
    return this.#stripper?.push(part) ?? part;
  }

  #sendDown(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#isResponseHeadSent = true;
    if (this.#response.write(bytes)) return;
    this.#upstreamResponse?.pause();
    this.#response.once('drain', () => this.#upstreamResponse?.resume());
  }

  #sendHeadDown(): void {
    if (this.#isResponseHeadSent || this.#response.destroyed) return;
    this.#isResponseHeadSent = true;
    this.#response.flushHeaders();
  }

  /** Ends the answer with the last part of its body, or with null if all of it was sent. */
  #endDown(last: Buffer | null): void {
    if (this.#hasEnded) return;
    this.#finish('complete', null);
    if (this.#stripper !== null) {
      if (last !== null) this.#sendDown(last);
      this.#sendDown(this.#stripper.end());
    }
    const trailers = this.#upstreamResponse?.rawTrailers.length ?? 0;
    if (this.#upstreamResponse !== null && trailers > 0) {
      this.#response.addTrailers(forwardedTrailers(this.#upstreamResponse));
    }
    this.#isResponseHeadSent = true;
    const rest = this.#stripper === null ? last : null;
    afterEvents(() => {
      if (!this.#response.destroyed) endResponse(this.#request, this.#response, rest);
    });
    // Nobody wants the rest of the request.
    if (!this.#recording.isRequestWhole) this.#upstreamRequest?.destroy();
  }

  #fail(error: Error & { readonly code?: string }): void {
    if (this.#hasEnded) return;
    const { code = error.name } = error;
    if (this.#isStale(code)) {
      this.#resend();
      return;
    }
    if (code.startsWith('HPE_')) this.#breakOff(error.message, 'unreadable');
    else this.#breakOff(code, 'broken');
  }

  /** Whether a pooled connection was closed under a request that may be repeated. */
  #isStale(code: string): boolean {
    const { method = '', headers } = this.#request;
    return (
      this.#upstreamRequest?.reusedSocket === true &&
      this.#upstreamResponse === null &&
      (code === 'ECONNRESET' || code === 'EPIPE') &&
      safeMethods.has(method) &&
      headers['content-length'] === undefined &&
      headers['transfer-encoding'] === undefined
    );
  }

  #resend(): void {
    if (this.#forwarding === null) return;
    this.#upstreamRequest = this.#connect(this.#forwarding, 'new');
    this.#upstreamRequest?.end();
  }

  /** Ends a call whose upstream cannot be reached, breaks off or sends something other than HTTP. */
  #breakOff(reason: string, kind: 'broken' | 'unreadable'): void {
    if (this.#hasEnded) return;
    this.#upstreamRequest?.destroy();
    if (this.#upstreamResponse !== null) {
      this.#finish('upstream broke', reason);
      this.#cutClient();
      return;
    }
    this.#finish('unreachable', `no response came (${reason})`);
    const upstream = this.#forwarding?.target.upstream.name ?? 'The upstream';
    const [code, what] =
      kind === 'unreadable'
        ? ['upstream_unreadable', 'sent what cannot be read as HTTP']
        : ['upstream_unreachable', 'could not be reached or gave no answer'];
    const message = `${upstream} ${what} (${reason}). This is said by understudy record, not by the provider.`;
    answerError(this.#request, this.#response, { status: 502, code, message });
  }

  /** Sends what came from the upstream, and then breaks the connection instead of ending the answer. */
  #cutClient(): void {
    if (this.#stripper !== null) this.#sendDown(this.#stripper.end());
    this.#sendHeadDown();
    const { socket, httpVersionMinor } = this.#request;
    // In HTTP/1.0 an orderly close is the end of a body.
    if (httpVersionMinor === 0) socket.resetAndDestroy();
    else socket.destroySoon();
  }

  /** The response is complete, or the client's connection has closed before. */
  #leave(): void {
    if (this.#hasEnded) return;
    if (this.#forwarding === null) this.#drop();
    else this.#finish(this.#context.state() === 'cut' ? 'proxy stopped' : 'client left', null);
    this.#upstreamRequest?.destroy();
  }

  /** Ends a call that was not forwarded. */
  #drop(): void {
    this.#recording.drop();
    this.#end();
  }

  /** Ends a call that was forwarded, and records it. */
  #finish(ending: ExchangeEnding, message: string | null): void {
    if (this.#forwarding !== null) {
      const { target } = this.#forwarding;
      const response = this.#upstreamResponse;
      countEnded(this.#context.counters, target.upstream.name, response?.statusCode ?? 0);
      this.#recording.record({ target, request: this.#request, response, ending, message });
    }
    this.#end();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#recording.release();
    this.#context.counters.inFlight -= 1;
    this.#context.onEnded();
  }
}

/**
 * Writes after all events that the system had ready are read. Until then, Node's parser may not have met the end
 * of a body that has come, which can leave in one write with its head.
 */
const afterEvents = (write: () => void): void => {
  setImmediate(write);
};

/** The parts of a body that has come to its end. `read` may return one part at a time, or all of them. */
const partsOf = (message: IncomingMessage): readonly Buffer[] => {
  const parts: Buffer[] = [];
  for (;;) {
    const part = message.read() as Buffer | null;
    if (part === null) return parts;
    parts.push(part);
  }
};

/** Null where Node refuses to write a head because of a character that its parser accepts. */
const orNull = <T>(write: () => T): T | null => {
  try {
    return write();
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
};

/** Whether a body is an uncompressed stream of events. */
const isReadableStream = (response: IncomingMessage): boolean =>
  isEventStreamType(response) &&
  /^(?:identity)?$/i.test(response.headers['content-encoding'] ?? '');
