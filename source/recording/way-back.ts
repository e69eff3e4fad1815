import { responseHeadFor } from './forwarded-heads.ts';
import type { ClientCall } from './http/client-call.ts';
import type { Framing } from './http/framing.ts';
import { headerValue } from './http/header-lines.ts';
import type { ResponseHead } from './http/read-head.ts';
import { joined, nothing } from './joined-write.ts';
import { createUsageStripper } from './usage/strip-usage.ts';

/** How a response goes to its client; each function says with false that the client is behind. */
export type WayBack = {
  /** Data of the body without frames; before the `bytes` that it stands in. */
  readonly data: (data: Buffer) => boolean;
  /** Bytes of the body as they came. */
  readonly bytes: (bytes: Buffer) => boolean;
  /** Nothing more is there yet: a head does not wait for its body. */
  readonly flush: () => boolean;
  /** Sends what is held back, without the end that a whole response has. */
  readonly release: () => void;
  /** The response is there to its end. */
  readonly end: () => void;
};

const lastChunk = Buffer.from('0\r\n\r\n');

/**
 * Opens the way back of a response. Its body goes as it came, but for clients of HTTP/1.0, who know no
 * chunks, for bodies that end with the connection, which get chunks, and for streams with usage that
 * the client did not ask for.
 */
export const openWayBack = (
  head: ResponseHead,
  options: {
    readonly framing: Framing;
    readonly client: ClientCall;
    readonly id: string | null;
    readonly stripsUsage: boolean;
  },
): WayBack => {
  const { framing, client, stripsUsage } = options;
  const stripper = stripsUsage && isReadableStream(head) ? createUsageStripper() : null;
  const isChanged = stripper !== null;
  const way = wayOf(framing, client.head.minor, isChanged);
  /** Goes out with the first bytes of the body, if they are there already. */
  let headText = responseHeadFor(head, { ...options, isChanged });

  const send = (bytes: Buffer): boolean => {
    const text = headText;
    headText = '';
    return client.write(joined(text, bytes, client.write));
  };
  const sendData = (data: Buffer): boolean => {
    if (data.length === 0) return true;
    if (way === 'data') return send(data);
    const frame = `${data.length.toString(16)}\r\n${data.toString('latin1')}\r\n`;
    return send(Buffer.from(frame, 'latin1'));
  };
  const flush = (): boolean => headText === '' || send(nothing);
  const release = (): void => {
    if (stripper !== null) sendData(stripper.end());
    flush();
  };
  return {
    data: (data) => way === 'as it came' || sendData(stripper?.push(data) ?? data),
    bytes: (bytes) => way !== 'as it came' || send(bytes),
    flush,
    release,
    end: () => {
      release();
      if (way === 'chunks') send(lastChunk);
      client.end(way === 'data');
    },
  };
};

const wayOf = (
  framing: Framing,
  minor: 0 | 1,
  isChanged: boolean,
): 'as it came' | 'data' | 'chunks' => {
  if (framing.kind === 'none' || (framing.kind === 'length' && !isChanged)) return 'as it came';
  if (minor === 0) return 'data';
  return framing.kind === 'chunked' && !isChanged ? 'as it came' : 'chunks';
};

/** Whether a body is a stream of events that are not compressed. */
const isReadableStream = ({ lines }: ResponseHead): boolean =>
  headerValue(lines, 'content-type')?.startsWith('text/event-stream') === true &&
  /^(?:identity)?$/i.test(headerValue(lines, 'content-encoding') ?? '');
