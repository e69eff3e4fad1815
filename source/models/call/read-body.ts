import type { Readable } from 'node:stream';
import type { Watch } from './deadlines.ts';

/**
 * How reading a body ended: at its end, where the taker had enough, at the cap, or before its end
 * because the connection broke or the watch cut it off.
 */
export type BodyEnd = 'end' | 'enough' | 'too large' | 'broken';

const drainMs = 1000;

/**
 * Gives the pieces of a body to `take` until it returns false. Tells the watch of each. Never
 * rejects.
 */
export const readBody = (
  body: Readable | null,
  maximumBytes: number,
  watch: Watch,
  take: (bytes: Uint8Array) => boolean,
): Promise<BodyEnd> => {
  if (body === null) return Promise.resolve('end');
  return new Promise((resolve) => {
    let bytes = 0;
    let ended = false;
    const end = (how: BodyEnd): void => {
      if (ended) return;
      ended = true;
      watch.signal.removeEventListener('abort', cut);
      if (how === 'enough') drain(body);
      else if (how !== 'end') body.destroy();
      resolve(how);
    };
    const cut = (): void => end('broken');
    watch.signal.addEventListener('abort', cut, { once: true });
    body.on('data', (piece: Uint8Array) => {
      if (ended) return;
      watch.heard();
      bytes += piece.length;
      if (bytes > maximumBytes) end('too large');
      else if (!take(piece)) end('enough');
    });
    body.once('end', () => end('end'));
    body.on('error', cut);
    body.once('close', cut);
    if (watch.signal.aborted) cut();
  });
};

/**
 * Reads on to the end, which is mostly there already, so that the connection can carry the next
 * call; a destroyed body closes it. Nobody waits for this, and a server that does not end is left.
 */
const drain = (body: Readable): void => {
  const timer = setTimeout(() => body.destroy(), drainMs);
  timer.unref();
  body.once('close', () => clearTimeout(timer));
  body.resume();
};
