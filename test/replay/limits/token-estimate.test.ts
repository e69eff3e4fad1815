import { describe, expect, it } from 'vitest';
import { TokenEstimate } from '../../../source/replay/limits/token-estimate.ts';

const usage = (input: number, output: number) => ({
  input,
  output,
  cachedInput: null,
  reasoning: null,
});

describe('an estimate of tokens', () => {
  it('starts at a quarter of the bytes plus the output limit, or plus 1,000', () => {
    const estimate = new TokenEstimate();
    expect(estimate.tokens({}, 400)).toBe(1100);
    expect(estimate.tokens({ max_tokens: 50 }, 400)).toBe(150);
    expect(estimate.tokens({ max_tokens: 100_000 }, 400)).toBe(1100);
  });

  it('follows the counts of the provider', () => {
    const estimate = new TokenEstimate();
    for (let call = 0; call < 100; call++) estimate.learn(400, usage(200, 30));
    expect(estimate.tokens({}, 400)).toBeGreaterThan(225);
    expect(estimate.tokens({}, 400)).toBeLessThan(235);
    expect(estimate.tokens({ max_tokens: 10 }, 400)).toBeLessThan(215);
  });

  it('learns nothing from uncounted calls', () => {
    const estimate = new TokenEstimate();
    estimate.learn(400, { ...usage(0, 0), input: null, output: null });
    expect(estimate.tokens({}, 400)).toBe(1100);
  });
});
