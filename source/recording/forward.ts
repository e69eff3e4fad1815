import { countEnded, type Counters } from './counters.ts';
import type { ClientCall } from './http/client-connection.ts';
import type { Framing } from './http/framing.ts';
import { headerValue, type HeaderLines } from './http/header-lines.ts';
import type { ResponseHead } from './http/read-head.ts';
import { callUpstream } from './http/upstream-call.ts';
import type { UpstreamPool } from './http/upstream-pool.ts';
import { interimHeadFor, requestHeadFor, responseHeadFor } from './forwarded-heads.ts';
import { answerWithError } from './own-answer.ts';
import type { ReadBody } from './read-body.ts';
import { createTap, nothingTapped, type Tap } from './tap.ts';
import type { Ending, TappedExchange } from './tapped-exchange.ts';
import type { Target } from './router.ts';

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
  /** The body where it was read before, to find the model. */
  readonly read: ReadBody | null;
};

/** Texts have a byte for each character: head and body are one write, which costs half of two. */
const mostJoinedBytes = 16 * 1024;

/**
 * Passes a call on and its response back, all bytes of their bodies as they came and at once, and keeps
 * a copy beside. One request makes one request: nothing is ever tried again. Who goes, goes for both: a
 * client that leaves ends the request to the upstream, and a response that breaks off breaks off for
 * the client, who would take a clean end for a whole answer.
 */
export const forward = (call: Call, { upstream, path }: Target, passage: Passage): void => {
  const { client, id, read } = call;
  const { counters, now } = passage;
  const { lines, minor, method } = client.head;
  const since = (): number => now() - call.startedMs;
  const requestTap = id === null ? null : createTap(passage.capBytes);
  let responseTap: Tap | null = null;
  let response: ResponseHead | null = null;
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

  /** A head that goes out with the first bytes of its body, if they are there already. */
  let requestHead = requestHeadFor(client, { upstream, path, without: passage.ownHeaders });
  let responseHead = '';
  let toClient: 'as it came' | 'data' | 'chunks' | 'nothing' = 'as it came';

  const sendUp = (bytes: Buffer): void => {
    const head = requestHead;
    requestHead = '';
    if (!up.write(joined(head, bytes, up.write))) client.hold();
  };
  const sendDown = (bytes: Buffer): void => {
    const head = responseHead;
    responseHead = '';
    if (!client.write(joined(head, bytes, client.write))) up.hold();
  };

  const up = callUpstream(
    passage.pool,
    { upstream, method },
    {
      onInterim: (head) => {
        if (minor === 1 && head.status !== 100) client.write(interimHeadFor(head));
      },
      onHead: (head, framing) => {
        response = head;
        headersMs = since();
        responseTap = id === null ? null : createTap(passage.capBytes);
        toClient = wayBack(framing, minor);
        responseHead = responseHeadFor(head, { framing, client, id });
      },
      onData: (data) => {
        counters.bytesDown += data.length;
        responseTap?.push(data, since());
        if (toClient === 'data') sendDown(data);
        else if (toClient === 'chunks') {
          sendDown(
            Buffer.from(`${data.length.toString(16)}\r\n${data.toString('latin1')}\r\n`, 'latin1'),
          );
        }
      },
      onBytes: (bytes) => {
        if (toClient === 'as it came') sendDown(bytes);
      },
      onWait: () => {
        if (responseHead !== '') sendDown(nothing);
      },
      onDrain: client.goOn,
      onEnd: () => {
        if (toClient === 'chunks') sendDown(lastChunk);
        else if (responseHead !== '') sendDown(nothing);
        finish('complete', null);
        client.end(toClient === 'data');
      },
      onBroken: (reason, isUnreadable) => {
        if (response !== null) {
          finish('upstream broke', reason);
          // What the upstream sent still arrives, and then the connection breaks.
          if (responseHead !== '') sendDown(nothing);
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
    },
  );

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
  for (const bytes of read.bytes) sendUp(bytes);
  ended();
};

const nothing = Buffer.alloc(0);

const lastChunk = Buffer.from('0\r\n\r\n');

/** A head and the bytes behind it as one write; what is too long for that goes as two. */
const joined = (head: string, bytes: Buffer, write: (text: string) => boolean): Buffer | string => {
  if (head === '') return bytes;
  if (bytes.length <= mostJoinedBytes) return `${head}${bytes.toString('latin1')}`;
  write(head);
  return bytes;
};

/** How a body goes back. Clients of HTTP/1.0 know no chunks, and others no end but by a frame. */
const wayBack = (framing: Framing, minor: 0 | 1): 'as it came' | 'data' | 'chunks' | 'nothing' => {
  if (framing.kind === 'none') return 'nothing';
  if (framing.kind === 'length') return 'as it came';
  if (minor === 0) return 'data';
  return framing.kind === 'chunked' ? 'as it came' : 'chunks';
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
