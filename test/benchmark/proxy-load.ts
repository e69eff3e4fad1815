import { setTimeout as sleep } from 'node:timers/promises';
import { openConnection, type CallAnswer, type Connection } from './proxy-connection.ts';

/** A call: the request and the response. */
export type Made = CallAnswer & { readonly sent: string };

/** Takes each call when it is over. */
export type TakeMade = (made: Made) => void;

const prompt =
  'Classify the support ticket. Return JSON and nothing else, in these fields. '.repeat(8);

let made = 0;

const bodyOf = (model: 'short' | 'stream'): string => {
  made += 1;
  return JSON.stringify({
    model,
    messages: [{ role: 'user', content: `call-${made} ${prompt}` }],
    temperature: 0,
    ...(model === 'stream' ? { stream: true } : {}),
  });
};

const openMany = async (port: number, count: number): Promise<readonly Connection[]> => {
  const connections: Connection[] = [];
  while (connections.length < count) {
    const more = Math.min(100, count - connections.length);
    connections.push(
      ...(await Promise.all(Array.from({ length: more }, () => openConnection(port)))),
    );
  }
  return connections;
};

const sentAt = /sent ([a-j]+);/g;

/** Reads a number that the upstream wrote with the letters a to j as digits. */
const fromLetters = (letters: string): number =>
  Number(letters.replace(/[a-j]/g, (letter) => String(letter.charCodeAt(0) - 97)));

/**
 * Runs `streams` connections at once, each with `calls` streams in turn, begun over a second. Resolves to
 * how long each chunk took from the upstream to here, in milliseconds.
 */
export const runStreams = async (
  port: number,
  streams: number,
  calls: number,
  take: TakeMade,
): Promise<readonly number[]> => {
  const connections = await openMany(port, streams);
  const transitMs: number[] = [];
  await Promise.all(
    connections.map(async (connection, index) => {
      await sleep((index * 1000) / streams);
      for (let call = 0; call < calls; call += 1) {
        const sent = bodyOf('stream');
        const answer = await connection.call(sent, (text) => {
          const now = Number(process.hrtime.bigint());
          for (const [, at = 'a'] of text.matchAll(sentAt)) {
            transitMs.push((now - fromLetters(at)) / 1e6);
          }
        });
        take({ sent, ...answer });
      }
    }),
  );
  for (const connection of connections) connection.close();
  return transitMs;
};

/**
 * Makes short calls for `forMs`, on each connection as soon as the one before is answered. Resolves to
 * the calls a second.
 */
export const runShortCalls = async (
  port: number,
  connectionCount: number,
  forMs: number,
  take: TakeMade,
): Promise<number> => {
  const connections = await openMany(port, connectionCount);
  let calls = 0;
  const startedMs = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - startedMs < forMs) {
        const sent = bodyOf('short');
        const answer = await connection.call(sent);
        calls += 1;
        take({ sent, ...answer });
      }
    }),
  );
  const perSecond = (calls * 1000) / (performance.now() - startedMs);
  for (const connection of connections) connection.close();
  return perSecond;
};

/** Makes short calls at a steady, low rate. Resolves to how long each call took, in milliseconds. */
export const runSteadyCalls = async (
  port: number,
  connectionCount: number,
  options: { readonly perSecond: number; readonly forMs: number; readonly take: TakeMade },
): Promise<readonly number[]> => {
  const connections = await openMany(port, connectionCount);
  const callMs: number[] = [];
  const everyMs = (connectionCount * 1000) / options.perSecond;
  const startedMs = performance.now();
  await Promise.all(
    connections.map(async (connection, index) => {
      for (let at = (index * everyMs) / connectionCount; at < options.forMs; at += everyMs) {
        const waitMs = startedMs + at - performance.now();
        if (waitMs > 0) await sleep(waitMs);
        const sent = bodyOf('short');
        const beganMs = performance.now();
        const answer = await connection.call(sent);
        callMs.push(performance.now() - beganMs);
        options.take({ sent, ...answer });
      }
    }),
  );
  for (const connection of connections) connection.close();
  return callMs;
};
