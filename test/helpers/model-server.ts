import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A server of chat completions that a test writes itself. */
export type ModelServer = {
  readonly url: string;
  readonly port: number;
  readonly close: () => void;
};

/**
 * Starts a server on the loopback interface; `respond` is told the name of the model that is called, and the text of
 * the request.
 */
export const modelServer = async (
  respond: (
    model: string,
    response: ServerResponse,
    request: IncomingMessage,
    body: string,
  ) => void,
): Promise<ModelServer> => {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += String(piece);
    const { model } = (body === '' ? {} : JSON.parse(body)) as { readonly model?: string };
    if (request.method === 'GET') response.end('{"object":"list","data":[]}');
    else respond(model ?? '', response, request, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const { port } = address;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const event = (delta: object, finishReason: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: finishReason }] })}\n\n`;

/** Sends a stream of these pieces of text that ends as it should. */
export const streamTexts = (response: ServerResponse, texts: readonly string[]): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const text of texts) response.write(event({ content: text }));
  response.end(`${event({}, 'stop')}data: [DONE]\n\n`);
};

/** Sends a stream that calls tools, with their arguments as JSON. */
export const streamCalls = (
  response: ServerResponse,
  calls: readonly (readonly [name: string, given: string])[],
): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [index, [name, given]] of calls.entries()) {
    const call = {
      index,
      id: `call_${index}`,
      type: 'function',
      function: { name, arguments: given },
    };
    response.write(event({ tool_calls: [call] }));
  }
  response.end(`${event({}, 'tool_calls')}data: [DONE]\n\n`);
};
