import { countEnded, type Counters } from './counters.ts';
import type { ClientCall } from './http/client-call.ts';
import { headerValue, type HeaderLines } from './http/header-lines.ts';
import type { ResponseHead } from './http/read-head.ts';
import { callUpstream, type ResponseHandler } from './http/upstream-call.ts';
import type { UpstreamPool } from './http/upstream-pool.ts';
import { interimHeadFor, requestHeadFor } from './forwarded-heads.ts';
import { joined, nothing } from './joined-write.ts';
import { answerWithError } from './own-answer.ts';
import type { ReadBody } from './read-body.ts';
import { createTap, nothingTapped, type Tap } from './tap.ts';
import type { Ending, TappedExchange } from './tapped-exchange.ts';
import type { Target } from './router.ts';
import { openWayBack, type WayBack } from './way-back.ts';

/** What stays the same from call to call. */
export type Passage = {
  readonly pool: UpstreamPool;
  /** Request headers that are for the proxy, in lower case. */
  readonly ownHeaders: ReadonlySet<string>;
  readonly endpointHeader: string;
  /** Bytes of a request, and as many of a response, that are kept of a call. */
  readonly capBytes: number;
  readonly counters: Counters;
  /** Milliseconds that only rise. */
  readonly now: () => number;
  readonly record: (exchange: TappedExchange) => void;
  /** Whether calls are cut off because the user wants the proxy to stop at once. */
  readonly isStopping: () => boolean;
};

/** A call that has come. */
export type Call = {
  readonly client: ClientCall;
  /** The id of the capture; null for a call that is not recorded. */
  readonly id: string | null;
  readonly startedAtMs: number;
  /** By the clock of the passage. */
  readonly startedMs: number;
  /** What was read of the body before. */
  readonly read: ReadBody | null;
  /** The body as it is to go on, where usage is asked for which the client does not want; else null. */
  readonly asking: Buffer | null;
};

/**
 * Passes a call on and its response back, all bytes of their bodies as they came and at once, and keeps
 * a copy beside. One request makes one request: nothing is ever tried again. Who goes, goes for both: a
 * client that leaves ends the request to the upstream, and a response that breaks off breaks off for
 * the client, who would take a clean end for a whole answer.
 */
export const forward = (call: Call, { upstream, path }: Target, passage: Passage): void => {
  const { client, id, read, asking } = call;
  const { counters, now } = passage;
  const { lines, minor, method } = client.head;
  const since = (): number => now() - call.startedMs;
  const requestTap = id === null ? null : createTap(passage.capBytes);
  let responseTap: Tap | null = null;
  let response: ResponseHead | null = null;
  let back: WayBack | null = null;
  let requestMs: number | null = null;
  let headersMs: number | null = null;
  let done = false;

  const finish = (ending: Ending, message: string | null): void => {
    if (done) return;
    done = true;
    counters.inFlight -= 1;
    countEnded(counters, upstream.name, response?.status ?? 0);
    if (id === null || requestTap === null) return;
    const answered = response?.lines ?? null;
    passage.record({
      id,
      startedAtMs: call.startedAtMs,
      upstream: upstream.name,
      path: path.replace(/\?.*$/s, ''),
      endpoint: nameIn(lines, passage.endpointHeader),
      requestId: nameIn(lines, 'x-request-id'),
      traceparent: nameIn(lines, 'traceparent'),
      request: requestTap.end(),
      requestEncoding: nameIn(lines, 'content-encoding'),
      requestMs,
      status: response?.status ?? null,
      headersMs,
      upstreamRequestId: nameIn(answered, 'x-request-id') ?? nameIn(answered, 'request-id'),
      processingMs: numberOf(nameIn(answered, 'openai-processing-ms')),
      response: responseTap?.end() ?? nothingTapped,
      responseEncoding: nameIn(answered, 'content-encoding'),
      totalMs: since(),
      ending,
      message,
    });
  };

  /** Goes out with the first bytes of the body, if they are there already. */
  let requestHead = requestHeadFor(client, {
    upstream,
    path,
    without: passage.ownHeaders,
    length: asking?.length ?? null,
  });
  const sendUp = (bytes: Buffer): void => {
    const head = requestHead;
    requestHead = '';
    if (!up.write(joined(head, bytes, up.write))) client.hold();
  };

  const handler: ResponseHandler = {
    onInterim: (head) => {
      if (minor === 1 && head.status !== 100) client.write(interimHeadFor(head));
    },
    onHead: (head, framing) => {
      response = head;
      headersMs = since();
      responseTap = id === null ? null : createTap(passage.capBytes);
      back = openWayBack(head, { framing, client, id, stripsUsage: asking !== null });
    },
    onData: (data) => {
      counters.bytesDown += data.length;
      responseTap?.push(data, since());
      if (back?.data(data) === false) up.hold();
    },
    onBytes: (bytes) => {
      if (back?.bytes(bytes) === false) up.hold();
    },
    onWait: () => {
      if (back?.flush() === false) up.hold();
    },
    onDrain: client.goOn,
    onEnd: () => {
      finish('complete', null);
      back?.end();
    },
    onBroken: (reason, isUnreadable) => {
      if (back !== null) {
        finish('upstream broke', reason);
        // What the upstream sent still arrives, and then the connection breaks.
        back.release();
        client.breakOff();
        return;
      }
      finish('unreachable', `no response came (${reason})`);
      const [code, what] = isUnreadable
        ? ['upstream_unreadable', 'sent what cannot be read as HTTP']
        : ['upstream_unreachable', 'could not be reached or gave no answer'];
      const message = `${upstream.name} ${what} (${reason}). This is said by understudy record, not by the provider.`;
      answerWithError(client, 502, code, message);
    },
  };
  const up = callUpstream(passage.pool, { upstream, method }, handler);

  const takeUp = (data: Buffer): void => {
    counters.bytesUp += data.length;
    requestTap?.push(data, 0);
  };
  const ended = (): void => {
    if (requestHead !== '') sendUp(nothing);
    requestMs = since();
    up.endRequest();
  };
  client.handle({
    onData: takeUp,
    onBytes: sendUp,
    onBodyEnd: ended,
    onWait: () => {
      if (requestHead !== '') sendUp(nothing);
    },
    onDrain: up.goOn,
    onLeft: () => {
      finish(passage.isStopping() ? 'proxy stopped' : 'client left', null);
      up.abort();
    },
  });
  if (read === null) return;
  for (const data of read.data) takeUp(data);
  for (const bytes of asking === null ? read.bytes : [asking]) sendUp(bytes);
  if (read.isWhole) ended();
};

/** Longer values are cut: they are names. */
const maximumName = 256;

const nameIn = (lines: HeaderLines | null, name: string): string | null => {
  const value = lines === null ? null : headerValue(lines, name);
  return value === null || value === '' ? null : value.slice(0, maximumName);
};

const numberOf = (text: string | null): number | null => {
  const number = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : null;
};
