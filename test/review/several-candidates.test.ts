import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinQueues } from '../../source/review/session/candidates.ts';
import { blindRank } from '../../source/review/session/blind.ts';
import type { Entry } from '../../source/review/session/entry.ts';
import { currentEntry } from '../../source/review/session/session.ts';
import { PatternCollector } from '../../source/review/session/pattern-rows.ts';
import type { ListedPair } from '../../source/store/comparisons/pair-traits.ts';
import { entry, play, type Game } from './play.ts';
import { screenOf } from './shown.ts';

const comparisonIds = ['c1', 'c2'];

/** The pairs of both candidates for some captures. */
const both = (captureIds: readonly string[]): readonly Entry[] =>
  captureIds.flatMap((id) => comparisonIds.map((comparisonId) => ({ ...entry(id), comparisonId })));

const here = (game: Game): string => {
  const shown = currentEntry(game.session);
  return `${shown?.captureId} ${shown?.comparisonId}`;
};

describe('a review of several candidates', () => {
  it('judges the candidates of a request one after the other, each in its comparison', () => {
    const game = play(both(['r1', 'r2']), { comparisonIds });
    expect(screenOf(game)).toContain('r1 · candidate 1 of 2 · not judged');
    const seen = [here(game)];
    for (const key of ['a', 'x', 'b', 'w']) {
      game.key(key);
      seen.push(here(game));
    }
    expect(seen.slice(0, 4)).toEqual(['r1 c1', 'r1 c2', 'r2 c1', 'r2 c2']);
    expect(game.log).toMatchObject([
      { captureId: 'r1', comparisonId: 'c1', verdict: 'agree', ahead: false },
      { captureId: 'r1', comparisonId: 'c2', verdict: 'worse', ahead: false },
      { captureId: 'r2', comparisonId: 'c1', verdict: 'better', ahead: false },
      { captureId: 'r2', comparisonId: 'c2', verdict: 'both_bad', ahead: false },
    ]);
  });

  it('leaves out a candidate that needs no person, and says which one is shown', () => {
    const entries = both(['r1', 'r2']).with(0, { ...entry('r1', { outcome: 'identical' }) });
    const game = play(entries, { comparisonIds });
    expect(here(game)).toBe('r1 c2');
    expect(screenOf(game)).toContain('candidate 2 of 2');
    game.key('a');
    expect(here(game)).toBe('r2 c1');
  });

  it('counts the rate of the candidate on the screen, and what is left of the whole queue', () => {
    const game = play(both(['r1', 'r2', 'r3']), { comparisonIds });
    for (const key of ['a', 'x']) game.key(key);
    expect(screenOf(game)).toMatch(/pair 3 of 6 to judge · 4 left · agree 100\.0 % .* of 1/);
    game.key(';');
    expect(here(game)).toBe('r2 c2');
    expect(screenOf(game)).toMatch(/pair 4 of 6 to judge · 4 left · agree 0\.0 % .* of 1/);
  });

  it('takes tags, comments and undo to the pair that they are about', () => {
    const game = play(both(['r1', 'r2']), { comparisonIds });
    game.key('1');
    game.key('a');
    game.key('3');
    game.key('x');
    expect(here(game)).toBe('r2 c1');
    game.key('u');
    expect(here(game)).toBe('r1 c2');
    expect(game.session.notice?.text).toBe('undone: worse on r1, candidate 2');
    expect([...game.session.entries].slice(0, 2)).toMatchObject([
      { verdict: 'agree', tags: ['wrong value'] },
      { verdict: null, tags: ['invented'] },
    ]);
    game.key('u');
    game.key('u');
    expect(here(game)).toBe('r1 c1');
    expect(game.log.at(-1)).toMatchObject({ comparisonId: 'c1', kind: 'undo' });
    expect([...game.session.entries].map(({ verdict }) => verdict)).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('moves the mark by a key, and a verdict on it is not ahead of the order', () => {
    const game = play(both(['r1', 'r2']), { comparisonIds });
    game.key(';');
    expect(here(game)).toBe('r1 c2');
    // The guard counts from the moment when the mark has moved.
    game.key('a', 20);
    expect(game.log).toEqual([]);
    expect(game.session.notice?.text).toContain('was not taken');
    game.key('x');
    expect(game.log).toMatchObject([{ captureId: 'r1', comparisonId: 'c2', ahead: false }]);
    expect(here(game)).toBe('r1 c1');
    game.key(';');
    game.key(';');
    expect(here(game)).toBe('r1 c1');
    game.key('J');
    game.key('J');
    game.key('a');
    // Captures before it wait in the order of its own comparison.
    expect(game.log.at(-1)).toMatchObject({ captureId: 'r2', comparisonId: 'c1', ahead: true });
  });

  it('walks the pairs that match, of one candidate without the other', () => {
    const game = play(both(['r1', 'r2', 'r3']), { comparisonIds });
    const pairs = new Map([
      ['c1', new Set(['r3'])],
      ['c2', new Set(['r2', 'r3'])],
    ]);
    game.act({ kind: 'filtered', text: 'cost>1', pairs });
    expect(game.session.notice?.text).toContain('3 pairs');
    const seen = [here(game)];
    for (const key of ['J', 'J']) {
      game.key(key);
      seen.push(here(game));
    }
    expect(seen).toEqual(['r2 c2', 'r3 c1', 'r3 c2']);
    game.act({ kind: 'found', text: 'refund', pairs: new Map([['c2', new Set(['r1'])]]) });
    expect(here(game)).toBe('r1 c2');
  });

  it('lists the pairs of all candidates by name, in the order of the queue, and opens one alone', () => {
    const game = play(both(['r1', 'r2']), { comparisonIds });
    const numbers = { cost: 1, ttft: 1, total: 1, input: 1, output: 1, length: 1 };
    const listed = (comparisonId: string, captureId: string): ListedPair => ({
      comparisonId,
      captureId,
      endpoint: 'classify',
      settledBy: null,
      comparison: null,
      likeness: null,
      rules: [],
      outcome: 'different',
      reason: `differs in ${comparisonId}`,
      fields: [],
      verdicts: [],
      skipped: false,
      tags: [],
      comments: [],
      models: { baseline: null, candidate: null },
      path: null,
      numbers: { baseline: numbers, candidate: numbers },
      pattern: { key: 'p', label: 'priority', sidelessLabel: 'priority' },
    });
    game.key('L');
    const pairs = [listed('c1', 'r2'), listed('c1', 'r1'), listed('c2', 'r1'), listed('c2', 'r2')];
    game.act({ kind: 'pairs_listed', pairs });
    expect(game.effects.at(-1)).toEqual({
      kind: 'list_pairs',
      pairs: [
        { captureId: 'r1', comparisonId: 'c1' },
        { captureId: 'r1', comparisonId: 'c2' },
        { captureId: 'r2', comparisonId: 'c1' },
        { captureId: 'r2', comparisonId: 'c2' },
      ],
    });
    game.key('G');
    game.key('enter');
    expect(here(game)).toBe('r2 c2');
    // A pattern is of one candidate, and so are the verdicts on it.
    game.key('P');
    const patterns = new PatternCollector(game.session.entries);
    for (const { comparisonId, ...pair } of pairs) {
      const pattern = { key: 'p', label: 'priority', sidelessLabel: 'priority' };
      patterns.add(comparisonId, [{ ...pair, pattern }]);
    }
    const { entries } = patterns;
    game.act({
      kind: 'patterns_listed',
      rows: patterns.rows(),
      entries,
      fields: [],
      isWhole: true,
    });
    expect(game.session.mode).toMatchObject({
      rows: [{ comparisonId: 'c1' }, { comparisonId: 'c2' }],
    });
    game.key('G');
    game.key('enter');
    expect(here(game)).toBe('r1 c2');
    game.key('a');
    expect(here(game)).toBe('r2 c2');
    expect(game.log).toMatchObject([{ comparisonId: 'c2', chosen: { kind: 'pattern' } }]);
    game.key('C');
    const record = { name: 'n', baseline: 'a', candidate: 'b', createdAt: '', pairs: 2, judged: 0 };
    game.act({ kind: 'comparisons_listed', comparisons: [{ id: 'c1', ...record }] });
    game.key('enter');
    expect(game.effects.at(-1)).toEqual({ kind: 'open_comparison', comparisonId: 'c1' });
  });

  it('gives the rest of a pattern its verdict, and takes it back, in its comparison alone', () => {
    const captureIds = Array.from({ length: 8 }, (_, index) => `r${index}`);
    const game = play(both(captureIds), { comparisonIds });
    const ids = captureIds;
    game.session = {
      ...game.session,
      walk: {
        choice: { kind: 'pattern', text: 'e: p' },
        pairs: new Map([['c2', new Set(ids)]]),
        pattern: { key: 'p', sidelessText: 'e: p' },
      },
      current: 1,
    };
    for (let count = 0; count < 5; count++) game.key('x');
    game.key('=');
    game.key('y');
    const given = game.log.slice(5);
    expect(given).toHaveLength(3);
    expect(given.every(({ comparisonId }) => comparisonId === 'c2')).toBe(true);
    expect([...game.session.entries].filter(({ verdict }) => verdict !== null)).toHaveLength(8);
    game.key('u');
    expect([...game.session.entries].filter(({ verdict }) => verdict !== null)).toHaveLength(5);
  });

  it('says that a request has one candidate where a review has no other', () => {
    const game = play([entry('r1')]);
    game.key(';');
    expect(game.session.notice?.text).toContain('one candidate');
    expect(screenOf(game)).not.toContain('candidate 1 of');
  });
});

describe('a blind review of several candidates', () => {
  it('names none before every candidate of the request has a verdict, and gives no rate', () => {
    const game = play(both(['r1', 'r2']), { comparisonIds, blind: true });
    game.key(',');
    expect(screenOf(game)).toMatch(
      /r1, candidate 1: (?:better|worse), left was the (?:baseline|candidate) \(u/,
    );
    game.key('K');
    expect(screenOf(game)).not.toMatch(/model-one|model-two|cheaper|faster/);
    expect(screenOf(game)).toContain('1 judged');
    expect(screenOf(game)).not.toMatch(/agree \d/);
    game.key('J');
    game.key('.');
    game.key('K');
    expect(screenOf(game)).toMatch(/model-two/);
    expect(game.log).toMatchObject([
      { comparisonId: 'c1', left: expect.any(String) },
      { comparisonId: 'c2', left: expect.any(String) },
    ]);
  });

  it('shows the candidates of a request in a random order that is always the same', () => {
    const captureIds = Array.from({ length: 60 }, (_, index) => `r${index}`);
    const queue = (comparisonId: string): readonly Entry[] =>
      captureIds.map((id) => ({ ...entry(id), comparisonId }));
    const order = (reviewer: string): string =>
      joinQueues([queue('c1'), queue('c2')], { position: (id) => id, rank: blindRank(reviewer) })
        .map(({ comparisonId }) => comparisonId)
        .join(' ');
    expect(order('ada')).toBe(order('ada'));
    expect(order('ada')).not.toBe(order('bo'));
    const firsts = order('ada')
      .split(' ')
      .filter((id, index) => index % 2 === 0 && id === 'c1').length;
    expect(firsts).toBeGreaterThan(15);
    expect(firsts).toBeLessThan(45);
  });
});

describe('the queue of several comparisons', () => {
  it('has every pair once, those of a capture together, in the order of the first or a random one', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 0, max: 40 }));
    const position = (captureId: string): string => captureId.padStart(4, '0');
    fc.assert(
      fc.property(ids, ids, ids, (...lists) => {
        const queues = lists.map((list, index) =>
          list
            .map(String)
            .toSorted((a, b) => (position(a) < position(b) ? -1 : 1))
            .map((id) => ({ ...entry(id), comparisonId: `c${index}` })),
        );
        const joined = joinQueues(queues, { position, rank: null });
        expect(new Set(joined)).toEqual(new Set(queues.flat()));
        expect(joined).toHaveLength(queues.flat().length);
        const captures = joined.map(({ captureId }) => position(captureId));
        expect(captures).toEqual(captures.toSorted());
        for (const [index, pair] of joined.entries()) {
          const next = joined[index + 1];
          if (next?.captureId === pair.captureId) {
            expect(pair.comparisonId < next.comparisonId).toBe(true);
          }
        }
      }),
    );
  });
});
