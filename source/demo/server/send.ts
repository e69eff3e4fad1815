import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pace } from './pace.ts';
import type { EventScript } from './wire.ts';

/** Between two writes of a paced stream, milliseconds; tokens that are due by then go together. */
const tickMs = 8;

/**
 * Sends a stream of events: at once without a pace, else each when it is due. Rejects with an
 * AbortError when the signal fires, which is when the client hangs up or the endpoint closes.
 */
export const sendEvents = async (
  response: ServerResponse,
  { events, ending }: EventScript,
  pace: Pace | null,
  signal: AbortSignal,
): Promise<void> => {
  if (pace !== null) await sleep(pace.firstTokenMs, undefined, { signal });
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  if (pace === null && ending === 'end') {
    response.end(events.join(''));
    return;
  }
  await (pace === null
    ? flush(response, events.join(''))
    : sendPaced(response, events, pace.tokensPerSecond, signal));
  if (ending === 'end') response.end();
  else if (ending === 'reset') await reset(response);
  else await untilAborted(signal);
};

const sendPaced = async (
  response: ServerResponse,
  events: readonly string[],
  tokensPerSecond: number,
  signal: AbortSignal,
): Promise<void> => {
  const start = performance.now();
  let sent = 0;
  for (;;) {
    // The role and the first token go together.
    const due = 2 + Math.floor(((performance.now() - start) / 1000) * tokensPerSecond);
    if (due > sent) {
      await flush(response, events.slice(sent, due).join(''));
      sent = due;
    }
    if (sent >= events.length) return;
    const nextMs = start + ((sent - 1) / tokensPerSecond) * 1000 - performance.now();
    await sleep(Math.max(nextMs, tickMs), undefined, { signal });
  }
};

/** Resolves when the bytes are with the kernel, or when they can no longer get there. */
const flush = (response: ServerResponse, text: string): Promise<void> =>
  new Promise((resolve) => {
    response.write(text, () => resolve());
  });

/** Breaks the connection off as a crashed server does. */
export const reset = async (response: ServerResponse): Promise<void> => {
  // A reset can overtake bytes that the client has not read yet.
  await sleep(20);
  response.socket?.resetAndDestroy();
};

/** Never resolves; rejects with an AbortError when the signal fires. */
export const untilAborted = async (signal: AbortSignal): Promise<void> => {
  for (;;) await sleep(2 ** 30, undefined, { signal });
};
