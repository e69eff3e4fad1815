import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anything, assert, json, property, string } from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../source/configuration/configuration-schema.ts';
import { readConfiguration } from '../../source/configuration/read-configuration.ts';
import { UserError } from '../../source/text/user-error.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-configuration-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const written = async (name: string, text: string): Promise<string> => {
  const file = join(directory, name);
  await writeFile(file, text);
  return file;
};

describe('the configuration file', () => {
  it('is the one that the flag names, else the environment', async () => {
    const first = await written('first.json', '{"budget":{"perMonth":1}}');
    const second = await written('second.json', '{"budget":{"perMonth":2}}');
    const environment = { UNDERSTUDY_CONFIG: second };
    expect(await readConfiguration(first, environment)).toMatchObject({
      file: first,
      budgetPerMonth: 1,
    });
    expect(await readConfiguration(undefined, environment)).toMatchObject({ budgetPerMonth: 2 });
  });

  it('is optional', async () => {
    expect(await readConfiguration(undefined, { UNDERSTUDY_CONFIG: '' })).toMatchObject({
      file: null,
      budgetPerMonth: null,
      deadlines: {},
    });
  });

  it('dates its prices by the day it was last modified', async () => {
    const file = await written(
      'c.json',
      '{"providers":{"openai":{"prices":{"m":{"input":1,"output":2}}}}}',
    );
    await utimes(file, new Date(), new Date('2026-03-04T12:00:00Z'));
    const { prices } = await readConfiguration(file, {});
    expect(prices.get('openai')?.get('m')?.date).toBe('2026-03-04');
  });

  it('must exist if it is named, be readable and be small', async () => {
    await expect(readConfiguration(join(directory, 'no.json'), {})).rejects.toThrow(
      'does not exist',
    );
    await expect(readConfiguration(directory, {})).rejects.toThrow('cannot be read (EISDIR)');
    const large = await written('large.json', ' '.repeat(1024 * 1024 + 1));
    await expect(readConfiguration(large, {})).rejects.toThrow('larger than 1 MiB');
  });
});

const file = 'understudy.config.json';

const mistake = (text: string): string => {
  try {
    parseConfiguration(text, file);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
};

describe('the content of a configuration', () => {
  it('may be empty or complete', () => {
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
    ['{', `${file} is not JSON: `],
    ['[]', `In ${file}, the configuration must be an object`],
    ['{"x":1}', 'there is no setting "x"'],
    ['{"providers":{"A b":{}}}', 'providers["A b"] is not a valid provider id'],
    ['{"providers":{"acme":{"baseUrl":"ftp://x"}}}', 'providers.acme.baseUrl is not an http'],
    [
      '{"providers":{"acme":{"baseUrl":"api.acme.example/v1"}}}',
      'providers.acme.baseUrl is not an http or https URL.',
    ],
    [
      '{"providers":{"acme":{"dialects":{"messages":"x"}}}}',
      'providers.acme.dialects.messages is not an http or https URL.',
    ],
    [
      '{"providers":{"acme":{"dialects":["Chat"]}}}',
      'providers.acme.dialects[0] must be one of "chat", "responses", "messages", "gemini".',
    ],
    ['{"providers":{"acme":{"dialects":"chat"}}}', 'acme.dialects must be a list or an object.'],
    ['{"providers":{"acme":{"dialects":[]}}}', 'providers.acme.dialects must not be empty.'],
    ['{"keys":{"quit":5}}', 'keys.quit must be a string or a list.'],
    ['{"tags":[]}', 'tags must not be empty.'],
    ['{"tags":["1","2","3","4","5","6","7","8","9","10"]}', 'tags must have at most 9 values.'],
    ['{"tags":"tone"}', 'tags must be a list.'],
    [JSON.stringify({ tags: ['x'.repeat(41)] }), 'tags[0] must be at most 40 characters long.'],
    ['{"providers":{"acme":{"baseUrl":"https://u:p@x"}}}', 'contains a user name or a password'],
    ['{"providers":{"acme":{"baseUrl":"https://x/v1?api_key=k"}}}', 'contains a key in its query'],
    ['{"providers":{"acme":{"baseUrl":"https://x/v1#m"}}}', 'contains a #'],
    ['{"providers":{"acme":{"key":"sk-1"}}}', 'there is no setting "key" in providers.acme'],
    [
      '{"providers":{"acme":{"keyVariable":"a b"}}}',
      'keyVariable is not a valid name of an environment',
    ],
    ['{"providers":{"acme":{"authorization":"basic"}}}', 'must be one of "bearer", "api-key"'],
    ['{"providers":{"acme":{"headers":{"x y":"1"}}}}', 'headers["x y"] is not a valid header name'],
    ['{"providers":{"acme":{"headers":{"x":"a\\nb"}}}}', 'headers.x contains a character'],
    ['{"providers":{"acme":{"prices":{"m":{"input":1}}}}}', 'prices.m.output must be a number'],
    [
      '{"limits":{"openai/gpt-4o":{"concurrency":0}}}',
      'limits["openai/gpt-4o"].concurrency must be',
    ],
    ['{"limits":{"openai":{"tokensPerMinute":1.5}}}', 'tokensPerMinute must be a whole number'],
    ['{"deadlines":{"idleMs":1e10}}', 'deadlines.idleMs must be at most 2147483647'],
    ['{"budget":{"perMonth":-1}}', 'budget.perMonth must be at least 0'],
    ['{"budget":{"perMonth":"5"}}', 'budget.perMonth must be a number'],
    ['{"redaction":{"rules":[{"name":"A b","pattern":"x"}]}}', 'is not a valid name of a rule'],
    [
      '{"redaction":{"rules":[{"name":"a","pattern":"(\\n"}]}}',
      'pattern is not a valid regular expression',
    ],
    ['{"redaction":{"rules":[{"name":"a","pattern":"x*"}]}}', 'and therefore every text'],
    ['{"redaction":{"rules":[{"name":"a","pattern":"x","flags":"g"}]}}', 'may only contain'],
    ['{"redaction":{"ignore":[""]}}', 'redaction.ignore'],
    [
      '{"redaction":{"phoneCountries":["DE","XX"]}}',
      'redaction.phoneCountries[1] is "XX", which is not the ISO 3166 code of a country with telephone numbers of its own, such as "DE".',
    ],
    ['{"redaction":{"phoneCountries":["de"]}}', 'redaction.phoneCountries[0] is "de", which is'],
  ])('is refused with the place of the mistake: %s', (text, says) => {
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
  ])('contains no key: the header %s: %s is refused', (name, value) => {
    const text = JSON.stringify({ providers: { acme: { headers: { [name]: value } } } });
    expect(mistake(text)).toMatch(/keys come from the environment only; set keyVariable to .*\.$/);
  });

  it('parses, or fails with one printable line, whatever the text is', () => {
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
