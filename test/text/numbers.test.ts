import { describe, expect, it } from 'vitest';
import {
  costComparison,
  dollars,
  duration,
  percent,
  speedComparison,
} from '../../source/text/numbers.ts';

describe('a duration', () => {
  it.each([
    [null, '—'],
    [0, '0 ms'],
    [240.4, '240 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [1234, '1.2 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [119_600, '2 min 0 s'],
    [125_000, '2 min 5 s'],
    [7_199_000, '119 min 59 s'],
    [7_500_000, '2 h 5 min'],
    [172_800_000, '2 d 0 h'],
    [365 * 86_400_000, '365 d 0 h'],
    [366 * 86_400_000, '> 1 year'],
    [1e308, '> 1 year'],
  ])('%s ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
});

describe('an amount', () => {
  it.each([
    [null, '—'],
    [0, '$0'],
    [12.4, '$12.40'],
    [0.31, '$0.31'],
    [0.00141, '$0.00141'],
    [0.00008, '$0.00008'],
  ])('%s is %s', (amount, text) => expect(dollars(amount)).toBe(text));
});

describe('a share', () => {
  it('has one decimal, and is unknown rather than zero', () => {
    expect(percent(0.92683)).toBe('92.7 %');
    expect(percent(null)).toBe('—');
  });
});

describe('a comparison', () => {
  it('says which way and by how much, or nothing when a side is not known', () => {
    expect(costComparison(0.00141, 0.00008)).toBe('18× cheaper');
    expect(costComparison(1, 1.3)).toBe('1.3× dearer');
    expect(costComparison(1, 1)).toBe('same cost');
    expect(costComparison(null, 1)).toBeNull();
    expect(costComparison(0, 1)).toBeNull();
    expect(speedComparison(812, 640)).toBe('21 % faster');
    expect(speedComparison(100, 320)).toBe('3.2× slower');
    expect(speedComparison(100, 100.2)).toBe('same speed');
    expect(speedComparison(100, null)).toBeNull();
  });
});
