import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bindKeys } from '../../source/review/session/key-bindings.ts';
import { keyAction } from '../../source/review/session/key-action.ts';
import { paletteRows, patternRows, sortPairs } from '../../source/review/session/lists.ts';
import { createFrame, type Frame } from '../../source/review/view/frame.ts';
import { painter } from '../../source/review/view/theme.ts';
import type { ListedPair } from '../../source/store/comparisons/pair-traits.ts';
import { entry, pairsOf, play, viewport, type Game } from './play.ts';

const type = (game: Game, text: string): void => {
  for (const character of text) {
    const action = keyAction(
      { name: character === ' ' ? 'space' : character, text: character },
      {
        keymap: game.session.keymap,
        mode: game.session.mode.kind,
        isTooSmall: false,
        viewport: () => viewport,
      },
    );
    if (action !== null) game.act(action);
  }
};

const shown = (game: Game): string | undefined =>
  game.session.entries.at(game.session.current ?? -1)?.captureId;

const screen = (game: Game, columns = 120): string => {
  const frame = frameOf(game, columns);
  if (frame.kind === 'too_small') return '';
  const body = frame.kind === 'overlay' ? frame.rows : [];
  return [...frame.top, ...body, ...frame.bottom].join('\n');
};

/** The column of the cursor; null if it is hidden. */
const cursorOf = (game: Game, columns = 120): number | null => {
  const frame = frameOf(game, columns);
  return frame.kind === 'panes' ? (frame.cursor?.x ?? null) : null;
};

const frameOf = (game: Game, columns: number): Frame =>
  createFrame(
    {
      session: game.session,
      view: null,
      title: { baseline: 'a', candidate: 'b', remark: null, weighted: false },
      summary: '',
      progress: null,
      columns,
      rows: 30,
    },
    painter('none'),
  ).frame;

const walk = (game: Game, text: string, ids: readonly string[]): void => {
  game.key('f');
  type(game, text);
  game.key('enter');
  game.act({ kind: 'filtered', text, pairs: pairsOf(ids) });
};

const listed = (number: number, change: Partial<ListedPair> = {}): ListedPair => {
  const numbers = { cost: 0.01, ttft: 1, total: 2, input: 3, output: 4, length: 100 };
  return {
    comparisonId: 'c1',
    captureId: `r${number}`,
    number,
    endpoint: 'classify',
    outcome: 'different',
    settledBy: null,
    rules: [],
    reason: '1 field differs: priority',
    fields: ['priority'],
    verdicts: [],
    skipped: false,
    tags: [],
    comments: [],
    models: { baseline: null, candidate: null },
    path: null,
    likeness: 0.5,
    numbers: { baseline: numbers, candidate: numbers },
    pattern: { key: 'p', label: 'priority: high → urgent' },
    ...change,
  };
};

const ten = Array.from({ length: 10 }, (_, index) => entry(`r${index + 1}`));

describe('a filter in the review', () => {
  it('is typed, found and walked; its verdicts say so', () => {
    const game = play(ten);
    walk(game, 'cost>0.01', ['r2', 'r4']);
    expect(game.effects).toContainEqual({ kind: 'filter', text: 'cost>0.01' });
    expect(shown(game)).toBe('r2');
    game.key('a');
    expect(shown(game)).toBe('r4');
    game.key('x');
    expect(game.log).toMatchObject([
      { captureId: 'r2', ahead: true, chosen: { kind: 'filter', text: 'cost>0.01' } },
      { captureId: 'r4', ahead: true, chosen: { kind: 'filter', text: 'cost>0.01' } },
    ]);
    expect(game.session.notice?.text).toContain('no other pair here waits for a verdict');
    game.key('J');
    expect(game.session.notice?.text).toBe('this is the last pair');
    game.key('F');
    game.key('U');
    expect(shown(game)).toBe('r1');
    game.key('a');
    expect(game.log.at(-1)).not.toHaveProperty('chosen');
  });

  it('that is wrong is shown with a caret below the place, and nothing is asked', () => {
    const game = play(ten);
    game.key('f');
    type(game, 'outcome:diff');
    game.key('enter');
    expect(game.effects).toEqual([]);
    const rows = screen(game).split('\n');
    const line = rows.findIndex((row) => row.includes('outcome:diff'));
    expect(rows[line + 1]).toContain('^ expected identical, equivalent, different');
    const plain = (rows[line] ?? '').replaceAll(/\u001B\[\d+m/g, '');
    const below = (rows[line + 1] ?? '').replaceAll(/\u001B\[\d+m/g, '');
    expect(below.indexOf('^')).toBe(plain.indexOf('diff'));
    // Typing goes on, and what is typed judges nothing.
    type(game, 'erent');
    game.key('enter');
    expect(game.effects).toEqual([{ kind: 'filter', text: 'outcome:different' }]);
    expect(game.log).toEqual([]);
  });

  it('is edited where the cursor stands, which the screen shows, also in a long one', () => {
    const game = play(ten);
    game.key('f');
    type(game, 'outcome:different tag:x');
    for (const key of ['alt-b', 'alt-b', 'ctrl-w']) game.key(key);
    expect(game.session.mode).toMatchObject({ line: { text: 'tag:x', cursor: 0 } });
    type(game, 'verd');
    game.key('tab');
    expect(game.session.mode).toMatchObject({ line: { text: 'verdict:tag:x', cursor: 8 } });
    type(game, 'worse ');
    expect(game.session.mode).toMatchObject({ line: { text: 'verdict:worse tag:x', cursor: 14 } });
    expect(cursorOf(game)).toBe('filter: '.length + 14);
    type(game, 'endpoint:classify '.repeat(20));
    expect(screen(game, 80).replaceAll(/\u001B\[\d+m/g, '')).toMatch(/^filter: ….* tag:x *$/m);
    expect(cursorOf(game, 80)).toBe(80 - 'tag:x'.length - 1);
    game.key('home');
    expect(cursorOf(game, 80)).toBe('filter: '.length);
  });

  it('keeps the caret at its place while the cursor goes there', () => {
    const game = play(ten);
    game.key('f');
    type(game, `${'endpoint:classify '.repeat(8)}outcome:diff verdict:worse`);
    game.key('enter');
    const caretAndWord = (): readonly [number, number] => {
      const rows = screen(game, 90)
        .replaceAll(/\u001B\[\d+m/g, '')
        .split('\n');
      const at = rows.findIndex((row) => row.startsWith('filter: '));
      return [(rows[at + 1] ?? '').indexOf('^'), (rows[at] ?? '').indexOf('diff')];
    };
    for (const key of ['alt-b', 'alt-b', 'alt-b']) {
      const [caret, word] = caretAndWord();
      expect(word).toBeGreaterThan(0);
      expect(caret).toBe(word);
      game.key(key);
    }
    type(game, 'x');
    expect(caretAndWord()[0]).toBe(-1);
  });

  it('and a search have a history, each its own', () => {
    const game = play(ten);
    walk(game, 'cost>0.01', ['r2']);
    game.key('F');
    walk(game, 'tag:x', ['r2']);
    game.key('F');
    game.key('f');
    type(game, 'ou');
    const line = (): string =>
      game.session.mode.kind === 'filter' ? game.session.mode.line.text : '';
    const seen = ['up', 'up', 'up', 'down', 'down', 'down'].map((key) => {
      game.key(key);
      return line();
    });
    expect(seen).toEqual(['tag:x', 'cost>0.01', 'cost>0.01', 'tag:x', 'ou', 'ou']);
    game.key('escape');
    game.key('/');
    game.key('up');
    expect(game.session.mode).toMatchObject({ kind: 'search', line: { text: '' } });
    expect(game.log).toEqual([]);
  });

  it('is completed by tab', () => {
    const game = play(ten);
    game.key('f');
    type(game, 'endpoint:cl');
    game.key('tab');
    expect(game.session.mode).toMatchObject({ line: { text: 'endpoint:classify_ticket' } });
    type(game, ' ver');
    game.key('tab');
    expect(game.session.mode).toMatchObject({
      line: { text: 'endpoint:classify_ticket verdict:' },
    });
    game.key('tab');
    expect(game.session.mode).toMatchObject({
      line: { text: 'endpoint:classify_ticket verdict:agree' },
    });
    game.key('tab');
    expect(game.session.mode).toMatchObject({
      line: { text: 'endpoint:classify_ticket verdict:better' },
    });
  });

  it('that is found while a comment is typed or a key is waited for leaves the pair there', () => {
    const game = play(ten);
    game.key('c');
    game.act({ kind: 'filtered', text: 'x', pairs: pairsOf(['r5']) });
    game.act({ kind: 'found', text: 'x', pairs: pairsOf(['r6']) });
    expect(shown(game)).toBe('r1');
    type(game, 'mine');
    game.key('enter');
    expect(game.log).toMatchObject([{ captureId: 'r1', kind: 'comment' }]);
    game.key('a');
    const before = shown(game);
    game.key('a', 300);
    game.act({ kind: 'filtered', text: 'x', pairs: pairsOf(['r8']) });
    expect(shown(game)).toBe(before);
    game.settle();
    expect(game.log.at(-1)).toMatchObject({ captureId: before });
  });

  it('begins with the first pairs that are found and leaves the place when all are', () => {
    const game = play(ten);
    const filtered = { kind: 'filtered', text: 'x' } as const;
    game.act({ ...filtered, pairs: pairsOf(['r3', 'r5']), part: 'first' });
    expect(shown(game)).toBe('r3');
    expect(game.session.notice?.text).toContain('2 first pairs');
    game.key('J');
    game.key('J');
    expect(shown(game)).toBe('r5');
    expect(game.session.notice?.text).toContain('still being read');
    game.act({ ...filtered, pairs: pairsOf(['r3', 'r5', 'r7']), part: 'all' });
    expect(shown(game)).toBe('r5');
    game.key('J');
    expect(shown(game)).toBe('r7');
    game.key('J');
    expect(game.session.notice?.text).toBe('this is the last pair');
    // What comes after the filter was left changes nothing.
    game.act({ ...filtered, pairs: pairsOf(['r3', 'r5']), part: 'first' });
    game.key('F');
    expect(game.session.walk).toBeNull();
    game.act({ ...filtered, pairs: pairsOf(['r3', 'r5', 'r7']), part: 'all' });
    expect(game.session.walk).toBeNull();
  });

  it('names the keys of the configuration', () => {
    const keys = { 'filter.end': 'm', 'patterns.open': 'none' };
    const game = play(ten, { keymap: bindKeys({ keys, tags: null }, 'my.json') });
    walk(game, 'some', ['r3', 'r5']);
    expect(game.session.notice?.text).toBe('2 pairs · m: every pair');
    game.key('=');
    expect(game.session.notice?.text).toContain(':patterns.open lists the patterns');
  });

  it('without a match, or empty, leaves the queue whole', () => {
    const game = play(ten);
    walk(game, 'nothing', []);
    expect(game.session.walk).toBeNull();
    walk(game, 'some', ['r3']);
    game.key('f');
    for (let count = 0; count < 30; count++) game.act({ kind: 'edit', edit: 'erase' });
    game.key('enter');
    expect(game.session.walk).toBeNull();
  });
});

describe('a search', () => {
  it('goes to matches in the pair, then to the next pair that has one', () => {
    const game = play(ten);
    game.key('/');
    type(game, 'refund');
    game.key('enter');
    expect(game.effects).toContainEqual({ kind: 'search', text: 'refund' });
    game.act({ kind: 'found', text: 'refund', pairs: pairsOf(['r3', 'r7']) });
    expect(shown(game)).toBe('r3');
    const within = { ...viewport, matches: [4, 50] };
    game.act({ kind: 'command', id: 'match.next', viewport: within });
    expect([shown(game), game.session.scroll]).toEqual(['r3', 2]);
    game.act({ kind: 'command', id: 'match.next', viewport: within });
    expect([shown(game), game.session.scroll]).toEqual(['r3', 48]);
    game.act({ kind: 'command', id: 'match.next', viewport: within });
    expect(shown(game)).toBe('r7');
    game.key('n');
    expect(shown(game)).toBe('r3');
    game.key('N');
    expect(shown(game)).toBe('r7');
  });
});

describe('the lists', () => {
  it('shows the pairs around the cursor, sorts them and opens one', () => {
    const game = play(ten);
    game.key('L');
    expect(game.effects).toContainEqual({ kind: 'list_pairs' });
    const listedPairs = ten.map((_, index) =>
      listed(index + 1, {
        numbers: {
          baseline: listed(1).numbers.baseline,
          candidate: { ...listed(1).numbers.candidate, cost: (7 * index) % 10 },
        },
      }),
    );
    game.act({ kind: 'pairs_listed', pairs: listedPairs });
    expect(screen(game)).toContain('10 pairs, by position');
    for (let count = 0; count < 4; count++) game.key('s');
    expect(game.session.mode).toMatchObject({ kind: 'pairs', sorting: 'cost', cursor: 0 });
    game.key('j');
    game.key('enter');
    // Costs are 0, 7, 4, 1, …: the second cheapest is the fourth pair.
    expect(shown(game)).toBe('r4');
  });

  it('builds no more rows than the screen has, of 100,000 pairs', () => {
    let built = 0;
    const rows = Array.from({ length: 100_000 }, (_, index) => {
      const pair = listed(index + 1);
      return Object.defineProperty({ ...pair }, 'reason', {
        get: () => {
          built++;
          return pair.reason;
        },
      });
    });
    const game = play(ten);
    game.key('L');
    game.act({ kind: 'pairs_listed', pairs: rows });
    game.key('G');
    expect(screen(game)).toContain('r100000');
    expect(built).toBeLessThan(100);
  });

  it('sorts unknown numbers last and keeps the order of equal pairs', () => {
    const cost = (value: number | null): ListedPair['numbers'] => ({
      baseline: listed(1).numbers.baseline,
      candidate: { ...listed(1).numbers.candidate, cost: value },
    });
    const pairs = [2, null, 1, 2].map((value, index) =>
      listed(index + 1, { numbers: cost(value) }),
    );
    const sorted = sortPairs(pairs, 'cost', () => null).map(({ number }) => number);
    expect(sorted).toEqual([3, 1, 4, 2]);
    const alike = [0.9, 0.2, null].map((likeness, index) => listed(index + 1, { likeness }));
    expect(sortPairs(alike, 'likeness', () => null).map(({ number }) => number)).toEqual([2, 1, 3]);
  });

  it('goes to a pair by number or id, and runs a command by its words', () => {
    const game = play(ten);
    game.key(':');
    type(game, '7');
    game.key('enter');
    expect(shown(game)).toBe('r7');
    game.key('ctrl-p');
    type(game, 'r2');
    game.key('enter');
    expect(shown(game)).toBe('r2');
    game.key(':');
    type(game, 'usage timings');
    expect(paletteRows(game.session.keymap, 'usage timings').map(({ id }) => id)).toEqual([
      'details.open',
    ]);
    game.key('enter');
    expect(game.session.mode.kind).toBe('details');
  });

  it('lists the comparisons and opens another', () => {
    const game = play(ten);
    game.key('C');
    const record = {
      name: 'spring',
      baseline: 'a',
      candidate: 'b',
      createdAt: '2026-11-24T00:00:00Z',
      pairs: 81,
      judged: 12,
    };
    game.act({
      kind: 'comparisons_listed',
      comparisons: [
        { id: 'c2', ...record },
        { id: 'c1', ...record },
      ],
    });
    expect(game.session.mode).toMatchObject({ cursor: 1 });
    const rows = stripVTControlCharacters(screen(game));
    expect(rows).toMatch(/c2 +81 +12 +a → b {2}spring$/m);
    expect(rows).toMatch(/c1 +81 +12 {2}▸ a → b {2}spring$/m);
    game.key('k');
    game.key('enter');
    expect(game.effects.at(-1)).toEqual({ kind: 'open_comparison', comparisonId: 'c2' });
    const running = play(ten, { replaying: true });
    running.key('C');
    expect(running.session.notice?.text).toContain('a replay is running');
  });
});

describe('a pattern', () => {
  const open = (): Game => {
    const game = play(ten);
    game.key('P');
    game.act({
      kind: 'pairs_listed',
      pairs: ten.map((_, index) =>
        listed(index + 1, index === 9 ? { pattern: { key: 'q', label: 'other' } } : {}),
      ),
    });
    expect(screen(game)).toContain('priority: high → urgent');
    game.key('enter');
    return game;
  };

  it('is counted, the most frequent first', () => {
    const rows = patternRows([
      listed(1, { pattern: { key: 'q', label: 'other' } }),
      listed(2),
      listed(3),
      listed(4, { pattern: null }),
    ]);
    expect(rows.map(({ ids, label }) => [label, ids.length])).toEqual([
      ['priority: high → urgent', 2],
      ['other', 1],
    ]);
  });

  it('gets the verdict of its sample only after the sample is judged and agrees', () => {
    const game = open();
    game.key('=');
    expect(game.session.notice?.text).toBe('judge 5 more of this pattern first: 0 of 9 seen');
    for (let count = 0; count < 4; count++) game.key('x');
    game.key('a');
    game.key('=');
    expect(game.session.notice?.text).toContain('verdicts on this pattern differ');
    game.key('u');
    game.key('x');
    game.key('=');
    expect(game.session.mode).toMatchObject({ kind: 'rest', found: { verdict: 'worse', seen: 5 } });
    expect(screen(game)).toContain('worse for the other 4 pairs? 5 seen, all worse');
    game.key('escape');
    expect(game.log.filter((event) => 'group' in event)).toEqual([]);
    game.key('=');
    game.key('y');
    const together = game.log.filter((event) => event.kind === 'verdict' && event.group);
    expect(together.map(({ captureId }) => captureId)).toEqual(['r6', 'r7', 'r8', 'r9']);
    expect(together[0]).toMatchObject({
      verdict: 'worse',
      chosen: { kind: 'pattern', text: 'classify: priority: high → urgent' },
      group: { seen: 5 },
    });
    expect(new Set(together.map((event) => event.kind === 'verdict' && event.group?.id)).size).toBe(
      1,
    );
    expect([...game.session.entries].map(({ verdict }) => verdict)).toEqual([
      ...Array.from({ length: 9 }, () => 'worse'),
      null,
    ]);
    // One key takes all of them back.
    game.key('u');
    expect([...game.session.entries].filter(({ verdict }) => verdict !== null)).toHaveLength(5);
    expect(game.log.filter(({ kind }) => kind === 'undo')).toHaveLength(5);
  });

  it('stays as it was if the verdicts cannot be saved', () => {
    const game = open();
    for (let count = 0; count < 5; count++) game.key('x');
    game.key('=');
    game.diskFails = true;
    game.key('y');
    expect(game.session.notice?.text).toContain('not saved: the disk is full');
    expect([...game.session.entries].filter(({ verdict }) => verdict !== null)).toHaveLength(5);
  });
});
