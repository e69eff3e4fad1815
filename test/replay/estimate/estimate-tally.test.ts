import { describe, expect, it } from 'vitest';
import {
  createEstimateTally,
  type CallEstimate,
} from '../../../source/replay/estimate/estimate-tally.ts';
import type { Price } from '../../../source/models/model.ts';

const price: Price = { input: 2, output: 10, cachedInput: 1, source: 'list', date: '2026-11' };

const call = (change: Partial<CallEstimate> = {}): CallEstimate => ({
  input: 100,
  estimated: false,
  attachments: 0,
  recordedOutput: 30,
  mostOutput: 1000,
  ownLimit: true,
  hourInCache: false,
  path: 'native',
  adaptations: [],
  ...change,
});

describe('the tally of a dry run', () => {
  it('adds up tokens and costs', () => {
    const tally = createEstimateTally(price);
    tally.add(call(), 1);
    tally.add(call({ input: 300, recordedOutput: 50, ownLimit: false }), 2);
    expect(tally.result(3)).toEqual({
      calls: 3,
      paths: { native: 3, bridged: 0, lossy: 0 },
      notReplayable: [],
      input: 700,
      estimatedCalls: 0,
      attachments: 0,
      expectedOutput: 130,
      recordedCalls: 3,
      mostOutput: 3000,
      unlimitedCalls: 2,
      expectedCost: (700 * 2 + 130 * 10) / 1e6,
      mostCost: (700 * 2 + 3000 * 10) / 1e6,
      adaptations: [],
    });
  });

  it('uses the mean of the recorded answers for calls without one', () => {
    const tally = createEstimateTally(price);
    tally.add(call({ recordedOutput: 20 }), 1);
    tally.add(call({ recordedOutput: 40 }), 1);
    tally.add(call({ recordedOutput: null, input: 500 }), 2);
    const { expectedCost, ...result } = tally.result(4);
    expect(result).toMatchObject({ expectedOutput: 120, recordedCalls: 2 });
    expect(expectedCost).toBeCloseTo((1200 * 2 + 120 * 10) / 1e6, 12);
  });

  it('expects the price of now, and at most the highest rates of the next 24 hours', () => {
    const peak = { ...price, input: 4, output: 20 };
    const isPeak = (moment: Date): boolean => moment.getUTCHours() === 1;
    const tally = createEstimateTally({
      ...price,
      varies: true,
      moment: '2026-11-30T05:00:00Z',
      at: (moment) => (isPeak(moment) ? peak : price),
    });
    tally.add(call(), 1);
    expect(tally.result(1)).toMatchObject({
      expectedCost: (100 * 2 + 30 * 10) / 1e6,
      mostCost: (100 * 4 + 1000 * 20) / 1e6,
    });
  });

  it('gives no estimate without recorded answers or without a price', () => {
    const tally = createEstimateTally(price);
    tally.add(call({ recordedOutput: null }), 1);
    expect(tally.result(1)).toMatchObject({ expectedOutput: null, expectedCost: null });
    expect(tally.result(1).mostCost).toBeCloseTo((100 * 2 + 1000 * 10) / 1e6, 12);
    const free = createEstimateTally(null);
    free.add(call(), 1);
    expect(free.result(1)).toMatchObject({ expectedCost: null, mostCost: null, input: 100 });
  });

  it('expects no more output than the request allows', () => {
    const tally = createEstimateTally(price);
    tally.add(call({ recordedOutput: 5000 }), 1);
    expect(tally.result(1).expectedOutput).toBe(1000);
  });

  it('prices long prompts per call', () => {
    const long = { above: 200, input: 4, output: 20, cachedInput: null };
    const tally = createEstimateTally({ ...price, tiers: [long] });
    tally.add(call({ input: 100 }), 1);
    tally.add(call({ input: 300, recordedOutput: null }), 1);
    const { expectedCost, mostCost } = tally.result(2);
    expect(expectedCost).toBeCloseTo((100 * 2 + 30 * 10 + 300 * 4 + 30 * 20) / 1e6, 12);
    expect(mostCost).toBeCloseTo((100 * 2 + 1000 * 10 + 300 * 4 + 1000 * 20) / 1e6, 12);
  });

  it('takes the whole input as written for an hour where the request asks for that', () => {
    const tally = createEstimateTally({ ...price, cacheWrite: 2.5, hourCacheWrite: 4 });
    tally.add(call(), 1);
    tally.add(call({ hourInCache: true }), 1);
    const { expectedCost, mostCost } = tally.result(2);
    expect(expectedCost).toBeCloseTo((200 * 2 + 60 * 10) / 1e6, 12);
    expect(mostCost).toBeCloseTo((100 * 2.5 + 100 * 4 + 2000 * 10) / 1e6, 12);
  });

  it('extrapolates from a sample to all calls', () => {
    const tally = createEstimateTally(price);
    tally.add(call({ attachments: 1, estimated: true }), 2);
    expect(tally.result(1000)).toMatchObject({
      calls: 1000,
      input: 100_000,
      attachments: 1000,
      estimatedCalls: 1000,
      expectedOutput: 30_000,
    });
    expect(createEstimateTally(price).result(0)).toMatchObject({ calls: 0, input: 0, mostCost: 0 });
  });

  it('counts adaptations by parameter and reason, most frequent first', () => {
    const user = { parameter: 'user', action: 'removed', reason: 'not the user' } as const;
    const model = { parameter: 'model', action: 'changed', reason: 'this side' } as const;
    const tally = createEstimateTally(price);
    tally.add(call({ adaptations: [{ ...user, from: 'x' }] }), 1);
    tally.add(call({ adaptations: [model, { ...user, from: 'y' }] }), 2);
    expect(tally.result(3).adaptations).toEqual([
      { ...user, calls: 3 },
      { ...model, calls: 2 },
    ]);
  });
});
