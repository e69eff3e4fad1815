import { describe, expect, it } from 'vitest';
import { trafficOptionsOf } from '../../source/commands/traffic-flags.ts';

describe('--map and --last-turn', () => {
  it('are read for whatever takes files', () => {
    expect(trafficOptionsOf({}, [])).toEqual({ mapping: null, lastTurn: false });
    const { lastTurn, mapping } = trafficOptionsOf(
      { map: ['request=$.payload.req'], lastTurn: true },
      ['traffic.jsonl'],
    );
    expect(lastTurn).toBe(true);
    expect(mapping?.get('request')?.text).toBe('$.payload.req');
  });

  it('are refused where there are no files', () => {
    expect(() => trafficOptionsOf({ lastTurn: true }, [])).toThrow(/^--last-turn is about files/);
    expect(() => trafficOptionsOf({ lastTurn: true, map: ['request=a'] }, [])).toThrow(
      /^--map and --last-turn are about files/,
    );
  });
});
