import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { encodingOf, loadTokenizer } from '../../../source/models/tokens/tokenizer.ts';

describe('a tokenizer', () => {
  // The counts are those of OpenAI's tiktoken.
  it.each([
    ['', 0],
    ['hello world', 2],
    ['antidisestablishmentarianism', 6],
    ['お誕生日おめでとう', 8],
  ])('counts %j', async (text, tokens) => {
    expect((await loadTokenizer('o200k_base'))(text)).toBe(tokens);
  });

  it('counts control tokens as text', async () => {
    const count = await loadTokenizer('cl100k_base');
    expect(count('<|endoftext|>')).toBeGreaterThan(1);
    expect(count('<|im_start|>')).toBeGreaterThan(1);
  });

  it('counts exactly where no run is long', async () => {
    const count = await loadTokenizer('o200k_base');
    const text = 'The card, which was lost on 12 May, has not arrived; 我的卡还没有到。\n'.repeat(
      50,
    );
    expect(count(text)).toBe(countTokens(text));
  });

  it.each([
    ['letters', 'a'.repeat(1700)],
    ['Chinese', '我的卡还没有到请帮我查询一下'.repeat(120)],
    ['spaces', `x${' '.repeat(1700)}y`],
    ['signs', '=+'.repeat(850)],
    ['characters of two halves', '😀'.repeat(800)],
  ])('counts long runs of %s in pieces, at most a token more for each', async (_, text) => {
    const whole = countTokens(text);
    const found = (await loadTokenizer('o200k_base'))(text);
    expect(Math.abs(found - whole)).toBeLessThanOrEqual(2 * Math.ceil(text.length / 500));
  });
});

describe('the encoding of a model', () => {
  it.each([
    ['gpt-4o', 'o200k_base', true],
    ['gpt-4o-mini-2024-07-18', 'o200k_base', true],
    ['openai/gpt-4.1-mini', 'o200k_base', true],
    ['gpt-5.1', 'o200k_base', true],
    ['o3-mini', 'o200k_base', true],
    ['ft:gpt-4o:acme', 'o200k_base', true],
    ['gpt-4', 'cl100k_base', true],
    ['gpt-4-turbo', 'cl100k_base', true],
    ['gpt-3.5-turbo-0125', 'cl100k_base', true],
    ['gpt-35-turbo', 'cl100k_base', true],
    ['openai/gpt-oss-120b', 'o200k_base', false],
    ['deepseek-v4-flash', 'o200k_base', false],
    ['claude-sonnet-4', 'o200k_base', false],
    ['olmo-2', 'o200k_base', false],
  ] as const)('%s', (name, encoding, own) => {
    expect(encodingOf(name)).toEqual({ encoding, own });
  });
});
