import { describe, expect, it } from 'vitest';
import { simulatedPace } from '../../source/demo/simulated-pace.ts';

const paces = (seed: number, model: 'incumbent' | 'newcomer') =>
  Array.from({ length: 501 }, (_, index) => simulatedPace(seed, model, String(index)));

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

describe('simulatedPace', () => {
  it('is the same for the same seed, model and key, in any order', () => {
    expect(paces(7, 'incumbent')).toEqual(paces(7, 'incumbent').toReversed().toReversed());
    expect(simulatedPace(7, 'incumbent', '3')).toEqual(paces(7, 'incumbent')[3]);
  });

  it('differs by seed, by model and by key', () => {
    const first = simulatedPace(1, 'incumbent', 'a');
    expect(simulatedPace(2, 'incumbent', 'a')).not.toEqual(first);
    expect(simulatedPace(1, 'newcomer', 'a')).not.toEqual(first);
    expect(simulatedPace(1, 'incumbent', 'b')).not.toEqual(first);
  });

  it('varies around the medians of each model', () => {
    const incumbent = median(paces(1, 'incumbent').map(({ firstTokenMs }) => firstTokenMs));
    const newcomer = median(paces(1, 'newcomer').map(({ firstTokenMs }) => firstTokenMs));
    expect(incumbent).toBeGreaterThan(600);
    expect(incumbent).toBeLessThan(800);
    expect(newcomer).toBeGreaterThan(300);
    expect(newcomer).toBeLessThan(400);
    for (const pace of paces(1, 'newcomer')) expect(pace.tokensPerSecond).toBeGreaterThan(0);
  });
});
