import { describe, expect, it } from 'vitest';
import { createRouter, pathAt, readRoutes, readUpstreams } from '../../source/recording/router.ts';

describe('the path at an upstream', () => {
  it.each([
    ['/v1', '/v1/chat/completions', '/v1/chat/completions'],
    ['/v1', '/chat/completions?a=1', '/v1/chat/completions?a=1'],
    ['', '/v1/models', '/v1/models'],
    ['/openai/v1', '/v1/models', '/openai/v1/models'],
    ['/openai/v1', '/openai/v1/models', '/openai/v1/models'],
    ['/openai/v1', '/models', '/openai/v1/models'],
    ['/api/v1', '/v1', '/api/v1'],
    ['/api/v1', '/v1beta/models', '/api/v1/v1beta/models'],
    ['/v1beta/openai', '/v1/chat/completions', '/v1beta/openai/chat/completions'],
    [
      '/openai',
      '/openai/deployments/d/chat/completions?api-version=1',
      '/openai/deployments/d/chat/completions?api-version=1',
    ],
    ['', '/openai/deployments/d/chat/completions', '/openai/deployments/d/chat/completions'],
  ])('under %j of %j is %j', (basePath, path, expected) => {
    expect(pathAt(basePath, path)).toBe(expected);
  });
});

describe('upstreams', () => {
  it('take their host, port and path from the URL, and their name from the user', () => {
    expect(
      readUpstreams(['https://api.openai.com/v1/', 'local=http://[::1]:8080', 'a.b-c=https://x/y']),
    ).toEqual([
      {
        name: 'api.openai.com',
        prefix: null,
        secure: true,
        hostname: 'api.openai.com',
        port: 443,
        host: 'api.openai.com',
        basePath: '/v1',
      },
      {
        name: 'local',
        prefix: 'local',
        secure: false,
        hostname: '::1',
        port: 8080,
        host: '[::1]:8080',
        basePath: '',
      },
      expect.objectContaining({ name: 'a.b-c', basePath: '/y' }),
    ]);
  });

  it.each([
    [['api.openai.com'], /base URL/],
    [['ftp://x'], /base URL/],
    [['https://user:secret@x/v1'], /credentials/],
    [['https://x/v1?key=secret'], /query/],
    [['v1=https://x'], /cannot be named v1/],
    [['https://x/v1', 'https://x/v2'], /the same name/],
  ])('%j are refused', (words, message) => {
    expect(() => readUpstreams(words)).toThrow(message);
    expect(() => readUpstreams(words)).not.toThrow(/secret/);
  });
});

describe('a router', () => {
  const upstreams = readUpstreams(['https://one/v1', 'two=https://two/v1', 'three=https://three']);
  const [first, ...others] = upstreams;
  if (first === undefined) throw new Error('no upstream');
  const routes = readRoutes(['gpt-4*=two', 'gpt-*=three', 'a=b=two'], upstreams);
  const router = createRouter([first, ...others], routes);

  it('goes by the first part of the path before anything else', () => {
    expect(router.byPrefix('/two/v1/models?x=1')).toMatchObject({
      upstream: { name: 'two' },
      path: '/v1/models?x=1',
    });
    expect(router.byPrefix('/two')).toMatchObject({ path: '/v1/' });
    expect(router.byPrefix('/twofold/v1/models')).toBeNull();
    expect(router.byPrefix('/one/v1/models')).toBeNull();
  });

  it('goes by the first pattern that matches the model, else to the first upstream', () => {
    const at = (model: string | null) => router.byModel('/v1/x', model).upstream.name;
    expect(['gpt-4o', 'gpt-3.5', 'a=b', 'claude', null].map(at)).toEqual([
      'two',
      'three',
      'two',
      'one',
      'one',
    ]);
    expect(router.asksForModel).toBe(true);
    expect(createRouter([first], []).asksForModel).toBe(false);
  });

  it('refuses routes to upstreams that do not exist', () => {
    expect(() => readRoutes(['gpt-*=four'], upstreams)).toThrow(/none of one, two, three/);
    expect(() => readRoutes(['gpt-4'], upstreams)).toThrow(/gpt-4/);
  });
});
