import type { Model } from '../model.ts';
import { watchCall } from './deadlines.ts';
import { bodyOf } from './http-fetch.ts';
import { openClient } from './open-client.ts';
import { readBody } from './read-body.ts';

/** A list of models longer than this is not read to its end, which closes the connection. */
const maximumBytes = 8_000_000;

/** Nobody waits longer for a call whose answer is not wanted. */
const longestMs = 10_000;

export type WarmUpOptions = {
  readonly model: Extract<Model, { kind: 'live' }>;
  /** Empty for a server that takes any. */
  readonly apiKey: string;
  /** Aborted: the warm-up ends at once. */
  readonly signal: AbortSignal;
  /** At most 10 s count. */
  readonly deadlineMs: number;
};

/**
 * Makes a connection to a model's endpoint stand before the first call that counts, so that its name
 * lookup and TLS are no part of that call. It asks for the list of models, which costs nothing; a
 * server that loads a model on its first call is asked for one token of it. What is answered is
 * thrown away, and nothing that goes wrong is told: the first call will find it again.
 */
export const warmUp = async ({
  model,
  apiKey,
  signal,
  deadlineMs,
}: WarmUpOptions): Promise<void> => {
  const ms = Math.min(deadlineMs, longestMs);
  const watch = watchCall({ firstByteMs: ms, firstTokenMs: ms, idleMs: ms, totalMs: ms }, signal);
  try {
    const client = await openClient(model.provider, apiKey);
    const request = { signal: watch.signal };
    const answered = model.provider.loadsOnFirstCall
      ? client.post('/chat/completions', { ...request, body: oneToken(model.name) })
      : client.get('/models', request);
    const response = await answered.asResponse();
    await readBody(bodyOf(response), maximumBytes, watch, () => true);
  } catch {
    // A warm-up that fails has only not warmed up.
  } finally {
    watch.stop();
  }
};

const oneToken = (model: string) => ({
  model,
  messages: [{ role: 'user', content: 'Hi' }],
  max_tokens: 1,
  stream: false,
});
