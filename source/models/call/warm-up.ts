import type { Model } from '../model.ts';
import { CallWatch } from './deadlines.ts';
import { HttpTransport } from './http-transport.ts';
import { openProviderClient, transportOptions } from './provider-client.ts';
import { readResponseBytes } from './read-answer.ts';

/** The most bytes of the model list that are read. Stopping earlier closes the connection. */
const maximumBytes = 8_000_000;

const maximumMs = 10_000;

export type WarmUpOptions = {
  readonly model: Extract<Model, { kind: 'live' }>;
  /** Empty for a server that accepts any key. */
  readonly apiKey: string;
  /** When aborted, the warm-up ends at once. */
  readonly signal: AbortSignal;
  /** Capped at 10 s: the answer itself is not needed. */
  readonly deadlineMs: number;
};

/**
 * Opens a connection to a model's server before the first measured call, so that DNS and TLS are
 * not part of it. It requests the list of models, which is free. A server that loads a model on its
 * first call is asked for one token instead. The answer and any errors are discarded: the first
 * call will meet the same errors.
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
