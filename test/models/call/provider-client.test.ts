import { describe, expect, it } from 'vitest';
import type { Provider } from '../../../source/models/model.ts';
import { callUrl, delta, liveModel } from '../call.ts';
import { rawServer, streamHead } from '../raw-server.ts';

/** The request that a provider with these settings gets. */
const sent = async (settings: Partial<Provider>, apiKey = 'sk-1'): Promise<string> => {
  const server = await rawServer([streamHead, delta({ content: 'a' }, 'stop'), 'close']);
  const plain = liveModel(server.url);
  const model = { ...plain, provider: { ...plain.provider, ...settings } };
  const result = await callUrl(server.url, { model, apiKey });
  await server.close();
  expect(result.kind).toBe('answered');
  return server.requests[0] ?? '';
};

describe('a call to a configured provider', () => {
  it('has its headers beside our own', async () => {
    const headers = { 'http-referer': 'https://example.com', 'user-agent': 'our-gateway' };
    const request = await sent({ headers });
    expect(request).toMatch(/^http-referer: https:\/\/example\.com$/im);
    expect(request.match(/^user-agent: .*$/gim)).toEqual(['user-agent: our-gateway']);
    expect(request).toMatch(/^authorization: Bearer sk-1$/im);
  });

  it('has the key as `api-key` where that is configured, and then not as a bearer token', async () => {
    const request = await sent({ authorization: 'api-key' });
    expect(request).toMatch(/^api-key: sk-1$/im);
    expect(request).not.toMatch(/^authorization:/im);
  });

  it('has its own key, not that of another call to the same provider', async () => {
    const server = await rawServer([
      `HTTP/1.1 401 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
    ]);
    const model = liveModel(server.url);
    for (const apiKey of ['sk-1', 'sk-2', 'sk-1']) await callUrl(server.url, { model, apiKey });
    await server.close();
    const keys = server.requests.map((request) => /Bearer (\S+)/.exec(request)?.[1]);
    expect(keys).toEqual(['sk-1', 'sk-2', 'sk-1']);
  });
});
