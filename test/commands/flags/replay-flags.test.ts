import { describe, expect, it } from 'vitest';
import { commands } from '../../../source/commands/flags/command-table.ts';
import { readFlags } from '../../../source/commands/flags/read-flags.ts';
import { readPollFor, readReplayFlags } from '../../../source/commands/flags/replay-flags.ts';
import { readBudget } from '../../../source/money/settle-budget.ts';
import { groupings } from '../../../source/money/spend-report.ts';
import { defaultPatience } from '../../../source/replay/limits/health.ts';
import { mappedFields } from '../../../source/traffic/mapping/mapping.ts';

const from = { environment: {}, now: new Date('2026-11-28T12:00:00Z') };
const read = (...argv: readonly string[]) => readReplayFlags(readFlags('replay', argv), from);
const pollFor = (...argv: readonly string[]) => readPollFor(readFlags('replay', argv).flags);

describe('the flags of a replay', () => {
  it('have these values where none is given', () => {
    expect(read()).toEqual({
      baseline: undefined,
      candidate: [],
      config: undefined,
      storeFile: 'understudy.db',
      redact: true,
      batch: false,
      follow: null,
      mapping: null,
      lastTurn: false,
      name: null,
      selection: null,
      concurrency: 8,
      samples: 1,
      noise: null,
      speed: null,
      patience: defaultPatience,
      budget: null,
      adapt: 'ask',
      keep: new Set(),
      send: 'redacted',
    });
  });

  it.each([
    [['--speed', 'max'], { speed: null }],
    [['--speed', '2.5x'], { speed: 2.5 }],
    [['--patience', '30s'], { patience: { totalMs: 30_000, probes: 1 } }],
    [['--patience', '1.5h'], { patience: { totalMs: 5_400_000, probes: 1 } }],
    [['--patience', '0'], { patience: { totalMs: 0, probes: 0 } }],
    [['--budget', '$0.50'], { budget: 0.5 }],
    [['--budget', 'none'], { budget: 'none' }],
    [['--keep', 'store, user'], { keep: new Set(['store', 'user']) }],
    [['--since', '24h'], { selection: { since: '2026-11-27T12:00:00.000Z' } }],
    [['--db', 'other.db'], { storeFile: 'other.db' }],
    [['--no-redact'], { redact: false }],
    [['a.jsonl', '--send', 'original'], { send: 'original' }],
  ])('%j are %j', (argv, values) => {
    expect(read(...argv)).toMatchObject(values);
  });

  it.each([
    [['--speed', '0x'], '--speed must be max, or a multiple'],
    [['--speed', 'fast'], 'not "fast"'],
    [['--patience', '5'], '--patience must be a time'],
    [['--json'], '--json goes with --dry-run'],
    [['--send', 'original'], 'needs the files'],
    [['a.jsonl', '--send=original', '--batch'], 'works with live calls only'],
    [['a.jsonl', '--send=original', '--no-redact'], '--no-redact stores the originals'],
    [['--last-turn'], '--last-turn is only for files'],
  ])('%j are refused: %s', (argv, sentence) => {
    expect(() => read(...argv)).toThrow(sentence);
  });

  it('say nothing of batches in compare, which has none', () => {
    expect(readReplayFlags(readFlags('compare', []), from)).toEqual(read());
  });

  it('say how long batches are waited for', () => {
    expect(pollFor()).toBe(null);
    expect(pollFor('--batch', '--poll-for', '0.5')).toBe(30_000);
    expect(() => pollFor('--poll-for', '1')).toThrow('--poll-for goes with --batch only');
    expect(() => pollFor('--batch', '--poll-for', ' ')).toThrow('must be a number of minutes');
  });

  it('take a store from the environment where none is named', () => {
    const environment = { UNDERSTUDY_DB: 'team.db' };
    expect(readReplayFlags(readFlags('replay', []), { ...from, environment }).storeFile).toBe(
      'team.db',
    );
  });

  it('take a budget as people write it', () => {
    expect(['5', ' $5 ', 'NONE', '0', '-1', '', 'much'].map(readBudget)).toEqual([
      5,
      5,
      'none',
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('lists of the table that another room has too', () => {
  it('are complete', () => {
    const { by } = commands.spend.flags;
    expect(by.choices).toEqual(groupings);
    const { map } = commands.import.flags;
    expect(map.completes).toEqual(mappedFields.map((field) => `${field}=`));
  });
});
