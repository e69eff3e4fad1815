import { describe, expect, it } from 'vitest';
import {
  catalogueText,
  publishedText,
  type CatalogueOptions,
} from '../../source/commands/models.ts';
import { requirePricedModel } from '../../source/models/catalogue.ts';
import { loadPrices } from '../../source/models/prices.ts';
import { builtInProviders } from '../../source/models/providers.ts';

const book = await loadPrices();

const output = (options: Partial<CatalogueOptions>): string =>
  catalogueText({
    format: 'text',
    environment: {},
    providers: builtInProviders(),
    book,
    now: new Date('2026-11-30T05:37:00Z'),
    ...options,
  });

const published = (baseline: string, format: 'text' | 'json' = 'text'): string =>
  publishedText(requirePricedModel(baseline), format);

/** The cells of a table, so that a test does not depend on the width of its columns. */
const table = (text: string, head: string): readonly (readonly string[])[] => {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.split(/ {2,}/).join('|') === head);
  if (start === -1) throw new Error(`no table ${head}`);
  const end = lines.findIndex((line, index) => index > start && line === '');
  return lines.slice(start + 1, end).map((line) => line.split(/ {2,}/));
};

const priceHead = 'model|origin|input|output|output multiplier';

describe('understudy models --baseline deepseek-v4-flash', () => {
  const text = published('deepseek-v4-flash');

  it('prints the published prices with their multipliers', () => {
    expect(table(text, priceHead)).toEqual([
      ['DeepSeek V4 Flash', 'CN', '0.18', '0.25', '1×'],
      ['Qwen3-32B', 'CN', '0.18', '0.28', '1.1×'],
      ['GPT-4o-mini', 'US', '0.15', '0.60', '2.4×'],
      ['Kimi K2.5', 'CN', '0.59', '3.00', '12×'],
      ['GLM-5', 'CN', '0.73', '1.92', '7.7×'],
      ['Gemini 1.5 Pro', 'US', '1.25', '5.00', '20×'],
      ['GPT-4o', 'US', '2.50', '10.00', '40×'],
      ['Claude 3.5 Sonnet', 'US', '3.00', '15.00', '60×'],
    ]);
    expect(text).toContain(
      'Output prices that appear only beside the scores: Qwen3.5-397B 2.34, Qwen3-Coder-30B 0.35, DeepSeek Coder 0.25.',
    );
  });

  it('prints the three tables of scores', () => {
    expect(table(text, 'model|MMLU-style')).toEqual([
      ['Claude 3.5 Sonnet', '89.0'],
      ['GPT-4o', '88.7'],
      ['Qwen3.5-397B', '87.5'],
      ['Kimi K2.5', '87.0'],
      ['GLM-5', '86.0'],
      ['DeepSeek V4 Flash', '85.5'],
    ]);
    expect(table(text, 'model|HumanEval')).toEqual([
      ['Claude 3.5 Sonnet', '93.0'],
      ['GPT-4o', '92.5'],
      ['DeepSeek V4 Flash', '92.0'],
      ['Qwen3-Coder-30B', '91.5'],
      ['DeepSeek Coder', '91.0'],
    ]);
    expect(table(text, 'model|C-Eval')).toEqual([
      ['GPT-4o', '88.5'],
      ['Kimi K2.5', '90.5'],
      ['GLM-5', '91.0'],
      ['DeepSeek V4 Flash', '88.0'],
      ['Qwen3-32B', '89.0'],
    ]);
  });

  it('names the source and says that nothing was measured', () => {
    expect(text).toContain('Why I Migrated From GPT-4o to DeepSeek');
    expect(text).toContain('Published figures, not measured on your traffic.');
  });

  it('aligns figures to the right, without a space at the end of a line', () => {
    expect(text).toContain('GPT-4o             US       2.50   10.00                40×\n');
    expect(text).not.toMatch(/ \n/);
  });
});

describe('another baseline', () => {
  it('has its own multipliers, however it is spelled', () => {
    const column = table(published('gpt-4o'), priceHead).map((row) => row[4]);
    expect(column).toEqual(['0.025×', '0.028×', '0.06×', '0.3×', '0.19×', '0.5×', '1×', '1.5×']);
    for (const name of ['GPT-4o', 'openai/gpt-4o', 'global-api/gpt-4o', ' gpt-4o ']) {
      expect(published(name)).toBe(published('gpt-4o'));
    }
    const coder = table(published('deepseek-coder'), priceHead);
    expect(coder[7]?.[4]).toBe('60×');
  });

  it('is refused with the nearest names if it is unknown', () => {
    expect(() => published('deepsek-v4')).toThrow(
      'The catalogue has no model "deepsek-v4". Did you mean deepseek-v4-flash or deepseek-coder?',
    );
    expect(() => published('zzz')).toThrow(/It has deepseek-v4-flash, qwen3-32b, /);
    expect(() => published('a\u001bb')).toThrow('a␛b');
  });
});

describe('understudy models', () => {
  const text = output({ environment: { DEEPSEEK_API_KEY: 'sk-secret-value' } });

  it('prints every model with the price that a call of now has at each provider', () => {
    const rows = table(text, 'model|origin|input|output|served by');
    expect(rows.slice(0, 2)).toEqual([
      ['deepseek-v4-flash', 'CN', '0.22', '0.66', 'deepseek/deepseek-v4-flash'],
      ['', '0.10', '0.20', 'openrouter/deepseek/deepseek-v4-flash'],
    ]);
    expect(rows.filter(([id]) => id !== '')).toHaveLength(11);
    expect(text).toContain('Models, USD per million tokens at 2026-11-30 05:37 UTC\n');
  });

  it('lists no name that cannot be typed, and says which provider has its own', () => {
    const rows = table(text, 'model|origin|input|output|served by');
    for (const row of rows) expect(row.at(-1)).toMatch(/^(?:[\w.-]+\/[\w./-]+|—)$/);
    expect(rows.at(-1)).toEqual(['deepseek-coder', 'CN', '—', '—', '—']);
    expect(text).toContain(
      '\nglobal-api serves all of them too, under names that only its own list has: https://global-apis.com/v1/models\n',
    );
  });

  it('names the hours with another price, until the one of now holds again', () => {
    const other =
      'deepseek/deepseek-v4-flash, 06:00–10:00 UTC and 01:00–04:00 UTC: 0.44 in, 1.32 out';
    expect(text).toContain(`\n${other}\n`);
    const atPeak = output({ now: new Date('2026-11-30T02:00:00Z') });
    expect(table(atPeak, 'model|origin|input|output|served by')[0]?.[2]).toBe('0.44');
    expect(atPeak).toContain(
      'deepseek/deepseek-v4-flash, 04:00–06:00 UTC and 10:00–01:00 UTC: 0.22 in, 0.66 out\n',
    );
  });

  it('names the day from which a price is another one', () => {
    const before = output({ now: new Date('2026-08-16T12:00:00Z') });
    expect(before).toContain('from 2026-08-17 10:00 UTC: 0.22 in, 0.66 out');
  });

  it('says of every provider whether its key is set, and shows no key', () => {
    const rows = table(text, 'provider|key|variable|base URL');
    const states = Object.fromEntries(rows.map(([id, state]) => [id, state]));
    expect(states).toMatchObject({ deepseek: 'set', openai: 'not set', ollama: 'not needed' });
    expect(text).not.toContain('sk-secret-value');
  });
});

describe('--json', () => {
  it('prints one document with the same figures', () => {
    const document = JSON.parse(published('deepseek-v4-flash', 'json')) as unknown;
    expect(document).toMatchObject({
      schema: 'understudy.published/1',
      date: '2026',
      currency: 'USD',
      baseline: 'deepseek-v4-flash',
    });
    expect(document).toHaveProperty('prices.6', {
      id: 'gpt-4o',
      model: 'GPT-4o',
      origin: 'US',
      input: 2.5,
      output: 10,
      multiplier: 40,
    });
    expect(document).toHaveProperty('scores.cEval.2', { id: 'glm-5', model: 'GLM-5', score: 91 });
    const catalogue = JSON.parse(
      output({ format: 'json', environment: { OPENAI_API_KEY: 'sk-1' } }),
    ) as unknown;
    expect(catalogue).toHaveProperty('providers.0.key', 'set');
    expect(catalogue).toHaveProperty('models.0.servedBy.0.price.input', 0.22);
    expect(catalogue).toHaveProperty('models.0.servedBy.0.changes.0.spans.0', {
      from: '2026-11-30T06:00:00.000Z',
      to: '2026-11-30T10:00:00.000Z',
    });
    expect(JSON.stringify(catalogue)).not.toContain('sk-1');
  });
});
