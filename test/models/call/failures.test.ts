import { describe, expect, it } from 'vitest';
import { statusFailure } from '../../../source/models/call/failures.ts';
import { retryAfterMs } from '../../../source/models/call/retry-after.ts';
import type { JsonValue } from '../../../source/text/json.ts';

const reason = (status: number, error?: JsonValue): string =>
  statusFailure(status, new Headers(), error).reason;

const message = (body: JsonValue): string => statusFailure(400, new Headers(), body).message;

describe('the reason of a failure', () => {
  it.each([
    [400, 'rejected'],
    [401, 'unauthorized'],
    [402, 'no_credit'],
    [403, 'unauthorized'],
    [404, 'not_found'],
    [408, 'server_error'],
    [409, 'server_error'],
    [413, 'rejected'],
    [422, 'rejected'],
    [429, 'rate_limited'],
    [451, 'rejected'],
    [500, 'server_error'],
    [503, 'server_error'],
    [529, 'server_error'],
  ])('of %i is %s', (status, expected) => {
    expect(reason(status)).toBe(expected);
  });

  it('of 429 is no_credit when the account is empty', () => {
    expect(reason(429, { code: 'insufficient_quota', message: 'm' })).toBe('no_credit');
    expect(reason(429, { type: 'exceeded_current_quota_error' })).toBe('no_credit');
    expect(reason(429, { code: 'rate_limit_exceeded', type: 'tokens' })).toBe('rate_limited');
  });

  it('of 400 is not_found when it is about the model', () => {
    expect(reason(400, { message: 'Model Not Exist' })).toBe('not_found');
    expect(reason(400, { code: 'model_not_found' })).toBe('not_found');
    expect(reason(400, { message: 'The model does not support images' })).toBe('rejected');
  });
});

describe('the message of a failure', () => {
  it.each<readonly [JsonValue, string]>([
    [{ message: 'a' }, 'a'],
    [{ error: { message: 'b' } }, 'b'],
    [{ error: 'c' }, 'c'],
    [[{ error: { message: 'd' } }], 'd'],
    [{ detail: 'e' }, 'e'],
    [{ detail: [{ loc: ['body'], msg: 'f' }] }, 'f'],
    [{ message: 'Provider returned error', metadata: { raw: 'g' } }, 'Provider returned error: g'],
    ['h', 'h'],
    [{}, 'it did not say why'],
    ['', 'it did not say why'],
  ])('is found in %j', (body, said) => {
    expect(message(body)).toBe(`The server answered 400: ${said}`);
  });

  it('is limited in length', () => {
    expect(message('x'.repeat(100_000))).toHaveLength('The server answered 400: '.length + 500);
  });
});

describe('the wait that a server requests', () => {
  const wait = (headers: Record<string, string>): number | null =>
    retryAfterMs(new Headers(headers));

  it('is read from seconds, milliseconds and dates, however long', () => {
    expect(wait({ 'retry-after': '2' })).toBe(2000);
    expect(wait({ 'retry-after': '0.5' })).toBe(500);
    expect(wait({ 'retry-after': '86400' })).toBe(86_400_000);
    expect(wait({ 'retry-after-ms': '1500', 'retry-after': '9' })).toBe(1500);
    const date = 'Tue, 24 Nov 2026 10:00:00 GMT';
    expect(wait({ 'retry-after': 'Tue, 24 Nov 2026 10:02:00 GMT', date })).toBe(120_000);
    expect(wait({ 'retry-after': 'Tue, 24 Nov 2026 09:00:00 GMT', date })).toBe(0);
  });

  it('is null when the header is missing or is not a time', () => {
    expect(wait({})).toBeNull();
    expect(wait({ 'retry-after': 'soon' })).toBeNull();
    expect(wait({ 'retry-after': '-3', date: 'x' })).toBeNull();
  });
});
