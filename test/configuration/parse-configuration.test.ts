import { anything, assert, json, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../source/configuration/parse-configuration.ts';
import { UserError } from '../../source/text/user-error.ts';

const file = 'understudy.config.json';

const mistake = (text: string): string => {
  try {
    parseConfiguration(text, file);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error(`taken: ${text}`);
};

describe('a configuration', () => {
  it('may hold nothing, or everything', () => {
    expect(parseConfiguration('{}', file)).toEqual({});
    const whole = {
      $schema: './config.schema.json',
      providers: {
        acme: {
          baseUrl: 'https://api.acme.example/v1',
          keyVariable: 'ACME_API_KEY',
          headers: { 'X-Team': 'support' },
          authorization: 'api-key',
          quirks: 'openai',
          streamOptions: false,
          loadsOnFirstCall: true,
          batch: true,
          prices: { 'large-2': { input: 1, output: 2, cachedInput: 0.5 } },
        },
      },
      limits: {
        openai: { concurrency: 4, requestsPerMinute: 60, tokensPerMinute: 30_000 },
        'openai/gpt-4o': { concurrency: 2 },
      },
      deadlines: { firstByteMs: 1, firstTokenMs: 2, idleMs: 3, totalMs: 4 },
      budget: { perMonth: 12.5 },
      redaction: {
        rules: [{ name: 'employee', pattern: '\\bE\\d{6}', flags: 'i' }],
        ignore: ['*@acme.example'],
      },
    };
    expect(parseConfiguration(`\uFEFF${JSON.stringify(whole)}`, file)).toEqual(whole);
  });

  it.each([
    ['{', `${file} is no JSON: `],
    ['[]', `In ${file}, the whole is an object`],
    ['{"x":1}', 'there is no setting "x"'],
    ['{"providers":{"A b":{}}}', 'providers["A b"] is no id of a provider'],
    ['{"providers":{"acme":{"baseUrl":"ftp://x"}}}', 'providers.acme.baseUrl is no http'],
    ['{"providers":{"acme":{"baseUrl":"https://u:p@x"}}}', 'holds a user name or a password'],
    ['{"providers":{"acme":{"baseUrl":"https://x/v1?api_key=k"}}}', 'holds a key in its query'],
    ['{"providers":{"acme":{"baseUrl":"https://x/v1#m"}}}', 'holds a #'],
    ['{"providers":{"acme":{"key":"sk-1"}}}', 'there is no setting "key" in providers.acme'],
    ['{"providers":{"acme":{"keyVariable":"a b"}}}', 'keyVariable is no name of an environment'],
    ['{"providers":{"acme":{"authorization":"basic"}}}', 'is one of "bearer", "api-key"'],
    ['{"providers":{"acme":{"headers":{"x y":"1"}}}}', 'headers["x y"] is no name of a header'],
    ['{"providers":{"acme":{"headers":{"x":"a\\nb"}}}}', 'headers.x holds a character'],
    ['{"providers":{"acme":{"prices":{"m":{"input":1}}}}}', 'prices.m.output is a number'],
    ['{"limits":{"openai/gpt-4o":{"concurrency":0}}}', 'limits["openai/gpt-4o"].concurrency is at'],
    ['{"limits":{"openai":{"tokensPerMinute":1.5}}}', 'tokensPerMinute is a whole number'],
    ['{"deadlines":{"idleMs":1e10}}', 'deadlines.idleMs is at most 2147483647'],
    ['{"budget":{"perMonth":-1}}', 'budget.perMonth is at least 0'],
    ['{"budget":{"perMonth":"5"}}', 'budget.perMonth is a number'],
    ['{"redaction":{"rules":[{"name":"A b","pattern":"x"}]}}', 'is no name of a rule'],
    ['{"redaction":{"rules":[{"name":"a","pattern":"(\\n"}]}}', 'pattern is no regular expression'],
    ['{"redaction":{"rules":[{"name":"a","pattern":"x*"}]}}', 'and so every text'],
    ['{"redaction":{"rules":[{"name":"a","pattern":"x","flags":"g"}]}}', 'are not among'],
    ['{"redaction":{"ignore":[""]}}', 'redaction.ignore'],
  ])('says what is wrong in %s, and where', (text, says) => {
    expect(mistake(text)).toContain(says);
  });

  it.each([
    ['Authorization', 'x'],
    ['api-key', 'x'],
    ['X-Api-Key', 'x'],
    ['x-auth-token', 'x'],
    ['Cookie', 'x'],
    ['x-client-secret', 'x'],
    ['x-team', 'Bearer abc'],
    ['x-team', 'sk-abcdef'],
  ])('holds no key: the header %s: %s is refused', (name, value) => {
    const text = JSON.stringify({ providers: { acme: { headers: { [name]: value } } } });
    expect(mistake(text)).toMatch(/keys come from the environment only.* as keyVariable\.$/);
  });

  it('answers anything at all with itself or with one harmless line', () => {
    const tried = (text: string): void => {
      try {
        parseConfiguration(text, file);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect((error as UserError).message).not.toMatch(/[\n\r\u001B]/);
      }
    };
    assert(property(string(), tried));
    assert(property(json(), tried));
    const keys = ['providers', 'limits', 'deadlines', 'budget', 'redaction'] as const;
    for (const key of keys) {
      assert(property(anything(), (value) => tried(JSON.stringify({ [key]: value }))));
    }
  });
});
