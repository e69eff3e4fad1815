import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import OpenAI from 'openai';
import { startProgram } from '../commands/program.ts';

export type RunningProxy = {
  /** Without a slash at the end: `http://127.0.0.1:41234`. */
  readonly origin: string;
  readonly child: ReturnType<typeof startProgram>['child'];
  readonly ended: ReturnType<typeof startProgram>['ended'];
  /** What it has written to stderr so far. */
  readonly said: () => string;
  /** Stops it with SIGTERM, and waits until everything is saved. */
  readonly stop: () => ReturnType<typeof startProgram>['ended'];
};

/** Starts `understudy record` on a free port in a directory, and waits until it listens. */
export const startProxy = async (
  directory: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningProxy> => {
  const { child, ended } = startProgram(directory, ['record', '--port', '0', ...argv], environment);
  let said = '';
  const listening = new Promise<string>((resolve) => {
    child.stderr?.on('data', (text: string) => {
      said += text;
      const origin = /clients: (http:\S+?)\/v1 /.exec(said)?.[1];
      if (origin !== undefined) resolve(origin);
    });
  });
  const origin = await Promise.race([
    listening,
    ended.then((run) => {
      throw new Error(`the proxy did not start: ${run.stderr}`);
    }),
  ]);
  return {
    origin,
    child,
    ended,
    said: () => said,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
};

/** A request as it arrived at the upstream. */
export type Arrived = {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};

export type Upstream = {
  readonly origin: string;
  readonly arrived: readonly Arrived[];
  readonly close: () => Promise<void>;
};

/** Starts a server that answers once a request is complete. */
export const startUpstream = async (
  answer: (response: ServerResponse, request: Arrived) => void | Promise<void>,
): Promise<Upstream> => {
  const arrived: Arrived[] = [];
  const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    response.on('error', () => undefined);
    void buffer(request).then(
      async (body) => {
        const { method = '', url = '', rawHeaders, headers } = request;
        const one = { method, url, rawHeaders, headers, body };
        arrived.push(one);
        await answer(response, one);
      },
      () => undefined,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
};

/** A response, byte for byte. `cut`: the connection broke before its end. */
export type RawAnswer = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly cut: boolean;
};

/** Makes one call, with no retries, decoding or redirects. */
export const rawCall = (
  url: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Buffer;
  } = {},
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const { method = 'POST', headers = {}, body = '' } = options;
    const request = http.request(url, { method, headers, agent: false }, (message) => {
      const chunks: Buffer[] = [];
      const tell = (): void => {
        resolve({
          status: message.statusCode ?? 0,
          headers: message.headers,
          body: Buffer.concat(chunks),
          cut: !message.complete,
        });
      };
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('error', () => undefined);
      message.on('close', tell);
    });
    request.on('error', reject);
    request.end(body);
  });

/** The key that the clients send, which must never be found anywhere. */
export const secretKey = 'sk-never-to-be-kept-0123456789';

export const openai = (origin: string, headers: Readonly<Record<string, string>> = {}): OpenAI =>
  new OpenAI({
    apiKey: secretKey,
    baseURL: `${origin}/v1`,
    maxRetries: 0,
    defaultHeaders: headers,
  });

/** A `chat.completion` with this content. */
export const completion = (content: string, more: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_764_000_000,
  model: 'gpt-4o-2024-08-06',
  choices: [
    { index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
  ...more,
});

/** One event of a stream. */
export const event = (delta: object, finishReason: string | null = null): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_764_000_000,
    model: 'gpt-4o-2024-08-06',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  })}\n\n`;

/** The events of a complete answer of these words. */
export const eventsOf = (words: readonly string[]): readonly string[] => [
  event({ role: 'assistant', content: '' }),
  ...words.map((content) => event({ content })),
  event({}, 'stop'),
  'data: [DONE]\n\n',
];
