import { describe, expect, it } from 'vitest';
import { batchPriceFactor, batchProfileOf } from '../../../source/models/batch/batch-profile.ts';
import { builtInProviders } from '../../../source/models/providers.ts';
import { resolveModel } from '../../../source/models/resolve-model.ts';

const providerOf = (name: string) => {
  const model = resolveModel(name);
  if (model.kind !== 'live') throw new Error('It is recorded.');
  return model.provider;
};

describe('the profile of a Batch API', () => {
  it('has OpenAI\u2019s documented limits: 50,000 lines, 200 MB, half the price', () => {
    expect(batchProfileOf(providerOf('openai/gpt-4o'))).toMatchObject({
      dialect: 'openai',
      maximumLines: 50_000,
      maximumBytes: 200_000_000,
      priceFactor: 0.5,
    });
  });

  it('exists for every built-in provider with batches, and for no other', () => {
    for (const provider of builtInProviders()) {
      expect([provider.id, batchProfileOf(provider) !== null]).toEqual([
        provider.id,
        provider.batch,
      ]);
    }
  });

  it('is found by the host of Azure and at other paths of a known provider', () => {
    const azure = providerOf('https://acme.openai.azure.com/openai/v1#gpt-4o');
    expect(batchProfileOf(azure)).toMatchObject({ id: 'azure', endpoint: '/chat/completions' });
    expect(batchProfileOf(providerOf('https://api.openai.com/v2#gpt-4o'))?.id).toBe('openai');
  });

  it('is OpenAI\u2019s at the full price for an unknown server', () => {
    const bare = providerOf('http://127.0.0.1:9/v1#model');
    expect(batchProfileOf(bare)).toMatchObject({ dialect: 'openai', priceFactor: 1 });
    expect(batchPriceFactor(bare)).toBe(1);
    expect(batchProfileOf(providerOf('deepseek/deepseek-chat'))).toBeNull();
  });

  it('is Gemini\u2019s own, whose files use another API', () => {
    expect(batchProfileOf(providerOf('gemini/gemini-2.5-pro'))).toMatchObject({
      dialect: 'gemini',
      maximumBytes: 2_000_000_000,
      priceFactor: 0.5,
    });
  });

  it('names the source of its figures, and those that the source lacks', () => {
    const azure = batchProfileOf(providerOf('https://acme.openai.azure.com/openai/v1#gpt-4o'));
    expect(azure).toMatchObject({ date: '2026-11', unverified: {} });
    expect(azure?.source).toContain('https://learn.microsoft.com/');
    for (const provider of builtInProviders()) {
      const profile = batchProfileOf(provider);
      if (profile === null) continue;
      expect(profile.source).toMatch(/^https:/);
      for (const figure of Object.keys(profile.unverified)) {
        expect(Object.hasOwn(profile, figure)).toBe(true);
      }
    }
  });
});
