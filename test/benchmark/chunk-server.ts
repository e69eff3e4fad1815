// A process of its own, so that the server and what is measured do not share a thread. It answers
// every call at once with a stream of 20 chunks, on raw sockets, so that it is not what is measured.
import { createServer, type AddressInfo } from 'node:net';

const head =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

const event = (data: string): string => {
  const text = `data: ${data}\n\n`;
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
};

const words =
  'The card was charged twice on Friday , so the second amount is paid back within three days :'.split(
    ' ',
  );

/** 17 words, the last of which differs by model, a finish reason, the usage and the end: 20 chunks. */
const answerOf = (model: string): string => {
  const chunk = (choices: readonly object[], usage: object | null = null): string =>
    event(
      JSON.stringify({
        id: 'chatcmpl-0123456789abcdef',
        object: 'chat.completion.chunk',
        created: 1_764_000_000,
        model,
        service_tier: 'default',
        system_fingerprint: 'fp_0123456789',
        choices,
        usage,
      }),
    );
  const choice = (delta: object, finishReason: string | null = null): string =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finishReason }]);
  const said = [...words.slice(0, 16), model].map((word) => choice({ content: `${word} ` }));
  const usage = { prompt_tokens: 160, completion_tokens: 17, total_tokens: 177 };
  return [head, ...said, choice({}, 'stop'), chunk([], usage), event('[DONE]'), '0\r\n\r\n'].join(
    '',
  );
};

const answers = new Map(['incumbent', 'newcomer'].map((model) => [model, answerOf(model)]));
const models = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

const server = createServer((socket) => {
  let received = '';
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    received += data.toString('latin1');
    for (;;) {
      const headEnd = received.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const length = Number(/content-length: *(\d+)/i.exec(received)?.[1] ?? 0);
      const end = headEnd + 4 + length;
      if (received.length < end) return;
      const request = received.slice(0, end);
      received = received.slice(end);
      const model = /"model":"([^"]+)"/.exec(request)?.[1];
      socket.write(answers.get(model ?? '') ?? models);
    }
  });
});

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
});
