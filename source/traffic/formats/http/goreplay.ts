import { z } from 'zod';
import type { JsonObject } from '../../../text/json.ts';
import type { Format, FormatReader, FormatRecord, FormatTools } from '../format.ts';
import { type Exchange, readExchange } from './exchange.ts';
import { noBody, readHttpMessage } from './http-message.ts';

const nanoseconds = z.string().regex(/^-?\d+$/);

const message = z.object({
  type: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  id: z.string(),
  timestampNs: nanoseconds,
  latencyNs: nanoseconds.nullish(),
  http: z.string(),
});

type Message = z.infer<typeof message>;

/** A request that waits for its response. */
type Waiting = { readonly exchange: Exchange; readonly sentNs: bigint };

/** So many requests, and about so many bytes of them, wait for their responses. */
const waitingAtMost = { requests: 10_000, bytes: 64 * 1024 * 1024 };

/** Files of GoReplay (`.gor`): requests and responses as they went over the wire, paired by id. */
export const goReplay: Format = {
  name: 'GoReplay',
  holdsAnswers: false,
  recognises: (_, around) => around?.within === 'goreplay',
  open: (tools) => openGoReplay(tools),
};

const openGoReplay = (tools: FormatTools): FormatReader => {
  const waiting = new Map<string, Waiting & { readonly bytes: number }>();
  let bytes = 0;
  const letGo = (id: string): void => {
    bytes -= waiting.get(id)?.bytes ?? 0;
    waiting.delete(id);
  };
  const withoutResponse = (id: string, { exchange }: Waiting): FormatRecord => {
    letGo(id);
    return readExchange(exchange, tools);
  };

  const readRequest = (read: Message): readonly FormatRecord[] => {
    const http = readHttpMessage(Buffer.from(read.http, 'base64'));
    const [method, url] = http?.startLine.split(' ') ?? [];
    if (http === null || method === undefined || url === undefined) {
      return [{ kind: 'rejected', reason: 'not an HTTP request', recordId: read.id }];
    }
    const done: FormatRecord[] = [];
    const before = waiting.get(read.id);
    if (before !== undefined) done.push(withoutResponse(read.id, before));
    const sentNs = BigInt(read.timestampNs);
    const exchange: Exchange = {
      id: read.id,
      method,
      url,
      timestamp: Number(sentNs / 1_000_000n),
      requestBody: http.body,
      status: null,
      responseBody: noBody,
      totalMs: null,
    };
    waiting.set(read.id, { exchange, sentNs, bytes: read.http.length });
    bytes += read.http.length;
    while (waiting.size > waitingAtMost.requests || bytes > waitingAtMost.bytes) {
      const [oldest] = waiting;
      if (oldest === undefined) break;
      done.push(withoutResponse(...oldest));
    }
    return done;
  };

  const readResponse = (read: Message): readonly FormatRecord[] => {
    const request = waiting.get(read.id);
    if (request === undefined) {
      return [{ kind: 'rejected', reason: 'a response without its request', recordId: read.id }];
    }
    letGo(read.id);
    const http = readHttpMessage(Buffer.from(read.http, 'base64'));
    const status = Number(http?.startLine.split(' ')[1] ?? 0);
    const took = Number(BigInt(read.timestampNs) - request.sentNs) / 1e6;
    const said = Number(read.latencyNs ?? 0) / 1e6;
    const responseBody = http?.body ?? noBody;
    const totalMs = said > 0 ? said : took > 0 ? took : null;
    return [readExchange({ ...request.exchange, status, responseBody, totalMs }, tools)];
  };

  return {
    read: (record: JsonObject) => {
      const parsed = message.safeParse(record);
      if (!parsed.success) {
        return [{ kind: 'rejected', reason: 'not a GoReplay message', recordId: null }];
      }
      if (parsed.data.type === 1) return readRequest(parsed.data);
      if (parsed.data.type === 2) return readResponse(parsed.data);
      return [{ kind: 'ignored', what: 'a response to a replay' }];
    },
    end: () => [...waiting].map(([id, request]) => withoutResponse(id, request)),
  };
};
