import { describe, expect, it } from 'vitest';
import { withUsageAsked } from '../../../source/recording/usage/inject-usage.ts';

describe('asking for usage', () => {
  it('leaves all else of a request as its client wrote it', () => {
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
    // A text that looks like the option stands before it: nothing is guessed.
    '{"a":[{"stream_options":{"b":1}}],"stream":true,"stream_options":{"c":1}}',
    '{"a":{"stream_options":null},"stream":true,"stream_options":null}',
    '[true]',
    '{"stream":true',
    '',
  ])('does not touch %s', (body) => {
    expect(withUsageAsked(body)).toBeNull();
  });
});
