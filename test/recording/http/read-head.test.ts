import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKept, requestFraming, responseFraming } from '../../../source/recording/http/framing.ts';
import { headerValues } from '../../../source/recording/http/header-lines.ts';
import {
  findHeadEnd,
  mostHeadBytes,
  readRequestHead,
  readResponseHead,
} from '../../../source/recording/http/read-head.ts';

const requestOf = (...lines: readonly string[]) => {
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const end = findHeadEnd(bytes, 0);
  return typeof end === 'number' ? readRequestHead(bytes, 0, end) : end;
};

const responseOf = (...lines: readonly string[]) => {
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const end = findHeadEnd(bytes, 0);
  if (typeof end !== 'number') throw new Error('no head');
  return readResponseHead(bytes, 0, end);
};

const framingOf = (...lines: readonly string[]) => {
  const head = requestOf('POST / HTTP/1.1', ...lines);
  if (head?.kind !== 'request') throw new Error(JSON.stringify(head));
  return requestFraming(head);
};

describe('the head of a request', () => {
  it('is read as it came, names in their spelling, repetitions and all', () => {
    expect(
      requestOf('POST /v1/x?a=\xfc HTTP/1.1', 'Host: a', 'X-A:1', 'x-a: \t2 \t', 'Y:'),
    ).toEqual({
      kind: 'request',
      method: 'POST',
      target: '/v1/x?a=\xfc',
      minor: 1,
      lines: {
        raw: ['Host', 'a', 'X-A', '1', 'x-a', '2', 'Y', ''],
        names: ['host', 'x-a', 'x-a', 'y'],
      },
    });
  });

  it.each([
    ['a bare LF', 'GET / HTTP/1.1\nHost: a\r\nX: y'],
    ['a bare LF within a value', 'GET / HTTP/1.1\r\nHost: a\nX: y'],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: a\rX: y'],
    ['a CR before its line end', 'GET / HTTP/1.1\r\nHost: a\r\r\nX: y'],
    ['a NUL', 'GET / HTTP/1.1\r\nHost: a\0'],
    ['a line that goes on with the one before', 'GET / HTTP/1.1\r\nHost: a\r\n b'],
    ['a first field that is indented', 'GET / HTTP/1.1\r\n Host: a'],
    ['white space before the colon', 'GET / HTTP/1.1\r\nHost : a'],
    ['a name with a space in it', 'GET / HTTP/1.1\r\nContent Length: 1'],
    ['a field without a name', 'GET / HTTP/1.1\r\n: a'],
    ['a field without a colon', 'GET / HTTP/1.1\r\nHost'],
    ['two spaces', 'GET  / HTTP/1.1'],
    ['a space in the target', 'GET /a b HTTP/1.1'],
    ['a tab in the request line', 'GET\t/ HTTP/1.1'],
    ['no version', 'GET /'],
    ['a version that is none', 'GET / HTTP/1.10'],
  ])('is refused with %s', (_, text) => {
    expect(requestOf(text)).toMatchObject({ kind: 'refused' });
  });

  it.each(['HTTP/2.0', 'HTTP/0.9', 'HTTP/3'])('is refused in another protocol: %s', (version) => {
    expect(requestOf(`GET / ${version}`)).toMatchObject({ kind: 'refused', status: 505 });
  });

  it('is refused early when it is too long or can become none', () => {
    const long = Buffer.alloc(mostHeadBytes + 1, 'a');
    expect(findHeadEnd(long, 0)).toMatchObject({ status: 431 });
    expect(findHeadEnd(Buffer.from('GET / HTTP/1.1\n\n'), 0)).toMatchObject({ status: 400 });
    expect(findHeadEnd(Buffer.from('GET / HTTP/1.1\r'), 0)).toBeNull();
    expect(findHeadEnd(Buffer.from('GET / HTTP/1.1\r\nA: b\r\n\r'), 0)).toBeNull();
  });

  it('gives no two readings of any bytes: what is taken is what was sent', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (random) => {
        const text = Buffer.from(random).toString('latin1');
        const head = requestOf('GET / HTTP/1.1', `X: ${text}`);
        if (head?.kind !== 'request') return;
        expect(head.lines.names).toEqual(['x']);
        expect(text).toContain(head.lines.raw[1]);
        expect(text).not.toMatch(/[\r\n\0]/);
      }),
    );
  });
});

describe('the body of a request', () => {
  it('ends where its head says', () => {
    expect(framingOf('Host: a')).toEqual({ kind: 'none' });
    expect(framingOf('Content-Length: 0')).toEqual({ kind: 'length', bytes: 0 });
    expect(framingOf('Content-Length: 012')).toEqual({ kind: 'length', bytes: 12 });
    expect(framingOf('Transfer-Encoding: Chunked')).toEqual({ kind: 'chunked' });
  });

  it.each([
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'content-length: 5'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Content-Length: 5', 'Content-Length: 5'],
    ['Content-Length: 5, 5'],
    ['Content-Length: +5'],
    ['Content-Length: -5'],
    ['Content-Length: 0x5'],
    ['Content-Length: 5 5'],
    ['Content-Length:'],
    ['Content-Length: 9999999999999999'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: gzip, chunked'],
    ['Transfer-Encoding: chunked, identity'],
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding: "chunked"'],
    ['Transfer-Encoding:'],
  ])('is refused where it could end in two places: %s %s', (...lines) => {
    expect(framingOf(...lines)).toMatchObject({ kind: 'refused' });
  });

  it('has no chunks in HTTP/1.0', () => {
    const head = requestOf('POST / HTTP/1.0', 'Transfer-Encoding: chunked');
    expect(head?.kind === 'request' && requestFraming(head)).toMatchObject({ kind: 'refused' });
  });
});

describe('the head of a response', () => {
  const framed = (method: string, ...lines: readonly string[]) => {
    const head = responseOf(...lines);
    return head.kind === 'response' ? responseFraming(head, method) : head;
  };

  it('has its status and phrase, also none', () => {
    expect(responseOf('HTTP/1.1 429 Too Many', 'A: b')).toMatchObject({
      status: 429,
      phrase: 'Too Many',
    });
    expect(responseOf('HTTP/1.1 200 ', 'A: b')).toMatchObject({ status: 200, phrase: '' });
    expect(responseOf('HTTP/1.0 200')).toMatchObject({ status: 200, phrase: '', minor: 0 });
    for (const line of [
      'HTTP/1.1 20 x',
      'HTTP/1.1 2000 x',
      'HTTP/2 200',
      'ICY 200 OK',
      'HTTP/1.1  200',
    ]) {
      expect(responseOf(line)).toMatchObject({ kind: 'refused' });
    }
  });

  it('says where the body ends', () => {
    expect(framed('GET', 'HTTP/1.1 200 OK')).toEqual({ kind: 'close' });
    expect(framed('GET', 'HTTP/1.1 200 OK', 'Content-Length: 3')).toEqual({
      kind: 'length',
      bytes: 3,
    });
    expect(framed('HEAD', 'HTTP/1.1 200 OK', 'Content-Length: 3')).toEqual({ kind: 'none' });
    expect(framed('GET', 'HTTP/1.1 304 x', 'Content-Length: 3')).toEqual({ kind: 'none' });
    expect(framed('GET', 'HTTP/1.1 204 x')).toEqual({ kind: 'none' });
    expect(
      framed('GET', 'HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Content-Length: 3'),
    ).toMatchObject({
      kind: 'refused',
      status: 502,
    });
    expect(framed('GET', 'HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')).toMatchObject({
      kind: 'refused',
    });
  });

  it('says whether the connection stays', () => {
    const kept = (...lines: readonly string[]): boolean => {
      const head = responseOf(...lines);
      return head.kind === 'response' && isKept(head);
    };
    expect(kept('HTTP/1.1 200 OK')).toBe(true);
    expect(kept('HTTP/1.1 200 OK', 'Connection: X-A, Close')).toBe(false);
    expect(kept('HTTP/1.0 200 OK', 'Connection: keep-alive')).toBe(false);
  });

  it('gives every value of a field that repeats', () => {
    const head = responseOf('HTTP/1.1 200 OK', 'Set-Cookie: a', 'X: y', 'set-cookie: b');
    expect(head.kind === 'response' && headerValues(head.lines, 'set-cookie')).toEqual(['a', 'b']);
  });
});
