import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactJson } from '../../source/redaction/redact-json.ts';
import { redactText } from '../../source/redaction/redact-text.ts';
import { loadRules } from '../../source/redaction/rules/load-rules.ts';
import { profileText } from '../../source/redaction/text-profile.ts';
import type { JsonValue } from '../../source/text/json.ts';
import { RedactionTally } from '../../source/traffic/redaction-counts.ts';
import { redactorWith, secrets } from './redactor-for-tests.ts';

const redactor = await redactorWith();
const redact = (text: string): string => redactText(text, redactor, () => undefined);
const values = Object.values(secrets).flat();

const words = fc.oneof(
  fc.string(),
  fc.constantFrom(...values),
  fc.constantFrom(
    ' ',
    '\n',
    '"',
    '\\',
    ':',
    '@',
    '.',
    '-',
    '+',
    '(',
    '[',
    '://',
    '电话',
    '{',
    '}',
    'password: ',
    'API_KEY=',
    ' is ',
    '--token ',
    'Cookie: a=',
    'call ',
  ),
  fc.nat().map(String),
);
const texts = fc.array(words, { maxLength: 20 }).map((parts) => parts.join(''));

describe('redaction', () => {
  it('changes nothing when it is repeated', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const once = redact(text);
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  it('has no rule that finds a value excluded by its cheap test', async () => {
    const rules = await loadRules([{ name: 'own', pattern: 'order [0-9]+' }]);
    fc.assert(
      fc.property(texts, (text) => {
        const profile = profileText(text);
        const ruledOut = rules.filter((rule) => !rule.mayHold(profile));
        expect(ruledOut.flatMap((rule) => rule.find(text, profile))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('turns JSON into JSON at any depth of nesting', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), texts),
        fc.integer({ min: 0, max: 3 }),
        (object, depth) => {
          let text = JSON.stringify(object);
          for (let level = 0; level < depth; level++) text = JSON.stringify({ inner: text });
          let inner: unknown = JSON.parse(redact(text));
          for (let level = 0; level < depth; level++) {
            inner = JSON.parse((inner as { inner: string }).inner);
          }
          expect(Object.keys(inner as object)).toHaveLength(Object.keys(object).length);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    'data/demo/traffic.jsonl',
    'test/fixtures/arena-hard/question.jsonl',
    'test/fixtures/arena-hard/gpt-4-0613.jsonl',
    'test/fixtures/arena-hard/gpt-3.5-turbo-0125.jsonl',
  ])('finds nothing in %s, which holds no values', (file) => {
    const tally = new RedactionTally();
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const value = JSON.parse(line) as JsonValue;
      expect(redactJson(value, redactor, tally.found)).toBe(value);
    }
    expect(tally.counts()).toEqual({});
  });

  it.each(
    Object.entries({
      letters: 'a',
      at: '@',
      'letters and at': 'a@',
      domains: 'a@a.',
      digits: '1',
      'spaced digits': '1 ',
      dashes: '1-',
      colons: ':',
      hexadecimal: 'a:',
      addresses: '1.1.1.',
      urls: 'a://b:c',
      jwt: 'eyJ',
      'jwt parts': '.eyJaaaaaaaaa',
      keys: 'sk-',
      bearer: 'Bearer ',
      pem: '-----BEGIN PRIVATE KEY-----',
      sendgrid: 'SG.a.',
      github: 'ghs_1_',
      iban: 'DE89 3704 ',
      brackets: '[',
      quotes: '"',
      base64: ';base64,',
      spaces: ' ',
      parentheses: '(1',
      plus: '+1',
      slack: 'xoxb-',
      mongodb: 'mongodb://a:b',
      aws: 'aws_secret_access_key ',
      words: 'tel: order no ',
      names: 'password=',
      'names before words': 'token is a1',
      cookies: 'Cookie: a=b1;',
      commands: 'curl -u a',
      'national numbers': 'call 0171-1-',
    }),
  )('finishes a megabyte of %s', (_, unit) => {
    const text = unit.repeat(Math.ceil(2 ** 20 / unit.length));
    expect(redact(`${text}!`)).toMatch(/!$/);
  });
});
