import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../source/text/json.ts';
import type { Dialect } from '../../source/traffic/dialects/dialect.ts';
import { seeded } from '../benchmark/texts.ts';
import { exchangeOf } from '../models/recorded-exchanges.ts';
import { dialectExchange } from '../models/stream/dialect-exchanges.ts';

/** A request as it arrived. */
export type DialectCall = {
  readonly dialect: Dialect;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
};

/** What the server answers: the bytes of a stream, or a status with JSON. */
export type DialectReply =
  string | { readonly status: number; readonly body: object; readonly headers?: object };

export type DialectServer = {
  /** Without a path. */
  readonly origin: string;
  readonly calls: readonly DialectCall[];
  readonly close: () => void;
};

const endings: readonly (readonly [RegExp, Dialect])[] = [
  [/\/chat\/completions$/, 'chat'],
  [/\/responses$/, 'responses'],
  [/\/messages$/, 'messages'],
  [/:streamGenerateContent\?alt=sse$/, 'gemini'],
];

/**
 * Recorded streams of real providers. `text`: a few words; `call`: a call of `get_capital` for France, where one
 * was recorded.
 */
export const recordedStreams = {
  chat: { text: exchangeOf('test_snowflake_model_streaming.yaml').response_text },
  responses: {
    text: dialectExchange('test_simple_agent_streamed.yaml').body,
    call: dialectExchange('test_openai_responses/test_openai_responses_stream.yaml#0').body,
  },
  messages: { text: dialectExchange('test_anthropic_streaming_cached_prompt_tokens.yaml#0').body },
  gemini: {
    text: dialectExchange('test_google/test_google_model_stream.yaml').body,
    call: dialectExchange('test_google_model_iter_stream.yaml#0').body,
  },
} as const;

/**
 * Starts a server on the loopback interface that speaks all four dialects. Streams are cut at random places,
 * which may be in a character.
 */
export const dialectServer = async (
  reply: (call: DialectCall) => DialectReply,
): Promise<DialectServer> => {
  const calls: DialectCall[] = [];
  const random = seeded(11);
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += String(piece);
    const path = request.url ?? '';
    const dialect = endings.find(([ending]) => ending.test(path))?.[1];
    if (request.method !== 'POST' || dialect === undefined) {
      response.writeHead(404).end();
      return;
    }
    const body: JsonObject = JSON.parse(text);
    const call = { dialect, path, headers: request.headers, body };
    calls.push(call);
    const answer = reply(call);
    if (typeof answer === 'string') {
      await sendInPieces(response, Buffer.from(answer), random);
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    calls,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const sendInPieces = async (
  response: ServerResponse,
  bytes: Buffer,
  random: () => number,
): Promise<void> => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const cuts = Array.from({ length: 5 }, () => Math.floor(random() * bytes.length));
  let start = 0;
  for (const end of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    response.write(bytes.subarray(start, end));
    start = end;
    await new Promise(setImmediate);
  }
  response.end();
};
