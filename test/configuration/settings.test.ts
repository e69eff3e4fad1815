import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../source/configuration/configuration-schema.ts';
import { resolveSettings, type Settings } from '../../source/configuration/settings.ts';
import { loadPrices } from '../../source/models/prices.ts';
import { builtInProviders } from '../../source/models/providers.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';

const settings = (configuration: Configuration): Settings =>
  resolveSettings(configuration, {
    file: 'understudy.config.json',
    isNamed: false,
    day: '2026-11-24',
  });

const configuredProvider = (configuration: Configuration, id: string): unknown =>
  settings(configuration).providers.find((provider) => provider.id === id);

describe('a configured provider', () => {
  it('can be any server, and is named like a built-in one', () => {
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
        dialects: { chat: {} },
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

  it('can change a built-in one and keeps its other settings', () => {
    const openai = builtInProviders().find(({ id }) => id === 'openai');
    const { name: _, ...plain } = openai ?? { name: '' };
    expect(
      configuredProvider({ providers: { openai: { headers: { 'x-a': 'b' } } } }, 'openai'),
    ).toEqual({
      ...openai,
      headers: { 'x-a': 'b' },
    });
    expect(
      configuredProvider({ providers: { openai: { baseUrl: 'https://eu.example/v1' } } }, 'openai'),
    ).toEqual({
      ...plain,
      baseUrl: 'https://eu.example/v1',
      keyVariables: ['UNDERSTUDY_API_KEY'],
      keyRequired: false,
    });
  });

  it('at the address of a built-in one has its rules and its key', () => {
    const same = { providers: { mine: { baseUrl: 'https://api.deepseek.com/beta' } } };
    expect(configuredProvider(same, 'mine')).toMatchObject({
      keyVariables: ['DEEPSEEK_API_KEY'],
      quirks: 'deepseek',
      pricesId: 'deepseek',
    });
  });

  it('can be Azure, once its address is known', () => {
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

  it('needs an address, and quirks that exist', () => {
    expect(() => settings({ providers: { acme: {} } })).toThrow('providers.acme has no baseUrl');
    expect(() =>
      settings({ providers: { acme: { baseUrl: 'https://x.example', quirks: 'none' } } }),
    ).toThrow('providers.acme.quirks is "none", which is none of openai, ');
  });
});

describe('configured prices', () => {
  it('override the lists, and name the file and its day', async () => {
    const { providers, prices } = settings({
      providers: {
        openai: {
          prices: {
            'gpt-4o': { input: 1, output: 2, cachedInput: 0.1, cacheWrite: 1.5, hourCacheWrite: 3 },
          },
        },
      },
    });
    const { priceOf } = await loadPrices(prices);
    const at = new Date('2026-11-24T12:00:00Z');
    expect(priceOf(resolveModel('openai/gpt-4o', providers), at)).toEqual({
      input: 1,
      output: 2,
      cachedInput: 0.1,
      cacheWrite: 1.5,
      hourCacheWrite: 3,
      source: 'understudy.config.json',
      date: '2026-11-24',
      batchShare: 0.5,
    });
    expect(priceOf(resolveModel('openai/gpt-4', providers), at)?.source).toMatch(/^genai-prices/);
  });
});

describe('configured limits', () => {
  it('are those of the model, else those of its provider', () => {
    const { modelLimits } = settings({
      limits: {
        openai: { concurrency: 8, requestsPerMinute: 60 },
        'openai/gpt-4o': { concurrency: 2, tokensPerMinute: 1000 },
      },
    });
    expect(modelLimits(resolveModel('openai/gpt-4o'))).toEqual({
      concurrency: 2,
      requestsPerMinute: 60,
      tokensPerMinute: 1000,
    });
    expect(modelLimits(resolveModel('openai/gpt-5'))).toEqual({
      concurrency: 8,
      requestsPerMinute: 60,
      tokensPerMinute: null,
    });
    const none = { concurrency: null, requestsPerMinute: null, tokensPerMinute: null };
    expect(modelLimits(resolveModel('deepseek/x'))).toEqual(none);
    expect(modelLimits(resolveModel('recorded'))).toEqual(none);
  });
});
