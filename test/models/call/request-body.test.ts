import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { requestBody } from '../../../source/models/call/request-body.ts';

const bytesOf = async (body: Parameters<typeof requestBody>[0]) => {
  const sent = requestBody(body);
  if (sent === null) throw new Error('no body');
  const opened = sent.open();
  const bytes = await buffer(typeof opened === 'string' ? Readable.from([opened]) : opened);
  expect(bytes.length).toBe(sent.length);
  return { bytes, contentType: sent.contentType };
};

describe('the body of a request', () => {
  it('is none, a text, or a file', async () => {
    expect([requestBody(null), requestBody('')]).toEqual([null, null]);
    expect(String((await bytesOf('Grüße')).bytes)).toBe('Grüße');
    const file = new File(['one\n', 'zwei ü\n'], 'a.jsonl', { type: 'application/jsonl' });
    expect(await bytesOf(file)).toMatchObject({ bytes: Buffer.from('one\nzwei ü\n') });
    expect(() => requestBody(new URLSearchParams())).toThrow('unknown kind');
  });

  it('is a form that every reader of forms understands', async () => {
    const form = new FormData();
    form.set('purpose', 'batch ü\r\nnext');
    form.set('odd "name"\n', 'x');
    form.set('file', new File(['{"a":1}\n--b\r\n', new Uint8Array([0, 255])], 'ü "1".jsonl'));
    const { bytes, contentType } = await bytesOf(form);
    const headers = { 'content-type': contentType ?? '' };
    const read = await new Response(new Uint8Array(bytes), { headers }).formData();
    expect([...read.keys()]).toEqual(['purpose', 'odd "name"\n', 'file']);
    expect(read.get('purpose')).toBe('batch ü\r\nnext');
    const file = read.get('file');
    if (!(file instanceof File)) throw new Error('no file');
    expect([file.name, file.type]).toEqual(['ü "1".jsonl', 'application/octet-stream']);
    expect(Buffer.from(await file.arrayBuffer())).toEqual(
      Buffer.from('{"a":1}\n--b\r\n\u0000ÿ', 'latin1'),
    );
  });
});
