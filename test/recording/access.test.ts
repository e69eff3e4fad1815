import { describe, expect, it } from 'vitest';
import { accessOf } from '../../source/recording/access.ts';

const token = 'a token/of ours';

describe('access', () => {
  it('is free without a token, and a token in the path is removed', () => {
    expect(accessOf(null, '/v1/models', [])).toEqual({ allowed: true, path: '/v1/models' });
    expect(accessOf(null, '/token=x/v1', [])).toEqual({ allowed: true, path: '/v1' });
  });

  it('is granted by header or by path', () => {
    expect(accessOf(token, '/v1/models', [token])).toEqual({ allowed: true, path: '/v1/models' });
    const encoded = `/token=${encodeURIComponent(token)}`;
    expect(accessOf(token, `${encoded}/v1?x=1`, [])).toEqual({
      allowed: true,
      path: '/v1?x=1',
    });
    expect(accessOf(token, encoded, [])).toEqual({ allowed: true, path: '/' });
  });

  it.each([
    ['/v1', []],
    ['/v1', ['']],
    ['/v1', ['a token/of our']],
    ['/v1', [token, token]],
    ['/token=/v1', []],
    ['/token=%E0%A4%A/v1', []],
    ['/token=wrong/v1', [token]],
    ['/v1/token=a%20token%2Fof%20ours', []],
  ] as const)('is refused to %j with %j', (path, header) => {
    expect(accessOf(token, path, header)).toEqual({ allowed: false });
  });
});
