import { describe, expect, it } from 'vitest';
import type { Answer, CallResult, Failure, Usage } from '../../../source/models/answer.ts';
import {
  defaultOutputTokens,
  usageBound,
  usageForBudget,
} from '../../../source/replay/limits/cost-bound.ts';

const messages = [{ role: 'user', content: '你好' }];
const timings = { queueMs: null, connectMs: null, timeToFirstTokenMs: null, totalMs: null };
const bound = { input: 1000, output: 500, cachedInput: null, reasoning: null };

const answer = (changes: Partial<Answer>): Answer => ({
  text: '',
  refusal: '',
  id: null,
  reasoning: '',
  otherChoices: [],
  logprobs: null,
  cost: null,
  toolCalls: [],
  finishReason: null,
  usage: null,
  model: null,
  ...changes,
});

const failed = (
  status: number | null,
  partial: Answer | null,
  more: Partial<Failure> = {},
): CallResult => ({
  kind: 'failed',
  failure: {
    reason: 'truncated',
    message: '',
    status,
    retryAfterMs: null,
    parameter: null,
    ...more,
  },
  partial,
  timings,
  providerRequestId: null,
  rateLimits: null,
});

describe('usageBound', () => {
  it('counts one input token per byte of the body sent', () => {
    const body = { messages };
    expect(usageBound(body).input).toBe(Buffer.byteLength(JSON.stringify(body)));
  });

  it('uses the larger output limit of the request, or the default', () => {
    expect(usageBound({ messages, max_tokens: 10 }).output).toBe(10);
    expect(usageBound({ messages, max_tokens: 10, max_completion_tokens: 30 }).output).toBe(30);
    expect(usageBound({ messages }).output).toBe(defaultOutputTokens);
    expect(usageBound({ messages, max_tokens: null }).output).toBe(defaultOutputTokens);
  });

  it('reserves more for input that is not counted as text', () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    const body = { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, image] }] };
    expect(usageBound(body).input).toBe(Buffer.byteLength(JSON.stringify(body)) + 50_000);
  });

  it('reserves the whole input for an hour in a cache where any part of the request asks for that', () => {
    const asking = (ttl: string) => ({ cache_control: { type: 'ephemeral', ttl } });
    const part = { type: 'text', text: 'a' };
    for (const body of [
      { messages, ...asking('1h') },
      { messages, system: [part, { ...part, ...asking('1h') }] },
      { messages, tools: [{ name: 'a', input_schema: {}, ...asking('1h') }] },
      { messages: [{ role: 'user', content: [{ ...part, ...asking('1h') }] }] },
    ]) {
      const { hourCacheWrite, input } = usageBound(body);
      expect(hourCacheWrite).toBe(input);
    }
    const quoted = { messages: [{ role: 'user', content: JSON.stringify(asking('1h')) }] };
    for (const body of [{ messages }, { messages, ...asking('5m') }, quoted]) {
      expect(usageBound(body)).not.toHaveProperty('hourCacheWrite');
    }
  });
});

describe('usageForBudget', () => {
  const usage: Usage = { input: 12, output: 3, cachedInput: 4, reasoning: null };

  it('is the count of the provider', () => {
    const result: CallResult = {
      kind: 'answered',
      answer: answer({ usage }),
      timings,
      providerRequestId: null,
      rateLimits: null,
    };
    expect(usageForBudget(result, bound)).toEqual(usage);
    expect(usageForBudget(failed(200, answer({ usage })), bound)).toEqual(usage);
  });

  it('is the full bound for an answer without counts', () => {
    const result: CallResult = {
      kind: 'answered',
      answer: answer({ text: 'a' }),
      timings,
      providerRequestId: null,
      rateLimits: null,
    };
    expect(usageForBudget(result, bound)).toEqual(bound);
  });

  it('is zero for an HTTP error, a redirect and a request that was not sent', () => {
    const nothing = { input: 0, output: 0 };
    expect(usageForBudget(failed(429, null), bound)).toMatchObject(nothing);
    expect(usageForBudget(failed(307, null), bound)).toMatchObject(nothing);
    const unsent = failed(null, null, { unsent: true });
    expect(usageForBudget(unsent, bound)).toMatchObject(nothing);
  });

  it('is the input plus the received output for a broken stream, at most the bound', () => {
    const partial = answer({ text: 'äb', toolCalls: [{ id: null, name: 'f', arguments: '{}' }] });
    expect(usageForBudget(failed(200, partial), bound)).toMatchObject({ input: 1000, output: 6 });
    const long = answer({ reasoning: 'a'.repeat(9999) });
    expect(usageForBudget(failed(null, long), bound)).toMatchObject({ input: 1000, output: 500 });
    expect(usageForBudget(failed(null, null), bound)).toMatchObject({ input: 1000, output: 0 });
    expect(usageForBudget(failed(null, null), { ...bound, hourCacheWrite: 1000 })).toMatchObject({
      input: 1000,
      hourCacheWrite: 1000,
    });
  });
});
