import { PairList } from '../../source/review/session/pair-list.ts';
import { describe, expect, it } from 'vitest';
import type { VerdictEvent } from '../../source/store/verdicts.ts';
import { currentEntry } from '../../source/review/session/session.ts';
import { entry, play, type Game } from './play.ts';
import { screenOf } from './shown.ts';

const at = '2026-11-24T00:00:00.000Z';

/** What `anna` says of r1, and `bo` of r2. */
const others: readonly VerdictEvent[] = [
  { captureId: 'r1', kind: 'verdict' as const, verdict: 'worse' as const },
  { captureId: 'r1', kind: 'tag' as const, tag: 'invented' },
  { captureId: 'r1', kind: 'comment' as const, comment: 'no such parcel' },
].map((event, index) => ({
  ...event,
  id: `o${index}`,
  comparisonId: 'c1',
  reviewer: 'anna',
  at,
}));

const here = (game: Game): string | undefined => currentEntry(game.session)?.captureId;

describe('the verdicts of other reviewers', () => {
  it('are on no screen before one’s own verdict, and on the pair after it', () => {
    const game = play([entry('r1'), entry('r2')], { others });
    for (const key of ['escape', 'i', 'p', 'S', '?', 'c']) {
      game.key(key);
      expect(screenOf(game)).not.toMatch(/anna|invented.*parcel|no such parcel/);
      game.key('escape');
    }
    game.key('a');
    expect(here(game)).toBe('r2');
    expect(screenOf(game)).toContain('r1: agree (u: undo) · anna: worse');
    game.key('K');
    expect(screenOf(game)).toMatch(
      /r1 · ✓ agree · (?:.* · )?anna: ✗ worse \(invented\) “no such parcel”/,
    );
    game.key('i');
    expect(screenOf(game)).toMatch(/anna +worse, invented\n +no such parcel/);
    game.key('escape');
    game.key('u');
    expect(screenOf(game)).not.toMatch(/anna: ✗/);
  });

  it('are shown from the start in a walk over conflicts, whose verdicts resolve them', () => {
    const own: VerdictEvent = {
      id: 'o9',
      comparisonId: 'c1',
      captureId: 'r1',
      reviewer: 'ada',
      at,
      kind: 'verdict',
      verdict: 'agree',
    };
    const game = play([entry('r1'), entry('r3')], { others: [...others, own], resolving: true });
    expect(screenOf(game)).toContain('0 of 2 conflicts resolved');
    expect(screenOf(game)).toMatch(/ada: ✓ agree · anna: ✗ worse \(invented\)/);
    game.key('b');
    game.key('3');
    expect(game.log).toMatchObject([
      { kind: 'verdict', verdict: 'better', captureId: 'r1', resolves: true },
      { kind: 'tag', resolves: true },
    ]);
    game.key('w');
    expect(game.session.notice?.text).toBe('every conflict is resolved');
  });
});

describe('pairs that are left to another reviewer', () => {
  it('are passed over, on the screen as well, and can be reached', () => {
    const game = play([entry('r1'), { ...entry('r2'), elsewhere: true }, entry('r3')]);
    game.key('a');
    expect(here(game)).toBe('r3');
    expect(game.session.entries.at(2)?.ahead).toBe(false);
    game.key('K');
    expect(screenOf(game)).toContain('left to another reviewer');
    game.key('x');
    expect(game.log).toMatchObject([{ captureId: 'r1' }, { captureId: 'r2', ahead: false }]);
    const taken = play([entry('r1'), entry('r2')]);
    const entries = [{ ...entry('r1'), elsewhere: true }, entry('r2')];
    taken.act({ kind: 'entries', entries: PairList.of(entries), events: null, others: null });
    expect(here(taken)).toBe('r2');
    taken.key('a');
    expect(taken.session.notice?.text).toContain('those of other reviewers');
    const last = play([entry('r1')]);
    const first = PairList.of(entries.slice(0, 1));
    last.act({ kind: 'entries', entries: first, events: null, others: null });
    expect(last.session.mode.kind).toBe('summary');
    expect(last.session.notice?.text).toContain('those of other reviewers');
  });
});
