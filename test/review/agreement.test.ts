import { describe, expect, it } from 'vitest';
import { topRuns } from '../../source/review/view/top.ts';
import { entry, play } from './play.ts';

const title = { baseline: 'a/b', candidate: 'c/d', remark: null, weighted: false };

const firstRow = (game: ReturnType<typeof play>, shown = title): string =>
  (topRuns(game.session, shown, null, 120)[0] ?? []).map(({ text }) => text).join('');

describe('the agreement above the panes', () => {
  it('leaves out verdicts on pairs that the machine settled', () => {
    const game = play([
      entry('r1'),
      entry('r2'),
      entry('r3', { outcome: 'identical' }),
      entry('r4', { outcome: 'equivalent' }),
    ]);
    game.key('x');
    game.key('a');
    expect(firstRow(game)).toMatch(/pair 2 of 2 to judge · 0 left · agree 50\.0 % .* of 2$/);
    game.key('escape');
    for (const pair of ['r3', 'r4']) {
      while (game.session.entries.at(game.session.current ?? 0)?.captureId !== pair) game.key('J');
      game.key('a');
      game.key('escape');
    }
    expect(game.log.map(({ captureId }) => captureId)).toEqual(['r1', 'r2', 'r3', 'r4']);
    expect(firstRow(game)).toMatch(/pair — of 2 to judge · 0 left · agree 50\.0 % .* of 2$/);
  });

  it('counts verdicts ahead of the random order apart until it comes to them', () => {
    const late = entry('r1', { baseline: 'sent', candidate: 'sent', outcome: null });
    const game = play([late, entry('r2')], { replaying: true });
    game.key('enter');
    game.key('a');
    expect(firstRow(game)).toContain('pair 1 of up to 2 to judge · 1 left · 0 judged + 1 ahead');
    for (const side of ['baseline', 'candidate'] as const) {
      game.act({ kind: 'side', captureId: 'r1', side, status: 'answered' });
    }
    game.key('x');
    expect(firstRow(game)).toMatch(/agree 50\.0 % .* of 2$/);
  });

  it('forecasts with the verdicts ahead of the order, which count at its end', () => {
    const late = entry('r2', { baseline: 'sent', candidate: 'sent', outcome: null });
    const game = play([entry('r1'), late, entry('r3'), entry('r4')], { replaying: true });
    game.key('a');
    game.key('enter');
    game.key('a');
    expect(firstRow(game)).toContain('of 1 + 1 ahead');
    const row = (topRuns(game.session, title, null, 120)[1] ?? []).map(({ text }) => text);
    // Four of four: 51.0 to 100 %.
    expect(row.join('')).toContain('all 2 that are left: ±24.5 points');
  });

  it('gives no rate for a sample that must be weighted', () => {
    const game = play([entry('r1'), entry('r2')]);
    game.key('a');
    const row = firstRow(game, { ...title, weighted: true });
    expect(row).toContain('1 left · 1 judged · S: rate by traffic');
    expect(row).not.toContain('%');
  });

  it('says whether the target is reached, and how many more verdicts decide it', () => {
    const pairRow = (game: ReturnType<typeof play>, target: number): string =>
      (topRuns(game.session, { ...title, target }, null, 120)[1] ?? [])
        .map(({ text }) => text)
        .join('');
    const settled = Array.from({ length: 88 }, (_, at) =>
      entry(`s${at}`, { outcome: 'identical' }),
    );
    const failed = entry('f', { candidate: 'failed', outcome: 'failed' });
    const open = Array.from({ length: 11 }, (_, at) => entry(`r${at}`));
    const game = play([...open, failed, ...settled]);
    // 88 of 100 need no person, so that 2 more would be 90 %.
    expect(pairRow(game, 0.88)).toContain('reached: ≥ 88 %');
    // One failed, so 100 % is out of reach.
    expect(pairRow(game, 1)).toContain('ruled out: ≥ 100 %');
    expect(pairRow(game, 0.9)).toMatch(/≥ 90 %: about \d+ more/);
    game.key('b');
    game.key('a');
    // Better is no worse.
    expect(pairRow(game, 0.9)).toContain('reached: ≥ 90 %');
    for (let at = 0; at < 4; at++) game.key('x');
    expect(pairRow(game, 0.96)).toContain('ruled out: ≥ 96 %');
  });
});
