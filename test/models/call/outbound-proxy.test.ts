import { describe, expect, it } from 'vitest';
import { outboundProxy } from '../../../source/models/call/outbound-proxy.ts';

const proxyOf = (url: string, environment: Readonly<Record<string, string>>): string | null => {
  const proxy = outboundProxy(url, environment);
  return proxy === null ? null : `${proxy.variable} ${proxy.url.host}`;
};

const openai = 'https://api.openai.com/v1';

describe('the proxy of a call', () => {
  it('is named by the variable of its scheme, lower case first', () => {
    expect(proxyOf(openai, { HTTPS_PROXY: 'http://p:3128' })).toBe('HTTPS_PROXY p:3128');
    expect(proxyOf(openai, { HTTPS_PROXY: 'p:3128' })).toBe('HTTPS_PROXY p:3128');
    expect(proxyOf(openai, { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:2' })).toBe(
      'https_proxy q:2',
    );
    expect(proxyOf(openai, { HTTP_PROXY: 'http://p:3128' })).toBeNull();
    expect(proxyOf('http://model.example/v1', { HTTP_PROXY: 'http://p:1' })).toBe('HTTP_PROXY p:1');
    expect(proxyOf(openai, { HTTPS_PROXY: '' })).toBeNull();
  });

  it.each(['http://127.0.0.1:8080/v1', 'http://localhost:1234/v1', 'http://[::1]:1/v1'])(
    'is none for %s, on this machine',
    (url) => {
      expect(proxyOf(url, { HTTP_PROXY: 'http://p:3128' })).toBeNull();
    },
  );

  it.each([
    ['*', true],
    ['api.openai.com', true],
    ['API.OpenAI.com', true],
    ['openai.com', true],
    ['.openai.com', true],
    ['*.openai.com', true],
    ['api.openai.com:443', true],
    ['api.openai.com:8443', false],
    ['penai.com', false],
    ['example.com, openai.com', true],
    ['example.com', false],
    ['', false],
  ])('with NO_PROXY %j: called directly is %s', (exceptions, isDirect) => {
    const environment = { HTTPS_PROXY: 'http://p:3128', NO_PROXY: exceptions };
    expect(proxyOf(openai, environment) === null).toBe(isDirect);
  });

  it.each([
    ['10.1.2.3', true],
    ['10.0.0.0/8', true],
    ['10.2.0.0/16', false],
    ['10.1.2.3:9000', true],
    ['fe80::/10', false],
    ['10.0.0.0/99', false],
  ])('with NO_PROXY %j: an address is called directly is %s', (exceptions, isDirect) => {
    const environment = { HTTP_PROXY: 'http://p:3128', NO_PROXY: exceptions };
    expect(proxyOf('http://10.1.2.3:9000/v1', environment) === null).toBe(isDirect);
  });

  it('is a mistake of the user where it is no URL that a proxy can have', () => {
    expect(() => outboundProxy(openai, { HTTPS_PROXY: 'socks5://p:1080' })).toThrow(
      'HTTPS_PROXY names no http or https proxy.',
    );
  });
});
