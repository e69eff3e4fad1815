import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsPlaceholder } from '../../source/redaction/placeholder.ts';
import { textFilesIn } from '../../source/redaction/redact-base64.ts';
import { redactObject } from '../../source/redaction/redact-json.ts';
import {
  placeholdersInRequest,
  removedValues,
  restoreValues,
} from '../../source/redaction/removed-values.ts';
import type { JsonObject, JsonValue } from '../../source/text/json.ts';
import { redactorWith, secrets } from './redactor-for-tests.ts';

const redactor = await redactorWith();
const redact = (request: JsonObject): JsonObject =>
  redactObject(request, redactor, () => undefined);

const again = (request: JsonObject): JsonValue => {
  const redacted = redact(request);
  const taken = removedValues(redacted, request);
  return taken === null ? null : restoreValues(redacted, redacted, taken);
};

const anySecret = fc.constantFrom(...Object.values(secrets).flat());

/** Texts that hold values: by themselves, in words, in JSON of several layers. */
const anyText = fc.oneof(
  fc.string(),
  anySecret,
  fc
    .array(fc.oneof(fc.constantFrom(' ', '\n', 'call ', 'é, '), anySecret), { maxLength: 6 })
    .map((parts) => parts.join(' ')),
  fc.tuple(anySecret, fc.string()).map(([a, b]) => JSON.stringify({ a, b, n: 4111111111111111 })),
  anySecret.map((a) => `{ "\\u0061" : ${JSON.stringify(JSON.stringify([a, 'é\n']))} }`),
);

const anyRequest = fc.record({
  model: fc.constant('m'),
  messages: fc.array(
    fc.oneof(
      fc.record({ role: fc.constant('user'), content: anyText }),
      fc.record({ content: fc.array(fc.record({ type: fc.constant('text'), text: anyText })) }),
      fc.record({ phone: fc.integer({ min: 2_000_000_000, max: 9_999_999_999 }) }),
    ),
  ),
  metadata: fc.dictionary(fc.oneof(fc.string(), fc.constant('bob@example.com')), anyText),
});

describe('removed values', () => {
  it('restore files of text in base64, also where another dialect has them as text', () => {
    const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
    const text = 'Mail bob@example.com, naïve';
    const request: JsonObject = {
      url: `data:text/plain;base64,${base64(text)}`,
      inString: JSON.stringify({ url: `data:text/csv;base64,${base64('a,alice@example.com')}` }),
      source: { type: 'base64', media_type: 'text/plain', data: base64('carol@example.com') },
      image: { mimeType: 'image/png', data: base64('bob@example.com') },
      harmless: base64('nothing that anybody would look for'),
    };
    expect(again(request)).toEqual(request);
    const redacted = redact(request);
    expect(placeholdersInRequest(redacted).size).toBe(3);
    const taken = removedValues(redacted, request) ?? '';
    const [file = ''] = textFilesIn(String(redacted['url']));
    expect(file).not.toContain('bob@example.com');
    expect(restoreValues({ part: file }, redacted, taken)).toEqual({ part: text });
  });

  it('restore the original of any request, or are null', () => {
    let made = 0;
    fc.assert(
      fc.property(anyRequest, (request) => {
        const original = JSON.parse(JSON.stringify(request)) as JsonObject;
        const back = again(original);
        if (back === null) return;
        made++;
        expect(JSON.stringify(back)).toBe(JSON.stringify(original));
      }),
      { numRuns: 500 },
    );
    expect(made).toBeGreaterThan(450);
  });

  it('distinguish texts that are spelled differently but share a placeholder', () => {
    const request = {
      messages: [
        { role: 'user', content: 'card 4111 1111 1111 1111' },
        { role: 'user', content: 'card 4111111111111111' },
        { role: 'user', content: 'card 4111-1111-1111-1111' },
      ],
    };
    const { messages } = redact(request) as typeof request;
    expect(new Set(messages.map(({ content }) => content)).size).toBe(1);
    expect(again(request)).toEqual(request);
  });

  it('are restored in a body that lacks parts of the request', () => {
    const request = {
      user: 'bob@example.com',
      messages: [{ role: 'user', content: 'from bob@example.com to anna@example.com' }],
    };
    const redacted = redact(request);
    const taken = removedValues(redacted, request) ?? '';
    const { messages = null } = redacted;
    expect(restoreValues({ model: 'other', messages, stream: true }, redacted, taken)).toEqual({
      model: 'other',
      messages: request.messages,
      stream: true,
    });
    expect(placeholdersInRequest(redacted).size).toBe(2);
  });

  it('keep text that looked like a placeholder in the original', () => {
    const content = '[email:0123456789] is not bob@example.com';
    const request = { messages: [{ role: 'user', content }] };
    expect(holdsPlaceholder(content)).toBe(true);
    expect(again(request)).toEqual(request);
  });

  it('are small beside the request', () => {
    const content = `${'Lorem ipsum. '.repeat(1000)} bob@example.com`;
    const request = { messages: [{ role: 'user', content }] };
    expect(removedValues(redact(request), request)).toBe('[["bob@example.com"]]');
  });

  it('are null where the redacted request lacks more than values', () => {
    const tokens = [{ token: 'bob@exam' }, { token: 'ple.com' }];
    const request = { messages: [{ content: 'x', logprobs: { content: tokens } }] };
    expect(removedValues(redact(request), request)).toBe(null);
  });
});
