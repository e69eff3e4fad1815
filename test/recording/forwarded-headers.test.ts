import { describe, expect, it } from 'vitest';
import { forwardedHeaders } from '../../source/recording/forwarded-headers.ts';

const of = (...lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => line.split(': '));

describe('forwarded headers', () => {
  it('keep their spelling, order and repetitions', () => {
    const raw = of('X-A: 1', 'x-b: 2', 'X-A: 3', 'Content-Length: 9');
    expect(forwardedHeaders(raw, new Set())).toEqual(raw);
  });

  it('are without those of the connection, also those that it names', () => {
    const raw = of(
      'Connection: Keep-Alive, X-Own , close',
      'connection: x-other',
      'Keep-Alive: timeout=5',
      'Transfer-Encoding: chunked',
      'TE: trailers',
      'Trailer: x',
      'Upgrade: h2c',
      'Proxy-Authorization: Basic x',
      'x-own: 1',
      'X-OTHER: 2',
      'Date: today',
    );
    expect(forwardedHeaders(raw, new Set())).toEqual(['Date', 'today']);
  });

  it('are without those that the proxy keeps to itself', () => {
    expect(
      forwardedHeaders(of('Host: a', 'X-Token: b', 'X-C: d'), new Set(['host', 'x-token'])),
    ).toEqual(['X-C', 'd']);
  });

  it('keep the length of the body, whatever Connection says', () => {
    const raw = of('Connection: content-length', 'Content-Length: 9');
    expect(forwardedHeaders(raw, new Set())).toEqual(['Content-Length', '9']);
  });
});
