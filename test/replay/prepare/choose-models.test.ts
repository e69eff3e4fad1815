import { describe, expect, it } from 'vitest';
import { noSettings } from '../../../source/configuration/read-configuration.ts';
import { chooseModels } from '../../../source/replay/prepare/choose-models.ts';

type Asked = Parameters<typeof chooseModels>[0];
type Context = Parameters<typeof chooseModels>[1];

const choose = (asked: Partial<Asked>, context: Partial<Context> = {}) =>
  chooseModels(
    {
      baseline: 'recorded',
      candidate: ['openai/gpt-4o'],
      budget: 'none',
      batch: false,
      follow: null,
      ...asked,
    },
    {
      settings: noSettings(),
      environment: { OPENAI_API_KEY: 'test-key', DEEPSEEK_API_KEY: 'other-key' },
      at: new Date('2026-11-20T00:00:00Z'),
      isDryRun: false,
      canAsk: false,
      simulated: null,
      ...context,
    },
  );

describe('the models of a run', () => {
  it('are the baseline and the candidates in order, with prices and keys', async () => {
    const candidate = ['openai/gpt-4o', 'deepseek/deepseek-chat', 'http://127.0.0.1:1/v1#m'];
    const { baseline, candidates, keys } = await choose({ candidate });
    expect([baseline.side, baseline.model.label, baseline.price]).toEqual([
      'baseline',
      'recorded',
      null,
    ]);
    expect(candidates.map(({ model, side }) => [side, model.label])).toEqual(
      candidate.map((label) => ['candidate', label]),
    );
    expect(candidates.map(({ price }) => price === null)).toEqual([false, false, true]);
    expect(candidates.map(({ model }) => keys.keyOf(model))).toEqual(['test-key', 'other-key', '']);
  });

  it('need a key and a budget, except for a dry run', async () => {
    const environment = {};
    await expect(choose({}, { environment })).rejects.toThrow('OPENAI_API_KEY');
    await expect(choose({ budget: null })).rejects.toThrow('--budget');
    const { candidates, keys } = await choose({ budget: null }, { environment, isDryRun: true });
    expect(candidates.map(({ model }) => keys.keyOf(model))).toEqual(['']);
  });

  it('need no budget yet if someone can be asked', async () => {
    const { candidates } = await choose({ budget: null }, { canAsk: true });
    expect(candidates).toHaveLength(1);
  });

  it('need a Batch API for a batch replay', async () => {
    const candidate = ['http://127.0.0.1:1/v1#m', 'deepseek/deepseek-chat'];
    await expect(choose({ candidate, batch: true })).rejects.toThrow(
      'The candidate, deepseek/deepseek-chat, belongs to a provider without a Batch API',
    );
  });

  it('are those of the demo if given, regardless of the flags', async () => {
    const { baseline } = await choose({});
    const price = { input: 1, output: 2, cachedInput: null, source: 'test', date: '' };
    const chosen = await choose(
      { baseline: undefined, candidate: [], budget: null },
      {
        simulated: {
          models: { baseline: baseline.model, candidates: [baseline.model] },
          prices: { baseline: null, candidate: price },
        },
      },
    );
    expect([chosen.baseline.price, chosen.candidates[0]?.price]).toEqual([null, price]);
  });
});
