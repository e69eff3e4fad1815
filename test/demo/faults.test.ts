import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import type { DemoEndpoint } from '../../source/demo/demo-endpoint.ts';
import { startDemoEndpoint } from '../../source/demo/demo-endpoint.ts';
import type { ChooseFault, Fault } from '../../source/demo/faults.ts';
import { hostileText, statusFault } from '../../source/demo/faults.ts';
import { clientOf, post, streamBody, ticketMessages } from './client.ts';

const started: DemoEndpoint[] = [];

const start = async (fault: Fault | ChooseFault): Promise<DemoEndpoint> => {
  const faults = typeof fault === 'function' ? fault : () => fault;
  const endpoint = await startDemoEndpoint({ timings: 'instant', faults });
  started.push(endpoint);
  return endpoint;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((endpoint) => endpoint.close()));
});

const whole = '{\n  "category": "security",\n  "priority": "urgent",\n  "language": "en"\n}';
const body = streamBody('My card was stolen');

/** The text of a stream as the SDK reads it, and the error that ended it. */
const readStream = async (
  url: string,
): Promise<{ text: string; finished: boolean; error: unknown }> => {
  let text = '';
  let finished = false;
  try {
    const stream = await clientOf(url).chat.completions.create({
      model: 'incumbent',
      messages: ticketMessages('My card was stolen'),
      stream: true,
    });
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finished ||= chunk.choices[0]?.finish_reason === 'stop';
    }
    return { text, finished, error: null };
  } catch (error) {
    return { text, finished, error };
  }
};

const endOf = (endpoint: DemoEndpoint) => endpoint.calls().map(({ end }) => end);

describe('a fault of the demo endpoint', () => {
  it.each([400, 401, 402, 404, 408, 429, 500, 503])('sends status %i', async (status) => {
    const endpoint = await start(statusFault(status, 'No.', { 'retry-after': '7' }));
    const { error } = await readStream(endpoint.url);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status, message: `${status} No.` });
    expect((error as APIError).headers?.get('retry-after')).toBe('7');
    expect(endpoint.calls()).toMatchObject([{ end: 'faulted', status }]);
  });

  it('refuses before any header', async () => {
    const endpoint = await start({ kind: 'refuse' });
    expect((await readStream(endpoint.url)).error).toBeInstanceOf(APIConnectionError);
    expect(endpoint.calls()).toMatchObject([{ end: 'faulted', status: null }]);
  });

  it('sends nothing until the client gives up', async () => {
    const endpoint = await start({ kind: 'silence' });
    const call = clientOf(endpoint.url).chat.completions.create(
      { model: 'incumbent', messages: ticketMessages('x') },
      { timeout: 100 },
    );
    await expect(call).rejects.toThrow(APIConnectionTimeoutError);
    await expect.poll(() => endOf(endpoint)).toEqual(['aborted']);
  });

  it('waits and then answers', async () => {
    const endpoint = await start({ kind: 'slow', delayMs: 5 });
    expect(await readStream(endpoint.url)).toEqual({ text: whole, finished: true, error: null });
    expect(endOf(endpoint)).toEqual(['answered']);
  });

  it('resets in the middle of the answer', async () => {
    const endpoint = await start({ kind: 'reset', afterPieces: 2 });
    const { text, error } = await readStream(endpoint.url);
    expect(error).toBeInstanceOf(TypeError);
    expect(text).not.toBe('');
    expect(whole.startsWith(text)).toBe(true);
    expect(endOf(endpoint)).toEqual(['faulted']);
  });

  it('cuts the answer off silently', async () => {
    const endpoint = await start({ kind: 'cut', afterPieces: 2 });
    const { text, finished, error } = await readStream(endpoint.url);
    expect({ finished, error }).toEqual({ finished: false, error: null });
    expect(whole.startsWith(text) && text.length < whole.length && text !== '').toBe(true);
    expect((await post(endpoint.url, body)).text).not.toContain('[DONE]');
    expect(endOf(endpoint)).toEqual(['faulted', 'faulted']);
  });

  it('leaves out [DONE] only', async () => {
    const endpoint = await start({ kind: 'without_done' });
    const { text } = await post(endpoint.url, body);
    expect(text).toContain('"finish_reason":"stop"');
    expect(text).not.toContain('[DONE]');
  });

  it('puts an error object into the stream', async () => {
    const endpoint = await start({
      kind: 'error_chunk',
      afterPieces: 1,
      error: { message: 'Full.' },
    });
    const { finished, error } = await readStream(endpoint.url);
    expect(finished).toBe(false);
    expect(error).toBeInstanceOf(APIError);
    expect(String(error)).toContain('Full.');
  });

  it('puts an event that is not JSON into the stream', async () => {
    const endpoint = await start({ kind: 'invalid_chunk', afterPieces: 1 });
    expect((await readStream(endpoint.url)).error).toBeInstanceOf(SyntaxError);
  });

  it('sends one JSON body although a stream was requested', async () => {
    const endpoint = await start({ kind: 'json' });
    const reply = await post(endpoint.url, body);
    expect(reply.type).toBe('application/json');
    expect(JSON.parse(reply.text)).toMatchObject({ choices: [{ message: { content: whole } }] });
    expect(await readStream(endpoint.url)).toEqual({ text: '', finished: false, error: null });
  });

  it('sends a web page', async () => {
    const reply = await post((await start({ kind: 'html' })).url, body);
    expect(reply).toMatchObject({ status: 200, type: 'text/html' });
    expect(reply.text).toMatch(/^<!doctype html>/);
  });

  it('sends nothing', async () => {
    const reply = await post((await start({ kind: 'empty' })).url, body);
    expect(reply).toEqual({ status: 200, type: 'text/event-stream', text: '' });
  });

  it('sends any text, under a model of its own', async () => {
    const endpoint = await start({ kind: 'text', text: hostileText, finishReason: 'length' });
    expect(await readStream(endpoint.url)).toEqual({
      text: hostileText,
      finished: false,
      error: null,
    });
    expect((await post(endpoint.url, body)).text).toContain('"model":"fault"');
  });

  it('sends one huge line', async () => {
    const endpoint = await start({ kind: 'huge', bytes: 10_000_000 });
    const completion = await clientOf(endpoint.url).chat.completions.create({
      model: 'incumbent',
      messages: ticketMessages('x'),
    });
    expect(completion.choices[0]?.message.content).toHaveLength(10_000_000);
  });

  it('sends any status, headers and body', async () => {
    const fault: Fault = {
      kind: 'reply',
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: 'hm',
    };
    expect(await post((await start(fault)).url, body)).toEqual({
      status: 200,
      type: 'text/plain',
      text: 'hm',
    });
  });

  it.each<[Fault]>([
    [{ kind: 'cut', afterPieces: 1 }],
    [{ kind: 'error_chunk', afterPieces: 1 }],
    [{ kind: 'invalid_chunk', afterPieces: 1 }],
  ])('cuts the body of a call without stream in half: $kind', async (fault) => {
    const { text } = await post((await start(fault)).url, { ...body, stream: false });
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  });

  it('is chosen by model, attempt and prompt', async () => {
    const seen: string[] = [];
    const endpoint = await start(({ model, attempt, prompt }) => {
      seen.push(`${model} ${attempt} ${prompt}`);
      return model === 'newcomer' && attempt === 1 ? statusFault(503) : null;
    });
    const statuses: number[] = [];
    for (const model of ['newcomer', 'newcomer', 'incumbent']) {
      statuses.push((await post(endpoint.url, streamBody('Hi', model))).status);
    }
    expect(statuses).toEqual([503, 200, 200]);
    expect(seen).toEqual(['newcomer 1 Hi', 'newcomer 2 Hi', 'incumbent 1 Hi']);
  });

  it('does not make up an answer when it is slow', async () => {
    const endpoint = await start({ kind: 'slow', delayMs: 1 });
    const unknown = { model: 'incumbent', messages: [{ role: 'user', content: 'Hello?' }] };
    expect((await post(endpoint.url, unknown)).status).toBe(400);
  });
});
