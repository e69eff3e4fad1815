import * as z from 'zod';
import type { JsonObject } from '../../../text/json.ts';
import type { Format, FormatReader, FormatRecord, FormatTools } from '../format.ts';
import { type HttpExchange, readExchange } from './exchange.ts';
import { noBody, parseHttpMessage } from './http-message.ts';

const nanoseconds = z.string().regex(/^-?\d+$/);

const messageSchema = z.object({
  type: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  id: z.string(),
  timestampNs: nanoseconds,
  latencyNs: nanoseconds.nullish(),
  http: z.string(),
});

type GoReplayMessage = z.infer<typeof messageSchema>;

/** A request that waits for its response. */
type WaitingRequest = {
  readonly exchange: HttpExchange;
  readonly sentNs: bigint;
  readonly bytes: number;
};

/** How many requests may wait for their responses at once, and about how many bytes of them. */
const waitingLimit = { requests: 10_000, bytes: 64 * 1024 * 1024 };

/** Files of GoReplay (`.gor`): requests and responses as they went over the wire, paired by id. */
export const goReplay: Format = {
  name: 'GoReplay',
  holdsAnswers: false,
  recognises: (_, around) => around?.within === 'goreplay',
  open: (tools) => new GoReplayReader(tools),
};

class GoReplayReader implements FormatReader {
  readonly #tools: FormatTools;
  readonly #waiting = new Map<string, WaitingRequest>();
  #waitingBytes = 0;

  constructor(tools: FormatTools) {
    this.#tools = tools;
  }

  read(record: JsonObject): readonly FormatRecord[] {
    const parsed = messageSchema.safeParse(record);
    if (!parsed.success) {
      return [{ kind: 'rejected', reason: 'not a GoReplay message', recordId: null }];
    }
    if (parsed.data.type === 1) return this.#readRequest(parsed.data);
    if (parsed.data.type === 2) return [this.#readResponse(parsed.data)];
    return [{ kind: 'ignored', what: 'a response to a replay' }];
  }

  end(): readonly FormatRecord[] {
    return [...this.#waiting].map(([id, request]) => this.#finishWithoutResponse(id, request));
  }

  #readRequest(message: GoReplayMessage): readonly FormatRecord[] {
    const { id } = message;
    const http = parseHttpMessage(Buffer.from(message.http, 'base64'));
    const [method, url] = http?.startLine.split(' ') ?? [];
    if (http === null || method === undefined || url === undefined) {
      return [{ kind: 'rejected', reason: 'not an HTTP request', recordId: id }];
    }
    const earlier = this.#waiting.get(id);
    const finished = earlier === undefined ? [] : [this.#finishWithoutResponse(id, earlier)];
    const sentNs = BigInt(message.timestampNs);
    const exchange: HttpExchange = {
      id,
      method,
      url,
      timestamp: Number(sentNs / 1_000_000n),
      requestBody: http.body,
      status: null,
      responseBody: noBody,
      totalMs: null,
    };
    const bytes = message.http.length;
    this.#waiting.set(id, { exchange, sentNs, bytes });
    this.#waitingBytes += bytes;
    return [...finished, ...this.#finishOldest()];
  }

  #readResponse(message: GoReplayMessage): FormatRecord {
    const { id } = message;
    const request = this.#waiting.get(id);
    if (request === undefined) {
      return { kind: 'rejected', reason: 'a response without its request', recordId: id };
    }
    this.#remove(id, request);
    const http = parseHttpMessage(Buffer.from(message.http, 'base64'));
    const elapsedMs = Number(BigInt(message.timestampNs) - request.sentNs) / 1e6;
    const latencyMs = Number(message.latencyNs ?? 0) / 1e6;
    const exchange: HttpExchange = {
      ...request.exchange,
      status: Number(http?.startLine.split(' ')[1] ?? 0),
      responseBody: http?.body ?? noBody,
      totalMs: latencyMs > 0 ? latencyMs : elapsedMs > 0 ? elapsedMs : null,
    };
    return readExchange(exchange, this.#tools);
  }

  #finishOldest(): readonly FormatRecord[] {
    const finished: FormatRecord[] = [];
    for (const [id, request] of this.#waiting) {
      const isWithin =
        this.#waiting.size <= waitingLimit.requests && this.#waitingBytes <= waitingLimit.bytes;
      if (isWithin) break;
      finished.push(this.#finishWithoutResponse(id, request));
    }
    return finished;
  }

  #finishWithoutResponse(id: string, request: WaitingRequest): FormatRecord {
    this.#remove(id, request);
    return readExchange(request.exchange, this.#tools);
  }

  #remove(id: string, { bytes }: WaitingRequest): void {
    this.#waitingBytes -= bytes;
    this.#waiting.delete(id);
  }
}
