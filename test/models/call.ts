import { callModel, type CallOptions } from '../../source/models/call/client.ts';
import type { CallResult } from '../../source/models/answer.ts';
import { adaptRequest } from '../../source/models/adaptation/adapt-request.ts';
import type { Model } from '../../source/models/model.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';
import { rawServer, type Step } from './raw-server.ts';

/** A model at this base URL, as a user names it. */
export const liveModel = (url: string): Extract<Model, { kind: 'live' }> => {
  const model = resolveModel(`${url}#test-model`);
  if (model.kind !== 'live') throw new Error('not live');
  return model;
};

/** One call to a base URL, with deadlines long enough never to strike unless a test sets them. */
export const callUrl = async (
  url: string,
  options: Partial<CallOptions> = {},
): Promise<CallResult> => {
  const model = liveModel(url);
  const { body } = adaptRequest({ messages: [{ role: 'user', content: 'Hi' }] }, model);
  return await callModel({
    model,
    body,
    apiKey: 'sk-test-0123456789',
    deadlines: { firstByteMs: 20_000, firstTokenMs: 60_000, idleMs: 20_000, totalMs: 20_000 },
    maximumBytes: 1_000_000,
    signal: new AbortController().signal,
    now: () => performance.now(),
    ...options,
  });
};

/** One call to a server that answers with these bytes. */
export const callBytes = async (
  steps: readonly Step[],
  options: Partial<CallOptions> = {},
): Promise<CallResult> => {
  const server = await rawServer(steps);
  try {
    return await callUrl(server.url, options);
  } finally {
    await server.close();
  }
};

/** An event with a chunk of the first choice. */
export const delta = (value: object, finishReason: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', model: 'm-1', choices: [{ index: 0, delta: value, finish_reason: finishReason }] })}\n\n`;

export const usageEvent =
  'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}\n\n';

export const doneEvent = 'data: [DONE]\n\n';

/** A complete HTTP answer without streaming. */
export const whole = (status: number, type: string, body: string, headers = ''): string =>
  `HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
