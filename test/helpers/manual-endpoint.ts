import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';

/** A call that waits for the test to answer it, piece by piece. */
export type ManualCall = {
  /** Text of the last message. */
  readonly prompt: string;
  readonly model: string;
  readonly say: (text: string) => void;
  readonly finish: () => void;
  readonly fail: (status: number, message: string, headers?: Record<string, string>) => void;
};

/** An OpenAI-compatible endpoint whose every answer the test gives by hand. */
export type ManualEndpoint = {
  readonly url: string;
  /** The next call to a model whose prompt holds this text; waits until it has come. */
  readonly next: (model: string, prompt: string) => Promise<ManualCall>;
  readonly close: () => Promise<void>;
};

export const startManualEndpoint = async (): Promise<ManualEndpoint> => {
  const calls: ManualCall[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      // The warm-up asks for the list of models, and takes any answer.
      response.writeHead(404).end();
      return;
    }
    void textOf(request).then((body) => {
      const { model, messages } = JSON.parse(body) as {
        model: string;
        messages: readonly { content: string }[];
      };
      calls.push(manualCall(model, messages.at(-1)?.content ?? '', response));
      for (const wake of waiting) wake();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    next: async (model, prompt) => {
      for (;;) {
        const index = calls.findIndex(
          (call) => call.model === model && call.prompt.includes(prompt),
        );
        const [call] = index < 0 ? [] : calls.splice(index, 1);
        if (call !== undefined) return call;
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};

const manualCall = (model: string, prompt: string, response: ServerResponse): ManualCall => {
  const send = (choice: object, usage: object | null = null): void => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = { id: 'manual', object: 'chat.completion.chunk', created: 0, model };
    const choices = usage === null ? [{ index: 0, finish_reason: null, ...choice }] : [];
    response.write(`data: ${JSON.stringify({ ...chunk, choices, usage })}\n\n`);
  };
  return {
    prompt,
    model,
    say: (content) => send({ delta: { content } }),
    finish: () => {
      send({ delta: {}, finish_reason: 'stop' });
      send({}, { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 });
      response.end('data: [DONE]\n\n');
    },
    fail: (status, message, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ error: { message, type: 'test', code: null, param: null } }));
    },
  };
};
