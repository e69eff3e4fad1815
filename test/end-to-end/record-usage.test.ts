import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { event, openai, rawCall, startProxy, startUpstream } from '../helpers/recording-proxy.ts';
import { openScene, type Scene } from '../helpers/scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
});

afterEach(() => scene.close());

const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
const messages = [{ role: 'user' as const, content: 'Wo ist meine Rechnung? 请问' }];

/** A provider that sends usage as OpenAI does when it is asked: in an event of its own, and null in all others. */
const open = async (argv: readonly string[]) => {
  const upstream = await startUpstream((response, { body }) => {
    const request = JSON.parse(body.toString()) as {
      stream_options?: { include_usage?: boolean };
    };
    const isAsked = request.stream_options?.include_usage === true;
    const withNull = (text: string): string =>
      isAsked ? text.replace(/\}\n\n$/, ',"usage":null}\n\n') : text;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const content of ['Im ', 'Anhang', '. 😀']) response.write(withNull(event({ content })));
    response.write(withNull(event({}, 'stop')));
    if (isAsked) {
      response.write(
        event({}).replace(/"choices":.*\}\n/, `"choices":[],"usage":${JSON.stringify(usage)}}\n`),
      );
    }
    response.end('data: [DONE]\n\n');
  });
  onTestFinished(() => upstream.close());
  const proxy = await startProxy(scene.directory, ['--upstream', `${upstream.origin}/v1`, ...argv]);
  onTestFinished(() => void proxy.child.kill('SIGKILL'));
  return { upstream, proxy };
};

const stored = () =>
  scene
    .rows(
      `select request.text as request, answer.text as answer from capture
       join body request on request.number = request_body
       join recorded_response on capture_number = capture.number
       join body answer on answer.number = response_body order by capture.id`,
    )
    .map((row) => ({
      request: JSON.parse(String(row['request'])) as Record<string, unknown>,
      answer: JSON.parse(String(row['answer'])) as Record<string, unknown>,
    }));

describe('usage that the client does not ask for', () => {
  it('is asked for and recorded, and hidden from the client', async () => {
    const { upstream, proxy } = await open(['--inject-usage']);
    const client = openai(proxy.origin);
    const chunks: unknown[] = [];
    const request = { model: 'gpt-4o', messages, stream: true as const, seed: 7 };
    for await (const chunk of await client.chat.completions.create(request)) chunks.push(chunk);
    // As many as without asking, none of which lacks choices or mentions usage.
    expect(chunks).toHaveLength(4);
    expect(JSON.stringify(chunks)).not.toContain('usage');
    const direct: unknown[] = [];
    for await (const chunk of await openai(upstream.origin).chat.completions.create(request)) {
      direct.push(chunk);
    }
    expect(chunks).toEqual(direct);
    const [injected, plain] = upstream.arrived;
    expect(injected?.headers['accept-encoding']).toBe('identity');
    expect(JSON.parse(injected?.body.toString() ?? '')).toEqual({
      ...(JSON.parse(plain?.body.toString() ?? '') as object),
      stream_options: { include_usage: true },
    });
    await proxy.stop();
    const [capture] = stored();
    expect(capture?.answer['usage']).toMatchObject({ prompt_tokens: 9, completion_tokens: 3 });
    // A replay sends what production sent.
    expect(capture?.request).toEqual(request);
  });

  it('is left alone where the client asks for it or declines it', async () => {
    const { upstream, proxy } = await open(['--inject-usage']);
    for (const include_usage of [true, false]) {
      const body = JSON.stringify({ stream: true, messages, stream_options: { include_usage } });
      const answer = await rawCall(`${proxy.origin}/v1/chat/completions`, {
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(upstream.arrived.at(-1)?.body.toString()).toBe(body);
      expect(answer.body.toString().includes('total_tokens')).toBe(include_usage);
    }
    await proxy.stop();
  });

  it('is not asked for unless the user says so', async () => {
    const { upstream, proxy } = await open([]);
    const body = JSON.stringify({ stream: true, messages });
    await rawCall(`${proxy.origin}/v1/chat/completions`, { body });
    expect(upstream.arrived[0]?.body.toString()).toBe(body);
    await proxy.stop();
  });
});
