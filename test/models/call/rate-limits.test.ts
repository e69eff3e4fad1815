import { describe, expect, it } from 'vitest';
import { readRateLimits } from '../../../source/models/call/rate-limits.ts';

const now = Date.parse('2026-11-24T12:00:00Z');

const read = (headers: Readonly<Record<string, string>>) =>
  readRateLimits(new Headers(headers), now);

describe('readRateLimits', () => {
  it('reads those of OpenAI, Azure and Groq, whose resets are durations', () => {
    expect(
      read({
        'x-ratelimit-limit-requests': '10000',
        'x-ratelimit-remaining-requests': '9999',
        'x-ratelimit-reset-requests': '20ms',
        'x-ratelimit-limit-tokens': '2000000',
        'x-ratelimit-remaining-tokens': '1999000',
        'x-ratelimit-reset-tokens': '6m0s',
      }),
    ).toEqual({
      requests: { limit: 10_000, remaining: 9999, resetMs: 20 },
      tokens: { limit: 2_000_000, remaining: 1_999_000, resetMs: 360_000 },
    });
  });

  it("reads Anthropic's, whose resets are times", () => {
    expect(
      read({
        'anthropic-ratelimit-requests-limit': '50',
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2026-11-24T12:00:30Z',
        'anthropic-ratelimit-tokens-limit': '40000',
        'anthropic-ratelimit-tokens-remaining': '39000',
        'anthropic-ratelimit-tokens-reset': '2026-11-24T11:59:59Z',
      }),
    ).toEqual({
      requests: { limit: 50, remaining: 0, resetMs: 30_000 },
      tokens: { limit: 40_000, remaining: 39_000, resetMs: 0 },
    });
  });

  it("compares a time with the server's own clock where the response tells it", () => {
    const limits = read({
      date: 'Tue, 24 Nov 2026 11:59:00 GMT',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-11-24T12:00:30Z',
    });
    expect(limits?.requests).toEqual({ limit: null, remaining: 0, resetMs: 90_000 });
  });

  it("reads OpenRouter's, a time in milliseconds, and one in seconds", () => {
    const headers = { 'x-ratelimit-limit': '20', 'x-ratelimit-remaining': '0' };
    const requests = { limit: 20, remaining: 0, resetMs: 45_000 };
    const moment = now + 45_000;
    expect(read({ ...headers, 'x-ratelimit-reset': `${moment}` })).toEqual({
      requests,
      tokens: null,
    });
    expect(read({ ...headers, 'x-ratelimit-reset': `${moment / 1000}` })?.requests).toEqual(
      requests,
    );
  });

  it("reads Mistral's and Cerebras', by the minute and the day", () => {
    expect(
      read({
        'x-ratelimit-limit-req-minute': '60',
        'x-ratelimit-remaining-req-minute': '59',
        'x-ratelimit-limit-tokens-minute': '500000',
        'x-ratelimit-remaining-tokens-minute': '499000',
        'x-ratelimit-reset-tokens-minute': '11.382',
      }),
    ).toEqual({
      requests: { limit: 60, remaining: 59, resetMs: null },
      tokens: { limit: 500_000, remaining: 499_000, resetMs: 11_382 },
    });
    const day = read({
      'x-ratelimit-remaining-requests-day': '7',
      'x-ratelimit-reset-requests-day': '33011.3',
    });
    expect(day?.requests).toEqual({ limit: null, remaining: 7, resetMs: 33_011_300 });
  });

  it.each([
    ['1s', 1000],
    ['7.66s', 7660],
    ['2m59.56s', 179_560],
    ['1h0m1s', 3_601_000],
    ['1d2h', 93_600_000],
    ['250us', 0],
    ['60', 60_000],
    ['soon', null],
    ['6m soon', null],
    ['-3s', null],
    ['', null],
  ])('takes a reset of %j for %j ms', (reset, ms) => {
    const limits = read({
      'x-ratelimit-remaining-tokens': '5',
      'x-ratelimit-reset-tokens': reset,
    });
    expect(limits?.tokens?.resetMs ?? null).toBe(ms);
  });

  it('is null when there are none, or when they are not numbers', () => {
    expect(read({ 'content-type': 'application/json', 'retry-after': '3' })).toBeNull();
    expect(read({ 'x-ratelimit-remaining-tokens': 'plenty' })).toBeNull();
    expect(read({ 'x-ratelimit-remaining-tokens': '-1' })).toBeNull();
  });
});
