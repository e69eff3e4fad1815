import { describe, expect, it } from 'vitest';
import { parseErrorBody } from '../../../source/models/call/error-message.ts';
import {
  connectionFailure,
  reportedFailure,
  statusFailure,
} from '../../../source/models/call/failures.ts';
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
    [
      {
        detail: [
          { loc: ['body', 'n'], msg: 'too big' },
          { loc: ['body', 'seed'], msg: 'extra' },
        ],
      },
      'n: too big; seed: extra',
    ],
    [{ base_resp: { status_code: 1004, status_msg: 'login fail' } }, 'login fail'],
    [{ result: null, success: false, errors: [{ code: 7003, message: 'no route' }] }, 'no route'],
    [{ errors: ['one', 'two', 'one'] }, 'one; two'],
    [
      { error_code: 18, error_msg: 'Open api qps request limit reached' },
      'Open api qps request limit reached',
    ],
    [{ title: 'Not allowed', detail: 'No such plan' }, 'No such plan'],
    [{ Message: 'Access denied' }, 'Access denied'],
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

describe('an error page', () => {
  it.each([
    ['<html><head><title>502 Bad Gateway</title></head><body>x</body></html>', '502 Bad Gateway'],
    ['<html><title> </title><h1>Service down</h1></html>', 'Service down'],
    ['<!doctype html><style>p{}</style><p>Back <b>soon</b></p><script>a()</script>', 'Back soon'],
    ['<html></html>', 'a web page'],
  ])('is its title, or its words: %s', (html, words) => {
    expect(parseErrorBody(html)).toBe(words);
  });
});

describe('an error in a body with status 200', () => {
  const reported = (body: JsonValue) => reportedFailure(200, new Headers(), body);

  it('has the reason of its own code', () => {
    const minimax = { choices: null, base_resp: { status_code: 1002, status_msg: 'RPM' } };
    expect(reported(minimax)).toMatchObject({
      reason: 'rate_limited',
      message: 'The server answered 200: RPM',
    });
    expect(reported({ base_resp: { status_code: 1008 } })?.reason).toBe('no_credit');
    expect(reported({ error: { code: 429, message: 'm' } })?.reason).toBe('rate_limited');
    expect(reported({ error: { code: '503', message: 'm' } })?.reason).toBe('server_error');
  });

  it('has none without a code that is known', () => {
    expect(reported({ base_resp: { status_code: 0, status_msg: '' } })).toBeNull();
    expect(reported({ error: { code: 'oops', message: 'm' } })).toBeNull();
    expect(reported({ detail: 'x' })).toBeNull();
    expect(reported(null)).toBeNull();
  });
});

describe('the failure of a connection', () => {
  const said = (code: string): string =>
    connectionFailure(Object.assign(new Error('it broke'), { code }), 'http://a.example').message;

  it('says what a code means, and the message of an error whose code is not known', () => {
    expect(said('ENOTFOUND')).toMatch(/: there is no such host\.$/);
    for (const code of ['EOTHER', 'constructor', 'toString', '__proto__']) {
      expect(said(code)).toMatch(/: it broke\.$/);
    }
  });
});
