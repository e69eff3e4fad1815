import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../store/temporary-store.ts';
import { answerText, fixture, importedFile } from '../../imported.ts';

describe('a HAR', () => {
  it('has each prompt, and accounts for every other request', async () => {
    const { report, captures } = await importedFile(fixture('har/chat.har'));
    expect(report).toMatchObject({
      format: 'HAR',
      read: 14,
      added: 13,
      dialects: { chat: 11, responses: 1, messages: 1 },
      notReplayable: 1,
      duplicates: 0,
      reasons: [{ reason: 'request body not recorded', count: 1 }],
      ignored: [
        { reason: 'a request to something else', count: 2 },
        { reason: 'not a prompt to a model (/v1/embeddings)', count: 1 },
      ],
    });
    const answers = Object.fromEntries(
      Array.from(captures, ([words, capture]) => [words, answerText(capture)]),
    );
    expect(answers).toEqual({
      'plain JSON': 'one',
      'a stream over CRLF': 'Hello',
      base64: 'três',
      'base64 of gzip': 'four',
      'damaged gzip': null,
      'a stream that was not kept': null,
      'a failed connection': null,
      'too many': null,
      Azure: 'ten',
      'HTML in place of an answer': null,
      'a stream that breaks off': null,
      'another protocol': null,
      'no chat': null,
    });
  });

  it('has the time of a request and the duration of its answer, without the connection', async () => {
    const { captures } = await importedFile(fixture('har/chat.har'));
    const capture = captures.get('plain JSON');
    expect(capture?.timestamp).toBe('2026-09-01T10:00:01.000Z');
    expect(capture?.recorded[0]).toMatchObject({
      model: 'gpt-4o-mini-2024-07-18',
      production: true,
      totalMs: 800,
      timeToFirstTokenMs: null,
    });
    expect(captures.get('Azure')?.recorded[0]?.model).toBe('faq-bot');
  });

  it('says why production got no answer, but not if only the recording lacks it', async () => {
    const { captures } = await importedFile(fixture('har/chat.har'));
    const errorOf = (words: string) => captures.get(words)?.metadata?.['recordedError'];
    expect(errorOf('too many')).toEqual({ status: 429, message: 'Rate limit reached' });
    expect(errorOf('a failed connection')).toEqual({ status: null, message: 'no response came' });
    expect(errorOf('HTML in place of an answer')).toEqual({
      status: 200,
      message: 'the response is not an answer of a model',
    });
    expect(errorOf('a stream that breaks off')).toEqual({
      status: 200,
      message: 'the stream ended before the answer was complete',
    });
    expect(captures.get('a stream that was not kept')?.metadata).toBeNull();
    expect(captures.get('damaged gzip')?.metadata).toBeNull();
  });

  it('keeps no headers', async () => {
    const { text } = await importedFile(fixture('har/chat.har'));
    expect(text).not.toMatch(/sk-not-a-key|not-a-cookie|authorization/);
  });

  it.each([
    ['on one line', 0],
    ['over many lines, with a head of its own', 2],
  ])('is read the same if it is large: %s', async (_, space) => {
    const read = JSON.parse(readFileSync(fixture('har/chat.har'), 'utf8')) as {
      readonly log: { readonly entries: readonly object[] };
    };
    const { entries, ...log } = read.log;
    const padded = entries.map((entry) => ({ ...entry, _padding: 'x'.repeat(100_000) }));
    const file = join(await temporaryDirectory(), 'large.har');
    const whole = { log: { ...log, comment: 'entries: [{', entries: padded, pages: [] } };
    writeFileSync(file, JSON.stringify(whole, null, space));
    const large = await importedFile(file);
    const small = await importedFile(fixture('har/chat.har'));
    expect(large.text).toBe(small.text);
    expect(large.report.ignored).toEqual(small.report.ignored);
  });

  it('of Polly.js has compressed bodies, which are decoded', async () => {
    const { report, captures } = await importedFile(fixture('har/polly-recording.har'));
    expect(report).toMatchObject({ format: 'HAR', read: 2, added: 2 });
    expect([...captures.values()].map(answerText)).toEqual(['from Polly', 'from Polly']);
  });

  it.each([
    ['mitmproxy_corrupted_gzip_body.har', 1],
    ['mitmproxy_diff_data.har', 5],
    ['mitmproxy_event_stream.har', 2],
  ])('of mitmproxy without a request to a model: %s', async (name, count) => {
    const { report } = await importedFile(fixture(`har/${name}`));
    expect(report).toMatchObject({ format: 'HAR', read: 0, added: 0, notReplayable: 0 });
    expect(report.ignored).toEqual([{ reason: 'a request to something else', count }]);
  });
});
