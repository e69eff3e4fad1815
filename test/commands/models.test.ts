import { describe, expect, it } from 'vitest';
import { modelsText } from '../../source/commands/models.ts';
import { builtInProviders } from '../../source/models/providers.ts';

const output = (options: Partial<Parameters<typeof modelsText>[0]>): string =>
  modelsText({ format: 'text', environment: {}, providers: builtInProviders(), ...options });

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
  const text = output({ baseline: 'deepseek-v4-flash' });

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
    const column = table(output({ baseline: 'gpt-4o' }), priceHead).map((row) => row[4]);
    expect(column).toEqual(['0.025×', '0.028×', '0.06×', '0.3×', '0.19×', '0.5×', '1×', '1.5×']);
    for (const name of ['GPT-4o', 'openai/gpt-4o', 'global-api/gpt-4o', ' gpt-4o ']) {
      expect(output({ baseline: name })).toBe(output({ baseline: 'gpt-4o' }));
    }
    const coder = table(output({ baseline: 'deepseek-coder' }), priceHead);
    expect(coder[7]?.[4]).toBe('60×');
  });

  it('is refused with the nearest names if it is unknown', () => {
    expect(() => output({ baseline: 'deepsek-v4' })).toThrow(
      'The catalogue has no model "deepsek-v4". Did you mean deepseek-v4-flash or deepseek-coder?',
    );
    expect(() => output({ baseline: 'zzz' })).toThrow(/It has deepseek-v4-flash, qwen3-32b, /);
    expect(() => output({ baseline: 'a\u001bb' })).toThrow('a␛b');
  });
});

describe('understudy models', () => {
  const text = output({ environment: { DEEPSEEK_API_KEY: 'sk-secret-value' } });

  it('prints every model and who serves it', () => {
    const rows = table(text, 'model|origin|input|output|served by');
    expect(rows).toHaveLength(11);
    expect(rows[0]).toEqual([
      'deepseek-v4-flash',
      'CN',
      '0.18',
      '0.25',
      'deepseek/deepseek-v4-flash, openrouter/deepseek/deepseek-v4-flash, global-api/…',
    ]);
    expect(rows[9]?.slice(0, 4)).toEqual(['qwen3-coder-30b', 'CN', '—', '0.35']);
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
    const document = JSON.parse(
      output({ baseline: 'deepseek-v4-flash', format: 'json' }),
    ) as unknown;
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
    expect(JSON.stringify(catalogue)).not.toContain('sk-1');
  });
});
