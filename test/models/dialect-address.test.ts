import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../source/configuration/configuration-schema.ts';
import { resolveSettings } from '../../source/configuration/settings.ts';
import { callUrl, dialectRoute, spokenDialects } from '../../source/models/dialect-address.ts';
import { readRunKeys } from '../../source/models/keys.ts';
import type { Model, Provider } from '../../source/models/model.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';

type LiveModel = Extract<Model, { kind: 'live' }>;

const live = (label: string, providers?: readonly Provider[]): LiveModel => {
  const model = resolveModel(label, providers);
  if (model.kind !== 'live') throw new Error('not live');
  return model;
};

const configured = (providers: NonNullable<Configuration['providers']>, label: string): LiveModel =>
  live(
    label,
    resolveSettings({ providers }, { file: 'c.json', isNamed: true, day: '2026-11-30' }).providers,
  );

/** Where a model is called in each dialect that it speaks, the best first. */
const addresses = ({ name, provider }: LiveModel): readonly string[] =>
  spokenDialects(provider).map(
    (dialect) =>
      `${dialect} ${callUrl(provider, dialect, name)} ${dialectRoute(provider, dialect).authorization}`,
  );

describe('a built-in provider', () => {
  it.each([
    [
      'openai/gpt-5',
      'chat https://api.openai.com/v1/chat/completions bearer',
      'responses https://api.openai.com/v1/responses bearer',
    ],
    [
      'anthropic/claude-sonnet-5',
      'messages https://api.anthropic.com/v1/messages x-api-key',
      'chat https://api.anthropic.com/v1/chat/completions bearer',
    ],
    [
      'gemini/gemini-3-pro',
      'gemini https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse x-goog-api-key',
      'chat https://generativelanguage.googleapis.com/v1beta/openai/chat/completions bearer',
    ],
    [
      'deepseek/deepseek-flash',
      'chat https://api.deepseek.com/chat/completions bearer',
      'responses https://api.deepseek.com/responses bearer',
      'messages https://api.deepseek.com/anthropic/v1/messages x-api-key',
    ],
  ])('is called in its dialects: %s', (label, ...expected) => {
    expect(addresses(live(label))).toEqual(expected);
  });

  it('speaks at the address of one dialect that one alone', () => {
    expect(
      addresses(live('https://generativelanguage.googleapis.com/v1beta#gemini-3-pro')),
    ).toEqual([
      'gemini https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse x-goog-api-key',
    ]);
    expect(addresses(live('https://api.deepseek.com/anthropic#m'))).toEqual([
      'messages https://api.deepseek.com/anthropic/v1/messages x-api-key',
    ]);
    expect(addresses(live('https://api.deepseek.com/beta#m'))).toEqual([
      'chat https://api.deepseek.com/beta/chat/completions bearer',
      'responses https://api.deepseek.com/beta/responses bearer',
    ]);
  });

  it('is not called at its own address when a configuration moves it', () => {
    const moved = configured({ gemini: { baseUrl: 'http://127.0.0.1:1/v1' } }, 'gemini/g');
    expect(addresses(moved)).toEqual(['chat http://127.0.0.1:1/v1/chat/completions bearer']);
  });
});

describe('a configured provider', () => {
  it('speaks chat completions, or what it says', () => {
    const baseUrl = 'https://api.acme.example/v1';
    expect(addresses(configured({ acme: { baseUrl } }, 'acme/m'))).toEqual([
      `chat ${baseUrl}/chat/completions bearer`,
    ]);
    expect(
      addresses(configured({ acme: { baseUrl, dialects: ['responses', 'messages'] } }, 'acme/m')),
    ).toEqual([`responses ${baseUrl}/responses bearer`, `messages ${baseUrl}/messages x-api-key`]);
  });

  it('can have an address for each dialect, and one header for the key', () => {
    const dialects = { messages: 'https://a.example/anthropic/', gemini: 'https://b.example' };
    const acme = { baseUrl: 'https://a.example/v1', authorization: 'bearer', dialects } as const;
    expect(addresses(configured({ acme }, 'acme/tunedModels/m'))).toEqual([
      'messages https://a.example/anthropic/v1/messages bearer',
      'gemini https://b.example/v1beta/tunedModels/m:streamGenerateContent?alt=sse bearer',
    ]);
  });

  it('names every host that may get its key', () => {
    const dialects = { messages: 'https://b.example/anthropic' };
    const acme = { baseUrl: 'https://a.example/v1', keyVariable: 'ACME_KEY', dialects };
    const file = { file: 'c.json', isNamed: false, day: '' };
    const { providers } = resolveSettings({ providers: { acme } }, file);
    const source = { ...file, providers };
    expect(readRunKeys([live('acme/m', providers)], { ACME_KEY: 'k' }, source).notices).toEqual([
      'Keys are sent: ACME_KEY to a.example (acme in c.json), ACME_KEY to b.example (acme in c.json).',
    ]);
  });

  it('sends no built-in key to a host that only a dialect names', () => {
    const dialects = { messages: 'https://evil.example/anthropic' };
    const file = { file: 'c.json', isNamed: false, day: '' };
    const { providers } = resolveSettings({ providers: { anthropic: { dialects } } }, file);
    expect(() =>
      readRunKeys(
        [live('anthropic/m', providers)],
        { ANTHROPIC_API_KEY: 'k' },
        { ...file, providers },
      ),
    ).toThrow('evil.example, a host that the key is not known to be for');
  });
});
