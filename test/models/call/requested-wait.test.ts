import { describe, expect, it } from 'vitest';
import { requestedWaitMs } from '../../../source/models/call/requested-wait.ts';
import type { JsonValue } from '../../../source/text/json.ts';

const now = Date.parse('2026-11-24T10:00:00Z');

const waitOf = (
  headers: Readonly<Record<string, string>>,
  body?: JsonValue,
  status = 429,
): number | null => requestedWaitMs({ status, headers: new Headers(headers), body }, now);

const said = (message: string): number | null => waitOf({}, { error: { message } });

describe('the wait that a server requests', () => {
  it('is read from seconds, milliseconds and dates, however long', () => {
    expect(waitOf({ 'retry-after': '2' })).toBe(2000);
    expect(waitOf({ 'retry-after': '0.5' })).toBe(500);
    expect(waitOf({ 'retry-after': '86400' })).toBe(86_400_000);
    expect(waitOf({ 'retry-after': '1m30s' })).toBe(90_000);
    expect(waitOf({ 'retry-after-ms': '1500', 'retry-after': '9' })).toBe(1500);
    const date = 'Tue, 24 Nov 2026 10:00:00 GMT';
    expect(waitOf({ 'retry-after': 'Tue, 24 Nov 2026 10:02:00 GMT', date })).toBe(120_000);
    expect(waitOf({ 'retry-after': 'Tuesday, 24-Nov-26 10:02:00 GMT', date })).toBe(120_000);
    expect(waitOf({ 'retry-after': 'Tue, 24 Nov 2026 09:00:00 GMT', date })).toBe(0);
    expect(waitOf({ 'retry-after': '2026-11-24T10:00:30Z' })).toBe(30_000);
  });

  it('tells a moment from a span', () => {
    expect(waitOf({ 'retry-after': String(now / 1000 + 3) })).toBe(3000);
    expect(waitOf({ 'retry-after': String(now + 3000) })).toBe(3000);
    expect(waitOf({ 'retry-after-ms': String(now + 1500) })).toBe(1500);
    expect(waitOf({ 'retry-after': String(now / 1000 - 3) })).toBe(0);
    const date = 'Tue, 24 Nov 2026 09:59:00 GMT';
    expect(waitOf({ 'retry-after': String(now / 1000), date })).toBe(60_000);
  });

  it("is read from Google's RetryInfo, in either of its JSON forms", () => {
    const gemini = (retryDelay: JsonValue): JsonValue => [
      {
        error: {
          code: 429,
          message: 'Quota exceeded.',
          details: [
            { '@type': 'type.googleapis.com/google.rpc.QuotaFailure' },
            { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay },
          ],
        },
      },
    ];
    expect(waitOf({}, gemini('58s'))).toBe(58_000);
    expect(waitOf({}, gemini('57.512s'))).toBe(57_512);
    expect(waitOf({}, gemini({ seconds: 2, nanos: 500_000_000 }))).toBe(2500);
    for (const nonsense of [{ seconds: 'soon' }, { seconds: {} }, { seconds: -50 }, '-50s', null]) {
      expect(waitOf({}, gemini(nonsense))).toBeNull();
    }
  });

  it('is read from members of the error', () => {
    expect(waitOf({}, { error: { message: 'm', retry_after: 7 } })).toBe(7000);
    expect(waitOf({}, { message: 'm', retryAfterMs: 250 })).toBe(250);
    expect(waitOf({}, { error: { message: 'm', metadata: { retry_after: '3' } } })).toBe(3000);
  });

  it.each([
    ['Rate limit reached for gpt-4o. Please try again in 20s. Visit https://x.', 20_000],
    ['Limit 30000, Used 29000. Please try again in 1.5s.', 1500],
    ['Please try again in 6m0s.', 360_000],
    ['Please try again in 7m12.5s. Need more tokens?', 432_500],
    ['Please try again in 338ms.', 338],
    ['Please retry in 58.123s.', 58_123],
    ['Please retry after 6 seconds.', 6000],
    ['Too many requests, please wait 1 minute and 30 seconds', 90_000],
    ['Try again in about 2 hours', 7_200_000],
    ['Please retry after 250 milliseconds', 250],
    ['Your limit resets at 2026-11-24T10:01:00Z', 60_000],
    ['Please try again later.', null],
    ['You waited 30 s in the queue', null],
    ['This model takes up to 5 minutes to load', null],
  ])('is read from the words %j', (message, ms) => {
    expect(said(message)).toBe(ms);
  });

  it('is until the limit that is used up is restored, where nothing else says how long', () => {
    const limits = {
      'x-ratelimit-remaining-requests': '12',
      'x-ratelimit-reset-requests': '8h0m0s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '1m30s',
    };
    expect(waitOf(limits)).toBe(90_000);
    expect(waitOf({ ...limits, 'retry-after': '2' })).toBe(2000);
    expect(waitOf(limits, { error: { message: 'Please try again in 3s.' } })).toBe(3000);
    expect(waitOf(limits, undefined, 503)).toBeNull();
    const anthropic = {
      'anthropic-ratelimit-input-tokens-limit': '40000',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-24T10:00:30Z',
    };
    expect(waitOf(anthropic)).toBe(30_000);
    expect(waitOf({ 'ratelimit-remaining': '0', 'ratelimit-reset': '12' })).toBe(12_000);
  });

  it('is read from the headers that OpenRouter repeats in the body', () => {
    const headers = {
      'X-RateLimit-Limit': '20',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': String(now + 45_000),
    };
    expect(waitOf({}, { error: { code: 429, message: 'm', metadata: { headers } } })).toBe(45_000);
  });

  it('is null when nothing says how long', () => {
    expect(waitOf({})).toBeNull();
    expect(waitOf({ 'retry-after': 'soon' })).toBeNull();
    expect(waitOf({ 'retry-after': '-3', date: 'x' })).toBeNull();
  });
});
