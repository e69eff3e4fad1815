import { describe, expect, it } from 'vitest';
import { readTrafficFlags } from '../../../source/commands/flags/traffic-flags.ts';

describe('--map and --last-turn', () => {
  it('are read for every command that takes files', () => {
    expect(readTrafficFlags({ map: [], lastTurn: false }, [])).toEqual({
      mapping: null,
      lastTurn: false,
    });
    const { lastTurn, mapping } = readTrafficFlags(
      { map: ['request=$.payload.req'], lastTurn: true },
      ['traffic.jsonl'],
    );
    expect(lastTurn).toBe(true);
    expect(mapping?.get('request')?.text).toBe('$.payload.req');
  });

  it('are refused without files', () => {
    expect(() => readTrafficFlags({ map: [], lastTurn: true }, [])).toThrow(
      /^--last-turn is only for files/,
    );
    expect(() => readTrafficFlags({ lastTurn: true, map: ['request=a'] }, [])).toThrow(
      /^--map and --last-turn are only for files/,
    );
  });
});
