import { describe, expect, it } from 'vitest';
import { currentEntry } from '../../source/review/session/session.ts';
import { answeredView, screenOf } from './shown.ts';
import { entry, pairsOf, play, viewport, type Game } from './play.ts';

const conversation = { hash: '3f9a1c07d2e85b46', captureIds: ['t1', 't2', 't3', 't4'] };

const here = (game: Game): string | undefined => currentEntry(game.session)?.captureId;

/** A queue in which the turns of a conversation stand apart and in another order. */
const opened = (options: Parameters<typeof play>[1] = {}): Game =>
  play(
    [
      entry('t3'),
      entry('r1'),
      entry('t4'),
      entry('t1', { outcome: 'identical' }),
      entry('r2'),
      entry('t2'),
    ],
    options,
  );

const turn = (game: Game, key: '(' | ')'): void => {
  game.settle();
  const id = key === ')' ? 'turn.next' : 'turn.previous';
  const known = conversation.captureIds.includes(here(game) ?? '') ? { conversation } : {};
  game.act({ kind: 'command', id, viewport: { ...viewport, ...known } });
};

const choice = { kind: 'filter', text: 'conversation:3f9a1c07d2e85b46' };

describe('a walk through turns', () => {
  it('goes to the turns in their order, whatever the order of the queue, and escape goes back', () => {
    const game = opened();
    expect(here(game)).toBe('t3');
    turn(game, '(');
    expect(here(game)).toBe('t2');
    expect(game.session.notice?.text).toBe('turn 2 of 4 · esc: back to the queue');
    turn(game, '(');
    expect(here(game)).toBe('t1');
    turn(game, '(');
    expect(here(game)).toBe('t1');
    expect(game.session.notice?.text).toBe('this is the first turn of the conversation');
    game.key('escape');
    expect(here(game)).toBe('t3');
    expect(game.session).toMatchObject({ turns: null, following: true });
  });

  it('ends where it began, so that a verdict there is one in the order', () => {
    const game = opened();
    turn(game, '(');
    turn(game, ')');
    expect(game.session.turns).toBeNull();
    game.key('a');
    expect(game.log).toMatchObject([{ captureId: 't3', ahead: false }]);
    expect(game.log[0]).not.toHaveProperty('chosen');
    expect(here(game)).toBe('r1');
  });

  it('keeps how a pair was chosen with its verdict, and goes on to the next turn, then to the queue', () => {
    const game = opened();
    turn(game, '(');
    game.key('x');
    expect(game.log).toMatchObject([{ captureId: 't2', verdict: 'worse', chosen: choice }]);
    // Turn 3 is where the walk began.
    expect(here(game)).toBe('t3');
    game.key('a');
    expect(game.log[1]).not.toHaveProperty('chosen');
    expect(here(game)).toBe('r1');
  });

  it('goes from a verdict to later turns, and from the last to the place in the queue', () => {
    const game = opened();
    turn(game, ')');
    expect(here(game)).toBe('t4');
    game.key('b');
    expect(game.log).toMatchObject([{ captureId: 't4', chosen: choice, ahead: true }]);
    expect(here(game)).toBe('t3');
    expect(game.session).toMatchObject({ turns: null, following: true });
  });

  it('ends with the next pair to judge, and with any other pair', () => {
    const game = opened();
    turn(game, '(');
    game.key('U');
    expect(here(game)).toBe('t3');
    expect(game.session).toMatchObject({ turns: null, following: true });
    turn(game, ')');
    game.key('K');
    expect(here(game)).toBe('r1');
    expect(game.session.turns).toBeNull();
    game.key('a');
    expect(game.log[0]).not.toHaveProperty('chosen');
  });

  it('goes back to a pair that the reviewer went to, and keeps a filter in force', () => {
    const game = opened();
    game.key('J');
    game.key('J');
    expect(here(game)).toBe('t4');
    turn(game, '(');
    game.key('escape');
    expect(here(game)).toBe('t4');
    expect(game.session.following).toBe(false);
    game.act({ kind: 'filtered', text: 'endpoint:c', pairs: pairsOf(['t4']) });
    turn(game, '(');
    turn(game, '(');
    game.key('a');
    expect(game.log).toMatchObject([{ captureId: 't2', chosen: choice }]);
    expect(game.session.walk).not.toBeNull();
  });

  it('says that a pair has no other turns', () => {
    const game = play([entry('r1')]);
    turn(game, ')');
    expect(game.session.notice?.text).toBe('no other turn of a conversation is here');
  });

  it('completes the filter for the conversation of the pair on the screen', () => {
    const game = opened();
    game.key('f');
    for (const text of 'conv') game.act({ kind: 'text', text });
    const complete = { kind: 'command', id: 'filter.complete', viewport } as const;
    game.act(complete);
    game.act({ ...complete, viewport: { ...viewport, conversation } });
    expect(game.session.mode).toMatchObject({ line: { text: choice.text } });
  });
});

describe('the rule above the question', () => {
  const shown = (game: Game, columns = 160): string =>
    screenOf(game, { view: { ...answeredView(here(game) ?? ''), conversation }, columns });

  it('says which turn it is, and which one differs first', () => {
    const game = opened();
    const first = 'turn 3 of 4 of this conversation · first differs at turn 2 · 1 message';
    expect(shown(game)).toContain(first);
    expect(shown(game, 80)).toContain('turn 3 of 4 · first differs at turn 2');
    turn(game, ')');
    expect(shown(game)).toContain('turn 4 of 4 of this conversation · first differs at turn 2');
  });

  it('says nothing of differences while an earlier turn is not compared, and that none differs', () => {
    const open = play([entry('t1', { outcome: null }), entry('t2'), entry('t3'), entry('t4')]);
    expect(shown(open)).toContain('turn 1 of 4 of this conversation · 1 message');
    const same = play(conversation.captureIds.map((id) => entry(id, { outcome: 'equivalent' })));
    expect(shown(same)).toContain('of this conversation · no turn differs');
    const failed = play([
      entry('t1', { outcome: 'identical' }),
      entry('t2', { outcome: 'failed', candidate: 'failed' }),
      entry('t3'),
      entry('t4'),
    ]);
    expect(shown(failed)).toContain('first differs at turn 2');
  });

  it('says nothing of turns on a pair without a conversation', () => {
    expect(screenOf(play([entry('r1')]))).not.toMatch(/turn \d/);
  });
});
