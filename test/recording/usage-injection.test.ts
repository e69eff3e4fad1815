import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageStripper, withUsageAsked } from '../../source/recording/usage-injection.ts';

describe('asking for usage', () => {
  it('leaves the rest of a request as its client wrote it', () => {
    expect(withUsageAsked(' { "seed": 1.0,\n"stream":true, "n":12345678901234567890}')).toBe(
      ' {"stream_options":{"include_usage":true}, "seed": 1.0,\n"stream":true, "n":12345678901234567890}',
    );
    expect(
      withUsageAsked('{"stream":true,"stream_options": {"include_obfuscation":false},"seed":1.0}'),
    ).toBe(
      '{"stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true},"seed":1.0}',
    );
    expect(JSON.parse(withUsageAsked('{"stream":true,"stream_options":{}}') ?? '')).toEqual({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(JSON.parse(withUsageAsked('{"stream":true,"stream_options":null,"x":1}') ?? '')).toEqual(
      {
        stream: true,
        stream_options: { include_usage: true },
        x: 1,
      },
    );
  });

  it.each([
    '{"messages":[]}',
    '{"stream":false}',
    '{"stream":"true"}',
    '{"stream":true,"stream_options":{"include_usage":true}}',
    '{"stream":true,"stream_options":{"include_usage":false}}',
    '{"stream":true,"stream_options":[]}',
    // Something that looks like the option comes before it: nothing is guessed.
    '{"a":[{"stream_options":{"b":1}}],"stream":true,"stream_options":{"c":1}}',
    '{"a":{"stream_options":null},"stream":true,"stream_options":null}',
    '[true]',
    '{"stream":true',
    '',
  ])('does not touch %s', (body) => {
    expect(withUsageAsked(body)).toBeNull();
  });
});

const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };

const stripped = (text: string, cut: number): string => {
  const stripper = new UsageStripper();
  const bytes = Buffer.from(text);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += cut) {
    out.push(stripper.push(bytes.subarray(at, at + cut)));
  }
  return Buffer.concat([...out, stripper.end()]).toString();
};

/** An event as a provider sends it when it is asked for usage, and when it is not. */
const eventOf = (content: string, end: string): readonly [string, string] => {
  const chunk = { id: '1', choices: [{ index: 0, delta: { content } }] };
  return [
    `data: ${JSON.stringify({ ...chunk, usage: null })}${end}${end}`,
    `data: ${JSON.stringify(chunk)}${end}${end}`,
  ];
};

describe('removing usage from a stream', () => {
  it('gives the client the same stream as without the request, wherever it is split', () => {
    const contents = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(',"usage":null', '{"usage":null}', '\n\ndata: [DONE]\n\n', '"usage"'),
    );
    fc.assert(
      fc.property(
        fc.array(contents, { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n'),
        fc.integer({ min: 1, max: 80 }),
        (words, end, cut) => {
          const events = words.map((word) => eventOf(word, end));
          const last = `data: {"id":"1","choices":[],"usage":${JSON.stringify(usage)}}${end}${end}`;
          const done = `data: [DONE]${end}${end}`;
          const asked = events.map(([with_]) => with_).join('') + last + done;
          const unasked = events.map(([, without]) => without).join('') + done;
          expect(stripped(asked, cut)).toBe(unasked);
          expect(stripped(unasked, cut)).toBe(unasked);
        },
      ),
    );
  });

  it.each([
    ['usage beside a choice', `data: {"choices":[{"delta":{}}],"usage":{"total_tokens":1}}\n\n`],
    [
      'a chunk with neither choices nor usage',
      `data: {"choices":[],"prompt_filter_results":[]}\n\n`,
    ],
    ['usage of a choice', `data: {"choices":[{"delta":{},"usage":null}]}\n\n`],
    ['an error', `data: {"error":{"message":"\\"usage\\""}}\n\n`],
    ['a comment', `: "usage" \n\n`],
    ['what is not JSON', `data: {"usage"\n\n`],
    ['half an event at the end', `data: {"choices":[],"usage"`],
    ['many empty lines', `\n\n\n\r\n\rdata: x\n\n\n\n`],
  ])('keeps %s', (_, text) => {
    for (const cut of [1, 2, 3, 7, 1000]) expect(stripped(text, cut)).toBe(text);
  });

  it('removes only the member of the chunk itself', () => {
    expect(stripped('data: {"choices":[{"i":0,"usage":null}],"usage":null}\n\n', 9)).toBe(
      'data: {"choices":[{"i":0,"usage":null}]}\n\n',
    );
  });

  it('does not hold back an event that is too long to be usage', () => {
    const stripper = new UsageStripper();
    const long = Buffer.from(`data: ${'x'.repeat(300_000)}`);
    expect(stripper.push(long).equals(long)).toBe(true);
  });
});
