import { afterEach, describe, expect, it, vi } from 'vitest';
import { callUrl, delta, doneEvent, whole } from './call.ts';
import { rawServer, streamHead } from './raw-server.ts';

/** What the openai SDK reads from the environment. */
const ambient = {
  OPENAI_API_KEY: 'sk-ambient-key',
  OPENAI_ADMIN_KEY: 'sk-ambient-admin',
  OPENAI_ORG_ID: 'org-ambient',
  OPENAI_PROJECT_ID: 'proj-ambient',
  OPENAI_WEBHOOK_SECRET: 'whsec-ambient',
  OPENAI_BASE_URL: 'http://127.0.0.1:9/ambient',
  OPENAI_CUSTOM_HEADERS: 'X-Team: ambient-team\nAuthorization: Bearer ambient-token',
  OPENAI_LOG: 'debug',
};

describe('a call to another host', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('sends no OPENAI_* variable and nothing about this machine', async () => {
    for (const [name, value] of Object.entries(ambient)) vi.stubEnv(name, value);
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((method) =>
      vi.spyOn(console, method).mockReturnValue(),
    );
    const server = await rawServer([
      streamHead,
      delta({ content: 'a' }, 'stop') + doneEvent,
      'close',
    ]);
    const result = await callUrl(server.url, { apiKey: 'sk-for-this-host' });
    await server.close();
    expect(result.kind).toBe('answered');
    const [request = ''] = server.requests;
    expect(request).not.toMatch(/ambient/i);
    const [head = '', body = ''] = request.split('\r\n\r\n');
    const names = head
      .split('\r\n')
      .slice(1)
      .map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
    expect(head.split('\r\n')[0]).toBe('POST /v1/chat/completions HTTP/1.1');
    expect(head).toMatch(/^authorization: Bearer sk-for-this-host$/im);
    expect(names.toSorted()).toEqual([
      'accept',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
    ]);
    expect(JSON.parse(body)).toEqual({
      messages: [{ role: 'user', content: 'Hi' }],
      model: 'test-model',
      stream: true,
      stream_options: { include_usage: true },
    });
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });

  it('sends no other key to a server that needs none, and logs no failure', async () => {
    for (const [name, value] of Object.entries(ambient)) vi.stubEnv(name, value);
    const spy = vi.spyOn(console, 'error').mockReturnValue();
    const server = await rawServer([whole(500, 'text/plain', 'no', 'connection: close\r\n')]);
    await callUrl(server.url, { apiKey: '' });
    await server.close();
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatch(/^authorization: Bearer none$/im);
    expect(server.requests[0]).not.toMatch(/ambient/i);
    expect(spy).not.toHaveBeenCalled();
  });

  it('is refused, before anything is sent, when the SDK cannot read the custom headers', async () => {
    const broken = 'no header: at\n all:\n: x\n(: y';
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', broken);
    const server = await rawServer([streamHead, delta({ content: 'a' }, 'stop'), 'close']);
    await expect(callUrl(server.url)).rejects.toThrow(
      /^The openai SDK cannot read OPENAI_CUSTOM_HEADERS: .*Unset it/,
    );
    await server.close();
    expect(server.requests).toEqual([]);
    expect(process.env['OPENAI_CUSTOM_HEADERS']).toBe(broken);
  });
});
