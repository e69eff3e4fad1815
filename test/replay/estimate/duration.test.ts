import { describe, expect, it } from 'vitest';
import { expectedDuration } from '../../../source/replay/estimate/duration.ts';
import { noLimits } from '../../../source/configuration/settings.ts';

const lane = (label: string, limits: Partial<typeof noLimits> & object = {}) => ({
  label,
  calls: 100,
  tokens: 50_000,
  limits: { ...noLimits, ...limits },
});

const at = { concurrency: 8, latencyMs: 1000 };

describe('the expected duration', () => {
  it('depends on the concurrency', () => {
    expect(expectedDuration([lane('a'), lane('b')], at)).toEqual({
      ms: 25_000,
      limitedBy: '8 calls in flight',
    });
  });

  it.each([
    [{ concurrency: 2 }, 50_000, '2 calls in flight to b'],
    [{ requestsPerMinute: 60 }, 100_000, '60 requests per minute of b'],
    [{ tokensPerMinute: 10_000 }, 300_000, '10,000 tokens per minute of b'],
    [{ requestsPerMinute: 6000 }, 25_000, '8 calls in flight'],
  ])('is bound by the tightest limit: %j', (limits, ms, limitedBy) => {
    expect(expectedDuration([lane('a'), lane('b', limits)], at)).toEqual({ ms, limitedBy });
  });

  it('is zero when nothing is sent', () => {
    expect(expectedDuration([{ ...lane('a'), calls: 0, tokens: 0 }], at).ms).toBe(0);
  });
});
