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
export const readBody = async (
  body: ReadableStream<Uint8Array> | null,
  maximumBytes: number,
  watch: Watch,
  take: (bytes: Uint8Array) => boolean,
): Promise<BodyEnd> => {
  if (body === null) return 'end';
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  let bytes = 0;
  watch.signal.addEventListener('abort', cancel, { once: true });
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (watch.cutOff() !== null) return 'broken';
      if (done) return 'end';
      watch.heard();
      bytes += value.length;
      if (bytes > maximumBytes) {
        cancel();
        return 'too large';
      }
      if (!take(value)) {
        drain(reader);
        return 'enough';
      }
    }
  } catch {
    cancel();
    return 'broken';
  } finally {
    watch.signal.removeEventListener('abort', cancel);
  }
};

/**
 * Reads on to the end, which is mostly there already, so that the connection can carry the next
 * call; a cancelled body closes it. Nobody waits for this, and a server that does not end is left.
 */
const drain = (reader: ReadableStreamDefaultReader<Uint8Array>): void => {
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  const timer = setTimeout(cancel, drainMs);
  timer.unref();
  const readOn = async (): Promise<void> => {
    for (let piece = 0; piece < 8; piece++) if ((await reader.read()).done) return;
    cancel();
  };
  void readOn()
    .catch(() => undefined)
    .finally(() => clearTimeout(timer));
};
