import { KeptBytes, Tap, type Tapped, type TappedExchange } from '../../source/recording/tap.ts';

/** What a tap keeps of chunks that came `everyMs` apart. */
export const tapped = (chunks: readonly (string | Uint8Array)[], everyMs = 10): Tapped => {
  const tap = new Tap(8e6, new KeptBytes(1e9));
  chunks.forEach((chunk, index) => tap.push(Buffer.from(chunk), (index + 1) * everyMs));
  return tap.end();
};

export const request = { model: 'm', messages: [{ role: 'user', content: 'Hello?' }] };

/** A call that went well, apart from `more`. */
export const exchange = (more: Partial<TappedExchange> = {}): TappedExchange => ({
  id: 'capture_1',
  startedAtMs: Date.UTC(2026, 10, 20),
  upstream: 'openai',
  path: '/v1/chat/completions',
  endpoint: null,
  requestId: null,
  traceparent: null,
  request: tapped([JSON.stringify(request)]),
  requestEncoding: null,
  requestMs: 0.5,
  status: 200,
  headersMs: 9,
  upstreamRequestId: null,
  processingMs: null,
  response: tapped([]),
  responseEncoding: null,
  totalMs: 100,
  ending: 'complete',
  message: null,
  ...more,
});
