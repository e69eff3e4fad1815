import { describe, expect, it } from 'vitest';
import type { Answer, CallResult } from '../../source/models/answer.ts';
import { OriginalRequests } from '../../source/replay/original-requests.ts';
import type { JsonObject } from '../../source/text/json.ts';
import { removedValues } from '../../source/redaction/removed-values.ts';
import { redactObject } from '../../source/redaction/redact-json.ts';
import { redactorWith } from '../redaction/redactor-for-tests.ts';
import { captureOf } from './stand.ts';

const redactor = await redactorWith();

const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----';

/** A number that is a phone number only because of the word before it. */
const request = {
  model: 'm',
  messages: [
    { role: 'user', content: `Mail bob@example.com, phone: 415 555 0123, key ${key}` },
    { role: 'user', content: 'My mail is bob@example.com' },
  ],
};
const redacted = redactObject(request, redactor, () => undefined);
const capture = { ...captureOf(1), request: redacted, redacted: true as const };
const originals = new OriginalRequests(
  new Map([[capture.id, removedValues(redacted, request) ?? '']]),
  redactor,
);
const original = originals.original(capture);
if (original === null) throw new Error('no original');

const answer: Answer = {
  id: 'a1',
  text: 'ok',
  refusal: '',
  reasoning: '',
  toolCalls: [],
  finishReason: 'stop',
  usage: { input: 13_800_138_000, output: 1, cachedInput: null, reasoning: null },
  model: 'm',
  otherChoices: [],
  logprobs: null,
  cost: null,
};
const beside = {
  timings: { queueMs: 0, connectMs: 0, timeToFirstTokenMs: 1, totalMs: 2 },
  providerRequestId: 'req_1',
  rateLimits: null,
};

const stored = (parts: Partial<Answer>): Answer => {
  const result = original.redact({ kind: 'answered', answer: { ...answer, ...parts }, ...beside });
  if (result.kind !== 'answered') throw new Error('no answer');
  return result.answer;
};

const shape = (text: string): string => text.replaceAll(/\[([a-z-]+):[0-9a-f]{10}\]/g, '[$1]');

describe('an original value', () => {
  it('is restored in the request that is sent, and is found when its capture is read alone', () => {
    expect(original.restore({ ...redacted, stream: true })).toEqual({ ...request, stream: true });
    expect(original.placeholders).toBe(3);
    expect(originals.original(captureOf(2))).toBe(null);
  });

  it('is removed from every part of an answer, with the placeholders of the request', () => {
    const text = 'To bob@example.com';
    const parts = {
      text,
      refusal: text,
      reasoning: text,
      toolCalls: [{ id: 'c1', name: 'mail', arguments: JSON.stringify({ to: text, key }) }],
      otherChoices: [
        { index: 1, text, refusal: '', reasoning: text, toolCalls: [], finishReason: 'stop' },
      ],
      logprobs: [{ token: 'To bob@exam' }, { token: 'ple.com' }] as readonly JsonObject[],
    };
    const got = stored(parts);
    expect(JSON.stringify(got)).not.toMatch(/bob@|MIIE/);
    expect(String((redacted['messages'] as JsonObject[])[1]?.['content'])).toBe(
      got.text.replace('To', 'My mail is'),
    );
    const call = JSON.parse(got.toolCalls[0]?.arguments ?? '') as { readonly key: string };
    expect(shape(call.key)).toBe('[private-key]');
    expect(got.logprobs).toBe(null);
    expect(got.usage).toEqual(answer.usage);
  });

  it('is removed where no rule would find it, even without its spaces', () => {
    expect(shape(stored({ text: 'I call 415 555 0123 now' }).text)).toBe('I call [phone] now');
    expect(shape(stored({ text: 'I call 4155550123 now' }).text)).toBe('I call [phone] now');
    expect(stored({ text: 'version 94155550123' }).text).toBe('version 94155550123');
  });

  it('leaves the counts and the ids of an answer alone, whatever numbers they are', () => {
    const usage = { input: 4_155_550_123, output: 13_800_138_000, cachedInput: null, reasoning: 7 };
    const toolCalls = [{ id: 'call-4155550123', name: 'f', arguments: '{"to": "4155550123"}' }];
    const got = stored({ id: '4155550123', usage, toolCalls });
    expect(got).toMatchObject({ id: '4155550123', usage, toolCalls: [{ id: 'call-4155550123' }] });
    expect(shape(got.toolCalls[0]?.arguments ?? '')).toBe('{"to": "[phone]"}');
    expect(shape(stored({ id: 'for bob@example.com' }).id ?? '')).toBe('for [email]');
  });

  it('stays a word of an answer if it is a password that is a plain word', () => {
    const plain = { model: 'm', messages: [{ role: 'user', content: 'password: "sample"' }] };
    const without = redactObject(plain, redactor, () => undefined);
    expect(JSON.stringify(without)).not.toContain('sample');
    const removed = new Map([['c9', removedValues(without, plain) ?? '']]);
    const one = new OriginalRequests(removed, redactor).original({
      ...captureOf(1),
      id: 'c9',
      request: without,
    });
    const text = 'A sample follows. Your password: "sample"';
    const result = one?.redact({ kind: 'answered', answer: { ...answer, text }, ...beside });
    expect(result?.kind === 'answered' ? shape(result.answer.text) : null).toBe(
      'A sample follows. Your password: "[secret]"',
    );
  });

  it('is removed where a string was truncated within it', () => {
    const cut = { text: 'It is bob@examp', finishReason: 'length' };
    expect(shape(stored(cut).text)).toBe('It is [email]');
    expect(stored({ ...cut, finishReason: 'stop' }).text).toBe('It is bob@examp');
    const toolCalls = [
      { id: null, name: 'f', arguments: `{"key": ${JSON.stringify(key).slice(0, 50)}` },
    ];
    const last = stored({ toolCalls, finishReason: null }).toolCalls[0]?.arguments ?? '';
    expect(last).not.toContain('MIIE');
  });

  it('is removed from failures and partial answers', () => {
    const failed: CallResult = {
      kind: 'failed',
      failure: {
        reason: 'rejected',
        message: 'I do not take bob@example.com nor 415 55…',
        status: 400,
        retryAfterMs: null,
        parameter: 'messages[bob@example.com]',
      },
      partial: { ...answer, text: 'To bob@ex', finishReason: null },
      ...beside,
    };
    const result = original.redact(failed);
    if (result.kind !== 'failed') throw new Error('an answer');
    expect(shape(result.failure.message)).toBe('I do not take [email] nor [phone]…');
    expect(shape(result.failure.parameter ?? '')).toBe('messages[[email]]');
    expect(shape(result.partial?.text ?? '')).toBe('To [email]');
  });
});
