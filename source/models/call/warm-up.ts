import type { Model } from '../model.ts';
import { CallWatch } from './deadlines.ts';
import { HttpTransport } from './http-transport.ts';
import { openProviderClient, transportOptions } from './provider-client.ts';
import { readResponseBytes } from './read-answer.ts';

/** A longer list of models is not read to its end, which closes the connection. */
const maximumBytes = 8_000_000;

const maximumMs = 10_000;

export type WarmUpOptions = {
  readonly model: Extract<Model, { kind: 'live' }>;
  /** Empty for a server that takes any. */
  readonly apiKey: string;
  /** Aborting it ends the warm-up at once. */
  readonly signal: AbortSignal;
  /** Capped at 10 s: nobody waits longer for an answer that nobody wants. */
  readonly deadlineMs: number;
};

/**
 * Opens a connection to a model's server before the first call that counts, so that name lookup and
 * TLS are no part of that call. It requests the list of models, which is free; a server that loads a
 * model on its first call is asked for one token instead. The answer is discarded, and so are errors:
 * the first call will run into them again.
 */
export const warmUp = async ({
  model,
  apiKey,
  signal,
  deadlineMs,
}: WarmUpOptions): Promise<void> => {
  const ms = Math.min(deadlineMs, maximumMs);
  const deadlines = { firstByteMs: ms, firstTokenMs: ms, idleMs: ms, totalMs: ms };
  const watch = new CallWatch(deadlines, signal);
  try {
    const transport = new HttpTransport(watch.signal);
    const client = await openProviderClient(model.provider, apiKey);
    const options = transportOptions(transport.send);
    const request = model.provider.loadsOnFirstCall
      ? client.post('/chat/completions', { ...options, body: oneToken(model.name) })
      : client.get('/models', options);
    const response = await request.asResponse();
    await readResponseBytes(response.body, maximumBytes, watch, () => true);
  } catch {
    // The first call reports the problem.
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
