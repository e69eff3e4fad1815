import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../source/configuration/configuration.ts';
import { settingsOf, type Settings } from '../../source/configuration/settings.ts';
import { loadPrices } from '../../source/models/prices.ts';
import { builtInProviders } from '../../source/models/providers.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';

const settings = (configuration: Configuration): Settings =>
  settingsOf(configuration, { file: 'understudy.config.json', isNamed: false, day: '2026-11-24' });

const providerOf = (configuration: Configuration, id: string): unknown =>
  settings(configuration).providers.find((provider) => provider.id === id);

describe('a configured provider', () => {
  it('is any server, named as the built-in ones are', () => {
    const { providers } = settings({
      providers: {
        acme: {
          baseUrl: 'https://api.acme.example/v1/',
          keyVariable: 'ACME_API_KEY',
          headers: { 'X-Team': 'support' },
          streamOptions: false,
        },
      },
    });
    expect(providers).toHaveLength(builtInProviders().length + 1);
    expect(resolveModel('acme/large-2', providers)).toEqual({
      kind: 'live',
      label: 'acme/large-2',
      name: 'large-2',
      provider: {
        id: 'acme',
        baseUrl: 'https://api.acme.example/v1',
        keyVariables: ['ACME_API_KEY'],
        keyRequired: true,
        streamOptions: false,
        pricesId: null,
        headers: { 'x-team': 'support' },
        authorization: 'bearer',
        quirks: 'openai-compatible',
        loadsOnFirstCall: false,
        batch: false,
      },
    });
    expect(() => resolveModel('acme/large-2')).toThrow('There is no provider "acme"');
  });

  it('changes a built-in one, which stays what it is in all else', () => {
    const openai = builtInProviders().find(({ id }) => id === 'openai');
    const { name: _, ...plain } = openai ?? { name: '' };
    expect(providerOf({ providers: { openai: { headers: { 'x-a': 'b' } } } }, 'openai')).toEqual({
      ...openai,
      headers: { 'x-a': 'b' },
    });
    expect(
      providerOf({ providers: { openai: { baseUrl: 'https://eu.example/v1' } } }, 'openai'),
    ).toEqual({
      ...plain,
      baseUrl: 'https://eu.example/v1',
      keyVariables: ['UNDERSTUDY_API_KEY'],
      keyRequired: false,
    });
  });

  it('at the address of a built-in one takes its rules and its key', () => {
    const same = { providers: { mine: { baseUrl: 'https://api.deepseek.com/beta' } } };
    expect(providerOf(same, 'mine')).toMatchObject({
      keyVariables: ['DEEPSEEK_API_KEY'],
      quirks: 'deepseek',
      pricesId: 'deepseek',
    });
  });

  it('may be Azure, once its address is known', () => {
    expect(() => settings({ providers: { azure: { keyVariable: 'A' } } })).toThrow(
      'providers.azure has no baseUrl',
    );
    const { providers } = settings({
      providers: { azure: { baseUrl: 'https://acme.openai.azure.com/openai/v1' } },
    });
    expect(resolveModel('azure/chat', providers)).toMatchObject({
      label: 'azure/chat',
      provider: {
        id: 'azure',
        keyVariables: ['AZURE_OPENAI_API_KEY'],
        authorization: 'api-key',
        quirks: 'azure',
      },
    });
    expect(() => resolveModel('azure/chat')).toThrow(
      'https://NAME.openai.azure.com/openai/v1#chat',
    );
  });

  it('needs an address, and rules that there are', () => {
    expect(() => settings({ providers: { acme: {} } })).toThrow('providers.acme has no baseUrl');
    expect(() =>
      settings({ providers: { acme: { baseUrl: 'https://x.example', quirks: 'none' } } }),
    ).toThrow('providers.acme.quirks is "none", and there are only openai, ');
  });
});

describe('configured prices', () => {
  it('go before the lists, with the file and its day', async () => {
    const { providers, prices } = settings({
      providers: { openai: { prices: { 'gpt-4o': { input: 1, output: 2, cachedInput: 0.1 } } } },
    });
    const { priceOf } = await loadPrices(prices);
    const at = new Date('2026-11-24T12:00:00Z');
    expect(priceOf(resolveModel('openai/gpt-4o', providers), at)).toEqual({
      input: 1,
      output: 2,
      cachedInput: 0.1,
      source: 'understudy.config.json',
      date: '2026-11-24',
      batchShare: 0.5,
    });
    expect(priceOf(resolveModel('openai/gpt-4', providers), at)?.source).toMatch(/^genai-prices/);
  });
});

describe('configured limits', () => {
  it('are those of the provider, each replaced by that of the model', () => {
    const { limitsOf } = settings({
      limits: {
        openai: { concurrency: 8, requestsPerMinute: 60 },
        'openai/gpt-4o': { concurrency: 2, tokensPerMinute: 1000 },
      },
    });
    expect(limitsOf(resolveModel('openai/gpt-4o'))).toEqual({
      concurrency: 2,
      requestsPerMinute: 60,
      tokensPerMinute: 1000,
    });
    expect(limitsOf(resolveModel('openai/gpt-5'))).toEqual({
      concurrency: 8,
      requestsPerMinute: 60,
      tokensPerMinute: null,
    });
    const none = { concurrency: null, requestsPerMinute: null, tokensPerMinute: null };
    expect(limitsOf(resolveModel('deepseek/x'))).toEqual(none);
    expect(limitsOf(resolveModel('recorded'))).toEqual(none);
  });
});
