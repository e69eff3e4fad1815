import { describe, expect, it } from 'vitest';
import { currentEntry } from '../../source/review/session/session.ts';
import { silence, speak } from '../../source/review/view/spoken.ts';
import type { VerdictEvent } from '../../source/store/verdicts.ts';
import { entry, play, type Game } from './play.ts';
import { answeredView, sampleTitle } from './shown.ts';

/** What a screen reader says of the pair on the screen. */
const saidOf = (game: Game): string =>
  speak(silence, {
    session: game.session,
    view: answeredView(currentEntry(game.session)?.captureId ?? ''),
    title: sampleTitle,
    summary: '',
    progress: null,
    columns: 160,
    rows: 60,
  }).sentences.join('\n');

describe('what a screen reader says of a pair', () => {
  it('is neither the number of the pair nor the rate among control pairs, which either would give away', () => {
    const entries = Array.from({ length: 46 }, (_, index) => entry(`r${index}`));
    const game = play(entries, { blind: true, controls: { share: 0.5, noise: [] } });
    let controls = 0;
    for (let turn = 0; turn < 40; turn++) {
      if (currentEntry(game.session)?.control !== undefined) controls++;
      const said = saidOf(game);
      expect(said).toContain(`left, ${turn} judged.`);
      expect(said).toMatch(/^(?:about \d+|few) left, \d+ judged\.$/m);
      expect(said).not.toMatch(/pair \d+ of|agree \d/);
      game.key('.');
    }
    expect(controls).toBeGreaterThan(3);
  });

  it('names another reviewer and the verdict without a comma between them', () => {
    const anna: VerdictEvent = {
      id: 'o1',
      comparisonId: 'c1',
      captureId: 'r1',
      reviewer: 'anna',
      at: '2026-11-24T00:00:00.000Z',
      kind: 'verdict',
      verdict: 'worse',
    };
    const game = play([entry('r1'), entry('r2')], { others: [anna] });
    expect(saidOf(game)).not.toContain('anna');
    game.key('a');
    game.key('K');
    expect(saidOf(game)).toContain('r1, agree, anna: worse.');
  });
});
