import { readFileSync } from 'node:fs';
import { assert, double, nat, option, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Usage } from '../../source/models/answer.ts';
import { catalogue } from '../../source/models/catalogue.ts';
import type { Price } from '../../source/models/model.ts';
import {
  costAtMost,
  costOf,
  costOfAnswer,
  genaiPrices,
  loadPrices,
} from '../../source/models/prices.ts';
import { resolveModel } from '../../source/models/resolve-model.ts';

const at = new Date('2026-11-24T12:00:00Z');
const { priceOf, source } = await loadPrices();
const price = (name: string): unknown => priceOf(resolveModel(name), at);

describe('a price', () => {
  it('is that of genai-prices where it has one, with its version and day', () => {
    expect(price('openai/gpt-4o')).toEqual({
      input: 2.5,
      output: 10,
      cachedInput: 1.25,
      cacheWrite: null,
      hourCacheWrite: null,
      source: 'genai-prices 0.1.8',
      date: '2026-09-23',
      batchShare: 0.5,
    });
    expect(price('deepseek/deepseek-chat')).not.toHaveProperty('batchShare');
    expect(price('https://api.openai.com/v1#gpt-4o')).toEqual(price('openai/gpt-4o'));
    expect(price('moonshot/kimi-k2.5')).toMatchObject({ input: 0.6, output: 3 });
    expect(price('zhipu/glm-5')).toMatchObject({ source: 'genai-prices 0.1.8' });
  });

  it('has the prices of longer prompts beside that of short ones', () => {
    expect(price('gemini/gemini-2.5-pro')).toMatchObject({
      input: 1.25,
      output: 10,
      cachedInput: 0.125,
      tiers: [{ above: 200_000, input: 2.5, output: 15, cachedInput: 0.25 }],
    });
  });

  it('comes from the catalogue for models that only it lists, in any spelling', () => {
    const article = { input: 0.18, output: 0.25, cachedInput: null, date: '2026' };
    expect(price('global-api/deepseek-v4-flash')).toMatchObject(article);
    expect(price('global-api/deepseek-ai/DeepSeek-V4-Flash')).toMatchObject(article);
    expect(priceOf(resolveModel('global-api/gpt-4o'), at)?.source).toBe(catalogue().source);
  });

  it('of what is written to a cache for an hour is that of the list or, for models of Anthropic, twice that of input', async () => {
    const { findProvider } = await import('@pydantic/genai-prices');
    const names = findProvider({ providerId: 'anthropic' })?.models.map(({ id }) => id) ?? [];
    expect(names.length).toBeGreaterThan(10);
    const perHour = (name: string, provider = 'anthropic') => {
      const { input, tiers = [] } = priceOf(resolveModel(`${provider}/${name}`), at) ?? {};
      return [input, ...tiers.map((tier) => tier.input)].map((rate) => 2 * (rate ?? Number.NaN));
    };
    const known = (name: string, provider = 'anthropic') => {
      const { hourCacheWrite, tiers = [] } = priceOf(resolveModel(`${provider}/${name}`), at) ?? {};
      return [hourCacheWrite, ...tiers.map((tier) => tier.hourCacheWrite)];
    };
    for (const name of names) expect([name, known(name)]).toEqual([name, perHour(name)]);
    // The list has no such price for these.
    for (const name of ['anthropic/claude-sonnet-4.5', 'anthropic/claude-opus-4.5']) {
      expect(known(name, 'openrouter')).toEqual(perHour(name, 'openrouter'));
    }
    expect(known('gpt-4o', 'openai')).toEqual([null]);
    const own = async (prices: Partial<Price>) => {
      const rates: Price = { input: 3, output: 15, cachedInput: null, source: 's', date: 'd' };
      const models = new Map([['claude-next', { ...rates, ...prices }]]);
      const book = await loadPrices(new Map([['anthropic', models]]));
      return book.priceOf(resolveModel('anthropic/claude-next'), at)?.hourCacheWrite;
    };
    expect(await own({ cacheWrite: 3.75 })).toBe(6);
    expect(await own({ hourCacheWrite: 5 })).toBe(5);
  });

  it('of a recorded model is its own maker’s', () => {
    expect(price('recorded:gpt-4-0613')).toMatchObject({ input: 30, output: 60 });
    expect(price('recorded:gpt-3.5-turbo-0125')).toMatchObject({ input: 0.5, output: 1.5 });
  });

  it('is null when nothing knows it', () => {
    for (const name of [
      'openai/no-such-model',
      'global-api/no-such-model',
      'global-api/qwen3-coder-30b',
      'ollama/llama3',
      'http://127.0.0.1:8080/v1#gpt-4o',
      'recorded',
      'recorded:no-such-model',
    ]) {
      expect([name, price(name)]).toEqual([name, null]);
    }
  });

  it('names the installed version', () => {
    const manifest = new URL(
      '../../node_modules/@pydantic/genai-prices/package.json',
      import.meta.url,
    );
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    expect(genaiPrices.version).toBe(version);
    expect(source).toContain(`genai-prices ${version} (2026-09-23)`);
  });

  it('is known for every name that the catalogue gives to a provider', () => {
    const named = catalogue().models.flatMap(({ servedBy }) =>
      servedBy.flatMap(({ provider, name }) => (name === null ? [] : [`${provider}/${name}`])),
    );
    expect(named.length).toBeGreaterThan(10);
    for (const name of named) {
      expect([name, priceOf(resolveModel(name), at)?.source]).toEqual([name, 'genai-prices 0.1.8']);
    }
  });
});

describe('a cost', () => {
  const usage = { input: 1_000_000, output: 100_000, cachedInput: null, reasoning: null };
  const perMillion = { input: 2, output: 10, cachedInput: null, source: 's', date: 'd' };

  it('is tokens by price', () => {
    expect(costOf(usage, perMillion)).toBe(3);
    expect(costOf({ ...usage, input: 0, output: 0 }, perMillion)).toBe(0);
  });

  it('prices cached input at its own price, or at the full price when that is not known', () => {
    const cached = { ...usage, cachedInput: 500_000 };
    expect(costOf(cached, { ...perMillion, cachedInput: 0.2 })).toBeCloseTo(2.1, 12);
    expect(costOf(cached, perMillion)).toBe(3);
    const more = { ...usage, cachedInput: 5_000_000 };
    expect(costOf(more, { ...perMillion, cachedInput: 0.2 })).toBeCloseTo(1.2, 12);
  });

  it('prices input written to a cache at its own price, but no more than was not read from one', () => {
    const written = { ...usage, cachedInput: 500_000, cacheWrite: 400_000 };
    const rates = { ...perMillion, cachedInput: 0.2, cacheWrite: 2.5 };
    expect(costOf(written, rates)).toBeCloseTo(0.2 + 0.1 + 1 + 1, 12);
    expect(costOf(written, { ...rates, cacheWrite: null })).toBeCloseTo(0.2 + 0.1 + 0.8 + 1, 12);
    expect(costOf({ ...written, cacheWrite: 5_000_000 }, rates)).toBeCloseTo(0.1 + 1.25 + 1, 12);
  });

  it('prices what is written for an hour at its own price, but no more than was written', () => {
    const used = { ...usage, cacheWrite: 400_000, hourCacheWrite: 300_000 };
    const rates = { ...perMillion, cacheWrite: 2.5, hourCacheWrite: 4 };
    expect(costOf(used, rates)).toBeCloseTo(1.2 + 0.25 + 1.2 + 1, 12);
    expect(costOf(used, { ...rates, hourCacheWrite: null })).toBeCloseTo(1.2 + 1 + 1, 12);
    expect(costOf(used, perMillion)).toBe(3);
    expect(costOf({ ...used, hourCacheWrite: 900_000 }, rates)).toBeCloseTo(1.2 + 1.6 + 1, 12);
    expect(costOf({ ...used, cacheWrite: null }, rates)).toBe(3);
  });

  it('is at most that of a prompt which is written to a cache as a whole, if that costs more', () => {
    expect(costAtMost(usage, { ...perMillion, cacheWrite: 2.5 })).toBeCloseTo(3.5, 12);
    expect(costAtMost(usage, { ...perMillion, cacheWrite: 0.1 })).toBe(3);
    expect(costAtMost(usage, perMillion)).toBe(3);
    expect(costAtMost(usage, null)).toBeNull();
  });

  it('is at most that of a prompt which is written for an hour, if the request asks for that', () => {
    const rates = { ...perMillion, cacheWrite: 2.5, hourCacheWrite: 4 };
    expect(costAtMost(usage, rates)).toBeCloseTo(3.5, 12);
    expect(costAtMost({ ...usage, hourCacheWrite: usage.input }, rates)).toBeCloseTo(5, 12);
    expect(costAtMost({ ...usage, hourCacheWrite: 400_000 }, rates)).toBeCloseTo(4.1, 12);
    expect(costAtMost({ ...usage, hourCacheWrite: 9_000_000 }, rates)).toBeCloseTo(5, 12);
    expect(costAtMost({ ...usage, hourCacheWrite: 400_000 }, perMillion)).toBe(3);
  });

  it('of a call is never more than the most that it can be', () => {
    const tokens = () => nat({ max: 1000 });
    const rate = () => option(double({ min: 0, max: 20, noNaN: true }));
    assert(
      property(
        record({
          input: tokens(),
          output: tokens(),
          read: tokens(),
          written: tokens(),
          hour: tokens(),
        }),
        record({
          input: nat({ max: 9 }),
          cachedInput: rate(),
          cacheWrite: rate(),
          hourCacheWrite: rate(),
        }),
        record({ input: tokens(), output: tokens() }),
        ({ hour, input, output, read, written }, rates, more) => {
          const own: Price = { ...perMillion, ...rates };
          const most: Usage = { ...usage, input: input + more.input, output: output + more.output };
          const used = { ...most, input, output, cachedInput: read, cacheWrite: written };
          const cost = (one: Usage) => costOf(one, own) ?? Number.NaN;
          const atMost = (one: Usage) => costAtMost(one, own) ?? Number.NaN;
          expect(cost(used)).toBeLessThanOrEqual(atMost(most) + 1e-12);
          expect(cost({ ...used, hourCacheWrite: hour })).toBeLessThanOrEqual(
            atMost({ ...most, hourCacheWrite: most.input }) + 1e-12,
          );
        },
      ),
    );
  });

  it('of a prompt written to a cache is as the list computes it, also of a long one', async () => {
    const { calcPrice } = await import('@pydantic/genai-prices');
    const [name, providerId] = ['claude-sonnet-4-5', 'anthropic'];
    const model = resolveModel(`recorded:${name}`);
    for (const input of [8, 199_999, 200_001, 900_000]) {
      const [read, written, hour] = [input >> 1, input >> 2, input >> 3];
      const used = {
        input,
        output: 9,
        cachedInput: read,
        cacheWrite: written,
        hourCacheWrite: hour,
        reasoning: null,
      };
      const reckoned = calcPrice(
        {
          input_tokens: input,
          output_tokens: 9,
          cache_read_tokens: read,
          cache_write_tokens: written,
          cache_write_1h_tokens: hour,
        },
        name,
        { providerId, timestamp: at },
      );
      expect(costOf(used, priceOf(model, at))).toBeCloseTo(reckoned?.total_price ?? Number.NaN, 9);
    }
  });

  it('of a long prompt has its own price, as the list computes it', async () => {
    const { calcPrice } = await import('@pydantic/genai-prices');
    const model = resolveModel('gemini/gemini-2.5-pro');
    for (const input of [1, 199_999, 200_000, 200_001, 900_000]) {
      const used = { input, output: 1000, cachedInput: input >> 1, reasoning: null };
      const reckoned = calcPrice(
        { input_tokens: input, output_tokens: 1000, cache_read_tokens: input >> 1 },
        'gemini-2.5-pro',
        { providerId: 'google', timestamp: at },
      );
      expect(costOf(used, priceOf(model, at))).toBeCloseTo(reckoned?.total_price ?? Number.NaN, 9);
    }
  });

  it('of an answer is what the provider reports in it, else the price of its tokens', () => {
    expect(costOfAnswer({ usage, cost: 0.5 }, perMillion)).toBe(0.5);
    expect(costOfAnswer({ usage: null, cost: 0 }, null)).toBe(0);
    expect(costOfAnswer({ usage, cost: null }, perMillion)).toBe(3);
    expect(costOfAnswer({ usage, cost: null }, null)).toBeNull();
    expect(costOfAnswer(null, perMillion)).toBeNull();
  });

  it('is null when a part of it is not known', () => {
    expect(costOf(null, perMillion)).toBeNull();
    expect(costOf(usage, null)).toBeNull();
    expect(costOf({ ...usage, output: null }, perMillion)).toBeNull();
    expect(costOf({ ...usage, input: null }, perMillion)).toBeNull();
  });
});

describe('a model that no list knows', () => {
  it('is told with the names most like it, where its provider is listed', async () => {
    const { namesLike } = await loadPrices();
    expect(namesLike(resolveModel('openai/gtp-4o'))).toContain('gpt-4o');
    expect(namesLike(resolveModel('openai/gpt-4o'))).toBeNull();
    expect(namesLike(resolveModel('http://127.0.0.1:1/v1#gtp-4o'))).toBeNull();
    expect(namesLike(resolveModel('recorded:gtp-4o'))).toBeNull();
  });
});
