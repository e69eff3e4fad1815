import { writeFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { dialectServer } from '../helpers/dialect-server.ts';
import { modelServer } from '../helpers/model-server.ts';
import { openScene, type Scene } from '../helpers/scene.ts';
import { spendSchema } from '../helpers/spend-schema.ts';
import { writeTickets } from '../helpers/tickets.ts';

const usage = {
  prompt_tokens: 10_000,
  completion_tokens: 100,
  prompt_tokens_details: { cached_tokens: 4000, cache_write_tokens: 5000 },
};

const begin = async (): Promise<Scene> => {
  const scene = await openScene();
  const server = await modelServer((model, response) => {
    const event = (value: object): string => `data: ${JSON.stringify({ id: 'c', ...value })}\n\n`;
    const delta = { content: `{"model":"${model}"}` };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(event({ choices: [{ index: 0, delta, finish_reason: 'stop' }] }));
    response.end(`${event({ choices: [], usage })}data: [DONE]\n\n`);
  });
  onTestFinished(async () => {
    server.close();
    await scene.close();
  });
  const prices = {
    written: { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 },
    plain: { input: 1, output: 5 },
  };
  await writeFile(
    scene.path('understudy.config.json'),
    JSON.stringify({ providers: { shop: { baseUrl: server.url, prices } } }),
  );
  return scene;
};

const estimate = z.object({ input: z.number(), mostCost: z.number() });

const spent = async (scene: Scene) =>
  spendSchema.strict().parse(JSON.parse((await scene.run(['spend', '--json'])).stdout));

it('tokens written to a cache cost what the configuration says, in the summary, the ledger and the budget', async () => {
  const scene = await begin();
  await writeTickets(scene.path('tickets.jsonl'), 2);
  const models = ['--baseline=shop/written', '--candidate=shop/plain'];
  const replay = await scene.run(['replay', 'tickets.jsonl', ...models, '--budget', '10']);
  expect(replay.code).toBe(0);
  // A call: 1,000 tokens of input, 4,000 from a cache, 5,000 into it, and 100 of output.
  const written = (1000 * 3 + 4000 * 0.3 + 5000 * 3.75 + 100 * 15) / 1e6;
  // A price of input only is that of all input.
  const plain = (10_000 * 1 + 100 * 5) / 1e6;
  const { cost, tokens } = await scene.summary();
  expect(cost.baseline).toBeCloseTo(2 * written, 12);
  expect(cost.candidate).toBeCloseTo(2 * plain, 12);
  expect(tokens.baseline).toMatchObject({ input: 20_000, cachedInput: 8000, cacheWrite: 10_000 });
  expect((await scene.run(['summary'])).stdout).toMatch(
    /\n {2}cached +8,000 +8,000\n {2}cache writes +10,000 +10,000\ntokens out/,
  );
  const { total } = await spent(scene);
  expect(total).toMatchObject({ calls: 4, cachedInput: 16_000, cacheWrite: 20_000 });
  expect(total.usd).toBeCloseTo(2 * (written + plain), 12);
  expect(total.atMost).toBeCloseTo(2 * (written + plain), 12);
  const { stdout } = await scene.run(['spend', '--by', 'month']);
  expect(stdout).toMatch(
    /^month +calls +tokens in +cached +cache writes +tokens out +USD\n\S+ +4 +40,000 +16,000 +20,000 +400 +\$0\.0699\n/,
  );
});

it('recorded tokens written to a cache cost what the list says', async () => {
  const scene = await begin();
  const message = (model: string) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: 'Oslo' }],
    stop_reason: 'end_turn',
    usage: {
      input_tokens: 1000,
      cache_read_input_tokens: 4000,
      cache_creation_input_tokens: 5000,
      output_tokens: 100,
    },
  });
  const record = {
    id: 'a',
    request: {
      model: 'claude-opus-4-1',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'Capital of Norway?' }],
    },
    response: message('claude-opus-4-1'),
    responses: { 'claude-3-5-haiku-latest': message('claude-3-5-haiku-latest') },
  };
  await writeFile(scene.path('traffic.jsonl'), JSON.stringify(record));
  const models = ['--baseline=recorded', '--candidate=recorded:claude-3-5-haiku-latest'];
  expect((await scene.run(['replay', 'traffic.jsonl', ...models])).code).toBe(0);
  const { cost, tokens } = await scene.summary();
  expect(tokens.candidate).toMatchObject({ input: 10_000, cachedInput: 4000, cacheWrite: 5000 });
  expect(cost.baseline).toBeCloseTo((1000 * 15 + 4000 * 1.5 + 5000 * 18.75 + 100 * 75) / 1e6, 12);
  expect(cost.candidate).toBeCloseTo((1000 * 0.8 + 4000 * 0.08 + 5000 * 1 + 100 * 4) / 1e6, 12);
  expect((await spent(scene)).total.calls).toBe(0);
});

it('what Messages write to the cache for an hour costs twice the input, or what the configuration says', async () => {
  const scene = await openScene();
  const counted = {
    input_tokens: 1000,
    cache_read_input_tokens: 4000,
    cache_creation_input_tokens: 5000,
    cache_creation: { ephemeral_5m_input_tokens: 2000, ephemeral_1h_input_tokens: 3000 },
    output_tokens: 100,
  };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', stop_reason: 'end_turn' };
  const text = (words: string) => ({ type: 'text', text: words });
  const event = (value: { readonly type: string }): string =>
    `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
  const server = await dialectServer(({ body: { model } }) => {
    const named = { ...message, model };
    if (model === 'house-plain') {
      return { status: 200, body: { ...named, content: [text('Rome')], usage: counted } };
    }
    const first = { ...counted, output_tokens: 1 };
    return [
      {
        type: 'message_start',
        message: { ...named, stop_reason: null, content: [], usage: first },
      },
      { type: 'content_block_start', index: 0, content_block: text('') },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Oslo' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens: counted.output_tokens },
      },
      { type: 'message_stop' },
    ]
      .map(event)
      .join('');
  });
  onTestFinished(async () => {
    server.close();
    await scene.close();
  });
  const rates = { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 };
  const prices = { 'claude-next': rates, 'house-plain': { ...rates, hourCacheWrite: 5 } };
  const shop = { baseUrl: server.origin, dialects: ['messages'], prices };
  await writeFile(scene.path('understudy.config.json'), JSON.stringify({ providers: { shop } }));
  const cached = { type: 'ephemeral', ttl: '1h' };
  const request = {
    model: 'claude-next',
    max_tokens: 200,
    system: [{ ...text('Name the capital. '.repeat(99)), cache_control: cached }],
    messages: [{ role: 'user', content: 'Norway' }],
  };
  await writeFile(scene.path('traffic.jsonl'), JSON.stringify({ id: 'a', request }));
  const models = ['--baseline=shop/claude-next', '--candidate=shop/house-plain'];
  // Whatever the prompt has in tokens, all of it may be written for an hour.
  const tried = await scene.run(['replay', 'traffic.jsonl', ...models, '--dry-run', '--json']);
  const { baseline, candidate } = z
    .object({ baseline: estimate, candidate: estimate })
    .parse(JSON.parse(tried.stdout));
  expect(baseline.mostCost).toBeCloseTo((baseline.input * 6 + 200 * 15) / 1e6, 12);
  expect(candidate.mostCost).toBeCloseTo((candidate.input * 5 + 200 * 15) / 1e6, 12);
  // Enough for both sides if the prompt were written for five minutes.
  const small = (2 * (JSON.stringify(request).length * 4.5 + 200 * 15)) / 1e6;
  const replay = ['replay', 'traffic.jsonl', ...models, '--budget'];
  await scene.run([...replay, String(small)]);
  expect(server.calls).toEqual([]);
  expect((await scene.run([...replay, '10'])).code).toBe(0);
  const cost = (hour: number): number =>
    (1000 * 3 + 4000 * 0.3 + 2000 * 3.75 + 3000 * hour + 100 * 15) / 1e6;
  const summary = await scene.summary();
  expect(summary.cost.baseline).toBeCloseTo(cost(6), 12);
  expect(summary.cost.candidate).toBeCloseTo(cost(5), 12);
  const written = { input: 10_000, cachedInput: 4000, cacheWrite: 5000, hourCacheWrite: 3000 };
  expect(summary.tokens).toMatchObject({ baseline: written, candidate: written });
  expect((await scene.run(['summary'])).stdout).toMatch(
    /\n {2}cache writes +5,000 +5,000\n {4}for an hour +3,000 +3,000\ntokens out/,
  );
  const { total } = await spent(scene);
  expect(total).toMatchObject({ calls: 2, cacheWrite: 10_000, hourCacheWrite: 6000 });
  expect(total.usd).toBeCloseTo(cost(6) + cost(5), 12);
  expect(total.atMost).toBeCloseTo(cost(6) + cost(5), 12);
  const exported = (await scene.run(['export', '--format', 'jsonl'])).stdout;
  expect(JSON.parse(exported.split('\n')[0] ?? '')).toMatchObject({
    baseline: { usage: written },
    candidate: { usage: written },
  });
});
