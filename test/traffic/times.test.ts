import { describe, expect, it } from 'vitest';
import { readTimestamp } from '../../source/traffic/times.ts';

describe('readTimestamp', () => {
  it.each([
    ['2026-11-20T08:15:00.123Z', '2026-11-20T08:15:00.123Z'],
    ['2026-11-20T09:15:00+01:00', '2026-11-20T08:15:00.000Z'],
    ['2026-11-20T08:15:00', '2026-11-20T08:15:00.000Z'],
    ['2026-11-20 08:15:00', '2026-11-20T08:15:00.000Z'],
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    [1_790_000_000, '2026-09-21T14:13:20.000Z'],
    [1_790_000_000.5, '2026-09-21T14:13:20.500Z'],
    [1_790_000_000_123, '2026-09-21T14:13:20.123Z'],
  ])('reads %j', (value, expected) => {
    expect(readTimestamp(value)).toBe(expected);
  });

  it.each([
    null,
    undefined,
    '',
    'yesterday',
    '11/20/2026',
    '2026-13-40T00:00:00Z',
    1e300,
    {},
    true,
  ])('does not read %j', (value) => {
    expect(readTimestamp(value)).toBeNull();
  });
});
