// A process of its own, on raw sockets, so that it takes as little time as possible. It answers a call of
// the model `short` at once with a whole answer, and one of `stream` with 20 chunks, ten a second. Each
// chunk says when it was written, by the clock that all processes of a machine share. The time is written
// in letters, because a number of that length may be redacted as a phone number or the number of a card.
import { createServer, type AddressInfo, type Socket } from 'node:net';

const chunks = 20;
const everyMs = 100;

const streamHead =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

const framed = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** A number in base 10 with the letters a to j as digits. */
const inLetters = (number: bigint): string =>
  String(number).replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '');

const chunk = (id: string, delta: object, finishReason: string | null = null): string => {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  const body = { id, object: 'chat.completion.chunk', created: 1_764_000_000, model: 'm', choices };
  return framed(`data: ${JSON.stringify(body)}\n\n`);
};

const stream = (socket: Socket, id: string): void => {
  let written = 0;
  socket.write(streamHead);
  const timer = setInterval(() => {
    if (written < chunks) {
      written += 1;
      socket.write(chunk(id, { content: `${id} sent ${inLetters(process.hrtime.bigint())}; ` }));
      return;
    }
    clearInterval(timer);
    socket.write(`${chunk(id, {}, 'stop')}${framed('data: [DONE]\n\n')}0\r\n\r\n`);
  }, everyMs);
  socket.once('close', () => clearInterval(timer));
};

const words = 'The card was charged twice on Friday, so the second amount is paid back. '.repeat(5);

const short = (socket: Socket, id: string): void => {
  const message = { role: 'assistant', content: `${id} ${words}`, refusal: null };
  const body = JSON.stringify({
    id,
    object: 'chat.completion',
    created: 1_764_000_000,
    model: 'm',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: { prompt_tokens: 160, completion_tokens: 97, total_tokens: 257 },
  });
  socket.write(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};

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
      const body = received.slice(headEnd + 4, end);
      received = received.slice(end);
      const id = /"content":"(\S+)/.exec(body)?.[1] ?? '?';
      if (body.includes('"model":"stream"')) stream(socket, id);
      else short(socket, id);
    }
  });
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log((server.address() as AddressInfo).port);
});
