import { describe, expect, it } from 'vitest';
import { forwardedLines } from '../../../source/recording/http/forwarded-lines.ts';
import { readHeaderLines } from '../../../source/recording/http/header-lines.ts';

const forwarded = (lines: readonly string[], ...without: readonly string[]): readonly string[] => {
  const read = readHeaderLines(lines.join('\r\n'), 0);
  if (read === null) throw new Error('no fields');
  return forwardedLines(read, new Set(without)).split('\r\n').slice(0, -1);
};

describe('forwarded fields', () => {
  it('keep their spelling, order and repetitions', () => {
    const lines = ['X-A: 1', 'x-b: 2', 'X-A: 3', 'Content-Length: 9'];
    expect(forwarded(lines)).toEqual(lines);
  });

  it('are without those of the connection, also those that it names', () => {
    const lines = [
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
    ];
    expect(forwarded(lines)).toEqual(['Date: today']);
  });

  it('are without those that the proxy keeps to itself', () => {
    expect(forwarded(['Host: a', 'X-Token: b', 'X-C: d'], 'host', 'x-token')).toEqual(['X-C: d']);
  });

  it('keep the length of the body, whatever Connection says', () => {
    expect(forwarded(['Connection: content-length', 'Content-Length: 9'])).toEqual([
      'Content-Length: 9',
    ]);
  });
});
