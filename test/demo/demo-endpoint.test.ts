import { readFile } from 'node:fs/promises';
import type OpenAI from 'openai';
import { NotFoundError } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import type { DemoEndpoint, DemoEndpointOptions } from '../../source/demo/demo-endpoint.ts';
import { startDemoEndpoint } from '../../source/demo/demo-endpoint.ts';
import { demoTrafficFile } from '../../source/demo/demo-answers.ts';
import type { Raw } from './client.ts';
import { clientOf, post, streamBody, ticketMessages } from './client.ts';

const started: DemoEndpoint[] = [];

const start = async (options: DemoEndpointOptions = {}): Promise<DemoEndpoint> => {
  const endpoint = await startDemoEndpoint({ timings: 'instant', ...options });
  started.push(endpoint);
  return endpoint;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((endpoint) => endpoint.close()));
});

const firstArenaCapture = async () => {
  const lines = (await readFile(demoTrafficFile(), 'utf8')).trim().split('\n');
  const line = lines.find((text) => text.includes('"endpoint":"arena_hard"')) ?? '';
  return JSON.parse(line) as {
    request: { messages: OpenAI.ChatCompletionMessageParam[] };
    responses: Record<string, { choices: { message: { content: string } }[] }>;
  };
};

const eventsOf = ({ text }: Raw): readonly string[] =>
  text.split('\n\n').map((event) => event.replace(/"created":\d+/, ''));

describe('the demo endpoint', () => {
  it('lists its two models', async () => {
    const { url } = await start();
    const ids: string[] = [];
    for await (const model of clientOf(url).models.list()) ids.push(model.id);
    expect(ids).toEqual(['incumbent', 'newcomer']);
  });

  it('answers a ticket by rules and names them as the model', async () => {
    const { url } = await start();
    const completion = await clientOf(url).chat.completions.create({
      model: 'newcomer',
      messages: ticketMessages('My card was stolen'),
    });
    expect(completion.model).toBe('ticket-rules-b (computed)');
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toEqual({
      category: 'security',
      priority: 'critical',
      language: 'en',
    });
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.usage?.total_tokens).toBeGreaterThan(80);
  });

  it('streams the recorded answer of a real model, word for word, and names the model', async () => {
    const { url } = await start();
    const capture = await firstArenaCapture();
    const stream = await clientOf(url).chat.completions.create({
      model: 'incumbent',
      messages: capture.request.messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let chunks = 0;
    let usage: OpenAI.CompletionUsage | null | undefined = null;
    const finishReasons: string[] = [];
    for await (const chunk of stream) {
      chunks++;
      expect(chunk.model).toBe('gpt-4-0613 (recorded)');
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.choices[0]?.finish_reason) finishReasons.push(chunk.choices[0].finish_reason);
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(capture.responses['gpt-4-0613']?.choices[0]?.message.content);
    expect(chunks).toBeGreaterThan(50);
    expect(finishReasons).toEqual(['stop']);
    expect(usage?.completion_tokens).toBe(Math.ceil(Buffer.byteLength(text) / 4));
  });

  it('sends usage only if it is requested', async () => {
    const { url } = await start();
    const body = streamBody('My card was stolen');
    expect((await post(url, body)).text).not.toContain('usage');
    const asked = await post(url, { ...body, stream_options: { include_usage: true } });
    expect(asked.text).toMatch(/"choices":\[\],"usage":\{[^}]+\}\}\n\ndata: \[DONE\]\n\n$/);
  });

  it('paces a stream and still sends all of it', async () => {
    const { url } = await start({ timings: 'simulated', speed: 50 });
    const paced = await post(url, streamBody('My card was stolen'));
    const { url: instant } = await start();
    expect(eventsOf(paced)).toEqual(
      eventsOf(await post(instant, streamBody('My card was stolen'))),
    );
  });

  it.each([
    ['a body that is not JSON', '{"model"', 400, 'invalid_json', null],
    ['no messages', { model: 'incumbent' }, 400, 'invalid_request', 'messages'],
    ['empty messages', { model: 'incumbent', messages: [] }, 400, 'invalid_request', 'messages'],
    ['more than one choice', { ...streamBody('x'), n: 2 }, 400, 'invalid_request', 'n'],
    ['an unknown model', streamBody('x', 'gpt-9'), 404, 'model_not_found', 'model'],
    [
      'a prompt without a recorded answer',
      { model: 'incumbent', messages: [{ role: 'user', content: 'Hello?' }] },
      400,
      'no_answer',
      'messages',
    ],
  ])('refuses %s in the format of OpenAI', async (_, body, status, code, param) => {
    const endpoint = await start();
    const reply = await post(endpoint.url, body);
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.text)).toEqual({
      error: {
        message: expect.any(String),
        type: 'invalid_request_error',
        param,
        code,
      },
    });
    expect(endpoint.calls().map(({ end }) => end)).toEqual(['refused']);
  });

  it('gives the SDK an error with the status for an unknown model', async () => {
    const { url } = await start();
    const call = clientOf(url).chat.completions.create({
      model: 'gpt-9',
      messages: ticketMessages('x'),
    });
    await expect(call).rejects.toThrow(NotFoundError);
  });

  it('serves no other URL', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/responses`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${url}/chat/completions`)).status).toBe(404);
  });

  it('lists every call, and marks repeated ones', async () => {
    let clock = 1000;
    const endpoint = await start({ now: () => clock++ });
    await post(endpoint.url, streamBody('one'));
    await post(endpoint.url, streamBody('two'));
    await post(endpoint.url, streamBody('one'));
    const [first, second, third] = endpoint.calls();
    expect(endpoint.calls()).toHaveLength(3);
    expect(first).toMatchObject({
      number: 1,
      model: 'incumbent',
      attempt: 1,
      end: 'answered',
      status: 200,
    });
    expect(first?.endedAt).toBeGreaterThan(first?.startedAt ?? Infinity);
    expect(second).toMatchObject({ number: 2, attempt: 1 });
    expect(second?.bodyHash).not.toBe(first?.bodyHash);
    expect(third).toMatchObject({ number: 3, attempt: 2, bodyHash: first?.bodyHash });
  });

  it('records that a client hung up', async () => {
    const endpoint = await start({ faults: () => ({ kind: 'stall', afterPieces: 1 }) });
    const abort = new AbortController();
    const response = await fetch(`${endpoint.url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(streamBody('one')),
      signal: abort.signal,
    });
    expect(response.status).toBe(200);
    expect(endpoint.calls()[0]?.end).toBe('open');
    abort.abort();
    await expect.poll(() => endpoint.calls()[0]?.end).toBe('aborted');
  });

  it('rejects if its port is taken', async () => {
    const { url } = await start();
    await expect(start({ port: Number(new URL(url).port) })).rejects.toThrow('EADDRINUSE');
  });

  it('closes at once with calls in flight', async () => {
    const endpoint = await startDemoEndpoint({ faults: () => ({ kind: 'silence' }) });
    const call = post(endpoint.url, streamBody('one'));
    const outcome = call.then(
      () => 'answered',
      () => 'failed',
    );
    await expect.poll(() => endpoint.calls().length).toBe(1);
    await endpoint.close();
    expect(await outcome).toBe('failed');
  });
});
