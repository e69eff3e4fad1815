import { connect, type Socket } from 'node:net';

/** The answer to a call: its body, and the id of its capture, if any. */
export type CallAnswer = { readonly body: string; readonly captureId: string | null };

/** A persistent connection on a raw socket, which costs the load generator as little as possible. */
export type Connection = {
  /** Sends a body and resolves to the whole answer; `onPart` takes each chunk of it as it arrives. */
  readonly call: (body: string, onPart?: (text: string) => void) => Promise<CallAnswer>;
  readonly close: () => void;
};

type Reading = {
  head: string | null;
  body: string;
  readonly onPart: (text: string) => void;
  readonly resolve: (answer: CallAnswer) => void;
  readonly reject: (error: Error) => void;
};

export const openConnection = (port: number): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(connectionOn(socket));
    });
  });

const connectionOn = (socket: Socket): Connection => {
  let left = '';
  let reading: Reading | null = null;
  const fail = (error: Error): void => {
    reading?.reject(error);
    reading = null;
  };
  /** Reads the next part of an answer; false: more must come first, or the answer has ended. */
  const step = (now: Reading): boolean => {
    if (now.head === null) {
      const end = left.indexOf('\r\n\r\n');
      if (end === -1) return false;
      now.head = left.slice(0, end);
      left = left.slice(end + 4);
      return true;
    }
    const length = /^content-length: *(\d+)/im.exec(now.head)?.[1];
    if (length !== undefined) {
      if (left.length < Number(length)) return false;
      now.body = left.slice(0, Number(length));
      left = left.slice(Number(length));
      finish(now);
      return false;
    }
    const lineEnd = left.indexOf('\r\n');
    if (lineEnd === -1) return false;
    const size = Number.parseInt(left.slice(0, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (left.length < end) return false;
    const part = left.slice(lineEnd + 2, end - 2);
    left = left.slice(end);
    if (size === 0) {
      finish(now);
      return false;
    }
    now.body += part;
    now.onPart(part);
    return true;
  };
  const finish = (now: Reading): void => {
    reading = null;
    if (now.head?.startsWith('HTTP/1.1 200') !== true) {
      now.reject(new Error(`not answered: ${now.head}\n${now.body}`));
      return;
    }
    const captureId = /^x-capture-id: *(\S+)/im.exec(now.head ?? '')?.[1] ?? null;
    now.resolve({ body: now.body, captureId });
  };
  // One character a byte, so that lengths are those of HTTP; all bodies here are ASCII.
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    left = left === '' ? text : left + text;
    for (let now = reading; now !== null && step(now); now = reading);
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the connection was closed')));
  return {
    call: (body, onPart = () => undefined) =>
      new Promise((resolve, reject) => {
        reading = { head: null, body: '', onPart, resolve, reject };
        socket.write(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
      }),
    close: () => socket.destroy(),
  };
};
