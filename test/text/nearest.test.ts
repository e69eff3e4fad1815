import { describe, expect, it } from 'vitest';
import { nearest } from '../../source/text/nearest.ts';

const names = ['deepseek-v4-flash', 'qwen3-32b', 'gpt-4o', 'gpt-4o-mini', 'openai', 'zai'];

describe('the nearest names', () => {
  it('are those with the fewest edits, the nearest first', () => {
    expect(nearest('gpt-4o-mni', names)[0]).toBe('gpt-4o-mini');
    expect(nearest('OPENIA', names)).toEqual(['openai']);
    expect(nearest('deepsek-v4', names)).toEqual(['deepseek-v4-flash']);
    expect(nearest('flash', names)).toEqual(['deepseek-v4-flash']);
  });

  it('are none when nothing is near', () => {
    expect(nearest('mistral', names)).toEqual([]);
    expect(nearest('', names)).toEqual([]);
    expect(nearest('x'.repeat(100_000), names)).toEqual([]);
  });
});
