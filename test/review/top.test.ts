import { describe, expect, it } from 'vitest';
import { entry, play } from './play.ts';
import { sampleTitle, screenOf } from './shown.ts';

describe('the row of the pair', () => {
  it('keeps the pair and its verdict beside a long progress, which keeps its ends', () => {
    const game = play([entry('req_1'), entry('req_2')], { replaying: true });
    game.key('1');
    game.key('x');
    game.key('K');
    const parts = [
      'replaying 24 of 60',
      '1 retrying',
      'failed: candidate truncated 2',
      '$0.00606 of $5.00',
    ];
    const row = (columns: number): string => {
      const [, second = ''] = screenOf(game, { columns, progress: parts.join(' · ') }).split('\n');
      return second.trimEnd();
    };
    const pair = 'classify_ticket · req_1 · ✗ worse · wrong value';
    expect(row(140)).toMatch(new RegExp(`^${pair} .*${parts.join(' · ').replaceAll('$', '\\$')}$`));
    expect(row(96)).toMatch(new RegExp(`^${pair} .*replaying 24 of 60 · \\$0.00606 of \\$5.00$`));
    expect(row(80)).toMatch(new RegExp(`^${pair} .*replaying 24 of 60$`));
    const remarked = { ...sampleTitle, remark: 'simulated timings' };
    const long = screenOf(game, { columns: 100, progress: parts.join(' · '), title: remarked });
    expect(long.split('\n')[1]?.trimEnd()).toMatch(
      new RegExp(`^${pair} .*replaying 24 of 60 · simulated timings$`),
    );
  });
});
