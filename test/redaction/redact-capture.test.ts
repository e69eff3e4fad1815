import { describe, expect, it } from 'vitest';
import { redactCapture } from '../../source/redaction/redact-capture.ts';
import { redactText } from '../../source/redaction/redact-text.ts';
import { RuleRedactor } from '../../source/redaction/redactor.ts';
import { loadRules } from '../../source/redaction/rules/load-rules.ts';
import { derivedId } from '../../source/traffic/capture-id.ts';
import type { Capture } from '../../source/traffic/capture.ts';
import { redactorWith, shapeOf } from './redactor-for-tests.ts';

const redactor = await redactorWith();

const captureOf = (content: string, more: Partial<Capture> = {}): Capture => ({
  id: 'req_1',
  endpoint: 'answer',
  timestamp: null,
  dialect: 'chat',
  model: null,
  request: { model: 'gpt-4o', messages: [{ role: 'user', content }] },
  recorded: [],
  metadata: null,
  partial: [],
  ...more,
});

const answered = (choice: object): Capture['recorded'] => [
  {
    model: 'gpt-4o',
    production: true,
    body: { id: 'c', choices: [JSON.parse(JSON.stringify(choice))] },
    timeToFirstTokenMs: null,
    totalMs: null,
  },
];

describe('redacting a capture', () => {
  it('returns the same capture if nothing is found', () => {
    const capture = captureOf('Nothing here, on 2024-05-01.', { metadata: { customer: 'gold' } });
    const redacted = redactCapture(capture, redactor);
    expect(redacted.capture).toBe(capture);
    expect(redacted.counts).toEqual({});
  });

  it('replaces equal values by equal placeholders, however they are spelled, and counts them', () => {
    const { capture, counts } = redactCapture(
      captureOf('415-555-0123 (415) 555-0123 Bob@example.com bob@example.com'),
      redactor,
    );
    const text = JSON.stringify(capture.request);
    expect(new Set(text.match(/\[phone:\w+\]/g)).size).toBe(1);
    expect(new Set(text.match(/\[email:\w+\]/g)).size).toBe(1);
    expect(counts).toEqual({ phone: 2, email: 2 });
  });

  it('reads files of text within their base64, in every dialect, and no other files', () => {
    const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
    const data = base64('Mail bob@example.com, naïve');
    const request = {
      url: `data:text/plain;charset=utf-8;base64,${data}`,
      json: `data:application/json;base64,${base64('{"mail":"bob@example.com"}')}`,
      inString: JSON.stringify({ url: `data:text/csv;base64,${data}` }),
      anthropic: { type: 'base64', media_type: 'text/plain', data },
      gemini: { mimeType: 'text/markdown; charset=utf-8', data },
      plain: { type: 'text', media_type: 'text/plain', data: 'Mail bob@example.com' },
      noBase64: { mimeType: 'text/plain', data: 'Mail bob@example.com' },
      image: { mimeType: 'image/png', data },
      harmless: { mimeType: 'text/plain', data: base64('nothing here') },
    };
    const { capture, counts } = redactCapture(captureOf('', { request }), redactor);
    const redacted = Object.fromEntries(
      Object.entries(capture.request).map(([name, value]) => {
        const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(
          /[\w+/]{24,}=*/g,
          (found) => Buffer.from(found, 'base64').toString('utf8'),
        );
        return [name, /\[email:\w{10}\]/.test(text) ? 'redacted' : text];
      }),
    );
    expect(redacted).toEqual({
      url: 'redacted',
      json: 'redacted',
      inString: 'redacted',
      anthropic: 'redacted',
      gemini: 'redacted',
      plain: 'redacted',
      noBase64: 'redacted',
      image: JSON.stringify({ mimeType: 'image/png', data: 'Mail bob@example.com, naïve' }),
      harmless: '{"mimeType":"text/plain","data":"bm90aGluZyBoZXJl"}',
    });
    expect(capture.request['harmless']).toBe(request.harmless);
    expect(counts).toEqual({ email: 7 });
  });

  it('gives different placeholders for a different salt', async () => {
    const other = new RuleRedactor({ rules: await loadRules(), salt: 'other' });
    const text = 'bob@example.com';
    expect(redactText(text, other, () => undefined)).not.toBe(
      redactText(text, redactor, () => undefined),
    );
  });

  it('redacts JSON within strings of JSON, unescaped, and leaves valid JSON', () => {
    const inner = '{"mail":"a\\nbob@example.com","escaped":"bob\\u0040example.com","n":1.0}';
    const text = JSON.stringify({ args: inner, card: 4111111111111111 });
    const redacted = redactText(text, redactor, () => undefined);
    const outer = JSON.parse(redacted) as { args: string; card: unknown };
    expect(shapeOf(redactor, outer.args)).toBe(
      '{"mail":"a\\n[email]","escaped":"[email]","n":1.0}',
    );
    expect(JSON.parse(outer.args)).toHaveProperty('n', 1);
    expect(outer.card).toMatch(/^\[card:/);
  });

  it('replaces values in keys, numbers, ids, the endpoint, metadata and errors', () => {
    const { capture } = redactCapture(
      captureOf('hi', {
        id: 'bob@example.com',
        endpoint: 'for bob@example.com',
        metadata: {
          'bob@example.com': true,
          card: 4111111111111111,
          recordedError: { status: 400, message: 'no user bob@example.com' },
        },
      }),
      redactor,
    );
    expect(JSON.stringify(capture)).not.toMatch(/bob@|4111/);
    expect(capture.metadata).toHaveProperty('recordedError.status', 400);
  });

  it('uses the name of a field to identify its value', () => {
    const fields = { phone_number: '4155550123', mobilePhone: 13800138000, ssn: '123456789' };
    const others = { order: '4155550123', total: 13800138000 };
    const { capture } = redactCapture(
      captureOf(JSON.stringify({ ...fields, ...others }, null, 2), {
        metadata: { ...fields, ...others },
      }),
      redactor,
    );
    const [content] = capture.request['messages'] as unknown as { readonly content: string }[];
    for (const read of [capture.metadata, JSON.parse(content?.content ?? '')]) {
      expect(read).toMatchObject(others);
      expect(shapeOf(redactor, JSON.stringify(read))).toBe(
        '{"phone_number":"[phone]","mobilePhone":"[phone]","ssn":"[us-ssn]","order":"4155550123","total":13800138000}',
      );
    }
  });

  it('uses the name of a field, or the name beside a value, to tell that it is a secret', () => {
    const fields = {
      password: 'letmein',
      clientSecret: 'a1b2c3d4e5f6',
      headers: [{ name: 'X-Api-Key', value: 'k3y-of-a-service' }],
    };
    const others = {
      token: 'noun',
      password_hint: 'letmein2',
      max_tokens: 1024,
      properties: { password: { type: 'string', description: 'at least 8 characters' } },
    };
    const { capture } = redactCapture(
      captureOf(JSON.stringify({ ...fields, ...others }), { metadata: { ...fields, ...others } }),
      redactor,
    );
    const [content] = capture.request['messages'] as unknown as { readonly content: string }[];
    for (const read of [capture.metadata, JSON.parse(content?.content ?? '')]) {
      expect(read).toMatchObject(others);
      expect(shapeOf(redactor, JSON.stringify(read))).toMatch(
        /^\{"password":"\[secret\]","clientSecret":"\[secret\]","headers":\[\{"name":"X-Api-Key","value":"\[secret\]"\}\]/,
      );
    }
  });

  it('keeps counts and times, even where a rule of the configuration would take any number', async () => {
    const own = await redactorWith([{ name: 'number', pattern: '\\d{7,}' }]);
    const counts = { created: 1_790_000_000, usage: { prompt_tokens: 1_234_567 }, durationMs: 4e6 };
    const { capture } = redactCapture(
      captureOf('hi', { metadata: { ...counts, n: 7654321 } }),
      own,
    );
    expect(capture.metadata).toMatchObject(counts);
    expect(shapeOf(own, JSON.stringify(capture.metadata))).toContain('"n":"[number]"');
  });

  it('drops logprobs whose tokens make a value, and keeps others', () => {
    const logprobs = (...tokens: readonly string[]) => ({
      content: tokens.map((token) => ({ token, logprob: 0 })),
    });
    const bodyOf = (choice: object) =>
      redactCapture(captureOf('hi', { recorded: answered(choice) }), redactor).capture.recorded[0]
        ?.body;
    expect(
      bodyOf({
        message: { content: 'bob@example.com' },
        logprobs: logprobs('bob@', 'example.com'),
      }),
    ).toMatchObject({ choices: [{ logprobs: null }] });
    expect(bodyOf({ message: null, logprobs: logprobs('bob@', 'example.com') })).toMatchObject({
      choices: [{ logprobs: null }],
    });
    expect(bodyOf({ message: { content: 'hi' }, logprobs: logprobs('h', 'i') })).toMatchObject({
      choices: [{ logprobs: logprobs('h', 'i') }],
    });
  });

  it('derives a derived id again from the redacted request', () => {
    const plain = captureOf('bob@example.com', { timestamp: '2026-11-20T08:15:00.000Z' });
    const capture = { ...plain, id: derivedId(plain) };
    const { capture: redacted } = redactCapture(capture, redactor);
    expect(redacted.id).not.toBe(capture.id);
    expect(redacted.id).toBe(derivedId(redacted));
    expect(redactCapture({ ...plain, id: 'req_9' }, redactor).capture.id).toBe('req_9');
  });

  it('keeps a key named __proto__', () => {
    const request = JSON.parse(
      '{"messages":[],"x":{"__proto__":{"a":"bob@example.com"},"b":1}}',
    ) as Capture['request'];
    const { capture } = redactCapture(captureOf('', { request }), redactor);
    expect(JSON.stringify(capture.request)).toMatch(/"__proto__":\{"a":"\[email:\w+\]"\},"b":1/);
  });
});
