import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesBody,
  parseHttpMessage,
} from '../../../../source/traffic/formats/http/http-message.ts';

const message = (head: readonly string[], body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${['HTTP/1.1 200 OK', ...head].join('\r\n')}\r\n\r\n`), body]);

const chunked = (body: Buffer, size: number): Buffer => {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    pieces.push(Buffer.from(`${piece.length.toString(16)};ext=1\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
};

describe('parseHttpMessage', () => {
  it('decodes any body, however it was chunked and compressed', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 50 }), fc.boolean(), (body, size, zipped) => {
        const plain = Buffer.from(body);
        const sent = zipped ? gzipSync(plain) : plain;
        const encoding = zipped ? ['Content-Encoding: gzip'] : [];
        const whole = { startLine: 'HTTP/1.1 200 OK', body: { kind: 'text', text: body } };
        expect(parseHttpMessage(message(encoding, sent))).toEqual(whole);
        const head = ['transfer-encoding: chunked', ...encoding];
        expect(parseHttpMessage(message(head, chunked(sent, size)))).toEqual(whole);
      }),
    );
  });

  it('reads a body whose chunks were already joined, and one that was cut off', () => {
    const head = ['Transfer-Encoding: chunked'];
    expect(parseHttpMessage(message(head, Buffer.from('{"a":1}')))?.body).toEqual({
      kind: 'text',
      text: '{"a":1}',
    });
    expect(parseHttpMessage(message(head, Buffer.from('5\r\nhello\r\n9\r\nwor')))?.body).toEqual({
      kind: 'text',
      text: 'hellowor',
    });
  });

  it('has no body if there is none, and is null without a head', () => {
    expect(parseHttpMessage(message([], Buffer.alloc(0)))?.body).toEqual({ kind: 'none' });
    expect(parseHttpMessage(Buffer.from('GET / HTTP/1.1'))).toBeNull();
  });
});

describe('bytesBody', () => {
  const text = '{"says": "three, três, 三"}';
  const plain = Buffer.from(text);

  it.each([
    ['gzip', gzipSync(plain), 'gzip'],
    ['gzip without its header', gzipSync(plain), null],
    ['brotli', brotliCompressSync(plain), 'br'],
    ['deflate', deflateSync(plain), 'deflate'],
    ['text whose header has stayed', plain, 'br'],
    ['text', plain, null],
  ])('decodes %s', (_, bytes, encoding) => {
    expect(bytesBody(bytes, encoding)).toEqual({ kind: 'text', text });
  });

  it.each([
    ['damaged gzip', gzipSync(plain).subarray(0, 20), 'gzip'],
    ['what is no brotli', Buffer.from([1, 2, 3, 255]), 'br'],
    ['what is no text', Buffer.from([0xff, 0xfe, 0x00]), null],
  ])('reports %s as damaged', (_, bytes, encoding) => {
    expect(bytesBody(bytes, encoding)).toEqual({ kind: 'damaged' });
  });
});
