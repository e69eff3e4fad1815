import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bindKeys } from '../../source/review/session/key-bindings.ts';
import { keyAction } from '../../source/review/session/key-action.ts';
import { defaultKeymap } from '../../source/review/session/keymap.ts';
import { paletteRows } from '../../source/review/session/lists.ts';
import { isStored, orderOf, sortings } from '../../source/review/session/pair-order.ts';
import { PairList } from '../../source/review/session/pair-list.ts';
import type { DifferencePattern } from '../../source/comparison/difference-pattern.ts';
import type { Entry } from '../../source/review/session/entry.ts';
import { PatternCollector } from '../../source/review/session/pattern-rows.ts';
import { createFrame, type Frame } from '../../source/review/view/frame.ts';
import { painter } from '../../source/review/view/theme.ts';
import type { PairPattern } from '../../source/store/comparisons/pair-patterns.ts';
import type { ListedPair } from '../../source/store/comparisons/pair-traits.ts';
import { compareAnswers } from '../../source/comparison/compare-answers.ts';
import { answerOf } from '../helpers/filled-store.ts';
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
    comparison: null,
    likeness: 0.5,
    numbers: { baseline: numbers, candidate: numbers },
    pattern: patternOf('priority: high → urgent'),
    ...change,
  };
};

const patternOf = (label: string): DifferencePattern => ({
  key: label,
  label,
  sidelessLabel: label.replace('high → urgent', 'high ↔ urgent'),
});

/** A pair with a pattern, as the store lists it. */
const patterned = (number: number, label = 'priority: high → urgent'): PairPattern => ({
  captureId: `r${number}`,
  endpoint: 'classify_ticket',
  pattern: patternOf(label),
  fields: ['priority'],
});

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
    expect(game.session.notice?.text).toContain('2 pairs so far');
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

  it('stays on a pair that has its answers when asked to go on out of order', () => {
    const game = play([entry('r1'), entry('r2')]);
    game.key('enter');
    expect([shown(game), game.session.notice?.text]).toEqual([
      'r1',
      'this pair has its answers: judge it, or skip it with space',
    ]);
    const waiting = play([entry('r1', { candidate: 'sent' }), entry('r2')]);
    waiting.key('enter');
    expect(shown(waiting)).toBe('r2');
  });

  it('names the keys of the configuration', () => {
    const keys = { 'filter.end': 'm', 'patterns.open': 'none' };
    const game = play(ten, { keymap: bindKeys({ keys, tags: null }, 'my.json') });
    walk(game, 'some', ['r3', 'r5']);
    expect(game.session.notice?.text).toBe('2 pairs · m: every pair');
    game.key('=');
    expect(game.session.notice?.text).toContain(':patterns.open lists the patterns');
  });

  it('names them also where a verdict is not taken, a list is left and a replay would be stopped', () => {
    const keys = {
      'side.retry': 'm',
      'pair.next': 'down',
      'scroll.down': 'j',
      'pair.ready': 'tab',
      'pane.other': 'none',
      quit: 'Q',
      back: 'alt-q',
    };
    const keymap = bindKeys({ keys, tags: null }, 'my.json');
    const failed = play([entry('r1', { candidate: 'failed' })], { keymap });
    failed.key('a');
    failed.settle();
    expect(failed.session.notice?.text).toContain('(m: retry, down: next pair)');
    failed.key('L');
    expect(screen(failed)).toContain('─ alt-q: back to the pair ─');
    const waiting = play([entry('r1', { candidate: 'streaming', outcome: null })], {
      replaying: true,
      keymap,
    });
    waiting.key('space');
    waiting.settle();
    expect(waiting.session.notice?.text).toContain('(tab: to an answered pair)');
    waiting.key('Q');
    expect(screen(waiting)).toContain('Q stops it and quits, losing nothing; alt-q stays.');
  });

  it('completes the tags of the review before one was given', () => {
    const game = play(ten);
    game.key('f');
    type(game, 'tag:inv');
    game.key('tab');
    expect(game.session.mode).toMatchObject({ line: { text: 'tag:invented' } });
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
    const wanted = ten.map(({ captureId, comparisonId }) => ({ captureId, comparisonId }));
    expect(game.effects).toContainEqual({ kind: 'list_pairs', pairs: wanted });
    expect(screen(game)).toContain('10 pairs, by number');
    const comparison = compareAnswers(
      { response_format: { type: 'json_object' } },
      answerOf('{"priority":"high"}'),
      answerOf('{"priority":"urgent","sum":17}'),
    );
    expect(comparison.reason).toBe('2 fields differ');
    game.act({
      kind: 'pairs_listed',
      pairs: ten.map((_, index) => listed(index + 1, { comparison })),
    });
    expect(screen(game)).toContain('priority high → urgent · + sum 17');
    expect(screen(game, 80)).toContain('priority high → urgent · + sum 17');
    expect(screen(game, 60)).toMatch(/priority high.*…/);
    const blind = play(ten, { blind: true });
    blind.key('L');
    blind.act({ kind: 'pairs_listed', pairs: [listed(1, { comparison })] });
    expect(screen(blind)).toContain('2 fields differ');
    const refused = compareAnswers({}, answerOf('Yes, of course.'), answerOf(''));
    const { numbers, ...traits } = listed(1, { comparison: refused });
    const lengths = {
      baseline: { ...numbers.baseline, length: 515 },
      candidate: { ...numbers.candidate, length: 103 },
    };
    const shortAnswer = { kind: 'pairs_listed', pairs: [{ ...traits, numbers: lengths }] } as const;
    game.act(shortAnswer);
    expect(screen(game)).toMatch(/ 103 +0\.20×.*only the baseline has text/);
    blind.act(shortAnswer);
    expect(screen(blind)).toContain('only one side has text');
    expect(screen(blind)).not.toMatch(/ 103 |0\.20×/);
    for (let count = 0; count < 4; count++) blind.key('s');
    expect(blind.session.mode).toMatchObject({ kind: 'pairs', sorting: 'likeness' });
    game.act({
      kind: 'pairs_listed',
      pairs: ten.map((_, index) => listed(index + 1, { comparison })),
    });
    for (let count = 0; count < 4; count++) game.key('s');
    expect(game.effects.at(-1)).toEqual({ kind: 'read_numbers', number: 'cost' });
    expect(screen(game)).toContain('loading the cost of every pair');
    const values = Float64Array.from(ten, (_, index) => (7 * index) % 10);
    game.act({ kind: 'numbers_read', number: 'cost', values });
    expect(game.session.mode).toMatchObject({ kind: 'pairs', sorting: 'cost', cursor: 0 });
    game.key('j');
    game.key('enter');
    // Costs are 0, 7, 4, 1, …: the second cheapest is the fourth pair.
    expect(shown(game)).toBe('r4');
  });

  it('has only the pairs of a filter while it is walked, in every order', () => {
    const game = play(ten);
    walk(game, 'x', ['r2', 'r5', 'r9']);
    game.key('J');
    expect(shown(game)).toBe('r5');
    game.key('L');
    expect(screen(game)).toContain('3 pairs of this filter, by number');
    expect(game.session.mode).toMatchObject({ cursor: 1, rows: Uint32Array.of(1, 4, 8) });
    for (const sorting of ['endpoint', 'outcome', 'verdict', 'cost']) {
      game.key('s');
      expect(game.session.mode).toMatchObject({ sorting });
      if (sorting === 'cost') {
        const values = Float64Array.from(ten, (_, index) => -index);
        game.act({ kind: 'numbers_read', number: 'cost', values });
      }
      const order = sorting === 'cost' ? [8, 4, 1] : [1, 4, 8];
      expect(game.session.mode).toMatchObject({ rows: Uint32Array.from(order) });
    }
    game.key('enter');
    expect(shown(game)).toBe('r9');
    game.key('F');
    game.key('L');
    expect(screen(game)).toContain('10 pairs, by number');
  });

  it('sorts by endpoint, outcome and verdict without the store', () => {
    const game = play([
      { ...entry('r1', { outcome: 'identical' }), endpoint: 'b' },
      { ...entry('r2'), endpoint: 'a' },
      { ...entry('r3', { outcome: null }), endpoint: 'b' },
      { ...entry('r4'), endpoint: 'a' },
    ]);
    game.key('a');
    game.key('L');
    const orders = [1, 2, 3].map(() => {
      game.key('s');
      return game.session.mode.kind === 'pairs' ? [...(game.session.mode.rows ?? [])] : null;
    });
    expect(orders).toEqual([
      [1, 3, 0, 2],
      [1, 3, 0, 2],
      [1, 0, 2, 3],
    ]);
  });

  it.each([80, 120])(
    'names the columns that are there, the sorted one too, at %i columns',
    (width) => {
      const game = play(ten.map((one) => ({ ...one, endpoint: 'support_reply' })));
      game.key('L');
      const pairs = ten.map((_, index) => listed(index + 1));
      game.act({ kind: 'pairs_listed', pairs });
      const names = new Map([
        ['position', 'number'],
        ['length', 'bytes'],
      ]);
      for (const sorting of sortings) {
        if (isStored(sorting)) {
          game.act({ kind: 'numbers_read', number: sorting, values: new Float64Array(10) });
        }
        const name = names.get(sorting) ?? sorting;
        const rows = screen(game, width).split('\n');
        const head = rows.find((row) => row.startsWith('  10 pairs')) ?? '';
        expect(head).toContain(`, by ${name} `);
        expect(head).toMatch(new RegExp(`\\(.*\\b${name}\\b.*what differs\\)$`));
        const numbers = ['cost', 'bytes', 'ratio', 'likeness'];
        for (const other of numbers) {
          expect(/\(.*/.exec(head)?.[0].includes(other)).toBe(width > 80 || other === name);
        }
        expect(rows.some((row) => row.includes(' different '))).toBe(sorting === 'outcome');
        game.key('s');
      }
    },
  );

  it.each([
    [0, '0.00×'],
    [1, '<0.01×'],
    [6000, '0.06×'],
    [123_456_789, '1235×'],
    [5e11, '>1e6×'],
  ])('gives a ratio of %i to 100,000 bytes as %s', (length, ratio) => {
    const game = play(ten);
    game.key('L');
    const numbers = (bytes: number) => ({ ...listed(1).numbers.baseline, length: bytes });
    const pair = listed(1, { numbers: { baseline: numbers(100_000), candidate: numbers(length) } });
    game.act({ kind: 'pairs_listed', pairs: [pair] });
    expect(screen(game, 120)).toMatch(new RegExp(` ${ratio} +50 %`));
  });

  it('loads and builds no more rows than the screen has, of 100,000 pairs', () => {
    const game = play(Array.from({ length: 100_000 }, (_, index) => entry(`r${index + 1}`)));
    game.key('L');
    game.key('G');
    for (let count = 0; count < 100; count++) game.key('k');
    expect(screen(game)).toContain('r99900');
    const loaded = game.effects.flatMap((effect) =>
      effect.kind === 'list_pairs' ? [effect.pairs.length] : [],
    );
    expect(loaded.length).toBeLessThan(6);
    expect(Math.max(...loaded)).toBeLessThan(250);
  });

  it('sorts unknown numbers last and keeps the order of equal pairs', () => {
    expect([...orderOf(Float64Array.of(2, NaN, 1, 2, NaN))]).toEqual([2, 0, 3, 1, 4]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(NaN, 0, 0.5, 1, 7)), (values) => {
        const rank = (at: number): number => {
          const value = values[at] ?? NaN;
          return Number.isNaN(value) ? Infinity : value;
        };
        const naive = [...values.keys()].toSorted((a, b) => rank(a) - rank(b) || a - b);
        // Infinity - Infinity is NaN, which counts as equal.
        expect([...orderOf(Float64Array.from(values))]).toEqual(naive);
      }),
    );
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
    const named = { ...record, baseline: 'openai/a', candidate: 'http://localhost:80/v1#b' };
    game.act({ kind: 'comparisons_listed', comparisons: [{ id: 'c1', ...named }] });
    expect(stripVTControlCharacters(screen(game, 80))).toMatch(/▸ a → b {2}spring *$/m);
    expect(stripVTControlCharacters(screen(game))).toContain('openai/a → http://localhost:80/v1#b');
    game.act({
      kind: 'comparisons_listed',
      comparisons: [
        { id: 'c2', ...record },
        { id: 'c1', ...record },
      ],
    });
    game.key('k');
    game.key('enter');
    expect(game.effects.at(-1)).toEqual({ kind: 'open_comparison', comparisonId: 'c2' });
    const running = play(ten, { replaying: true });
    running.key('C');
    expect(running.session.notice?.text).toContain('a replay is running');
  });
});

describe('a pattern', () => {
  const open = (keymap = defaultKeymap, size = 9): Game => {
    const game = play(ten, { keymap });
    game.key('P');
    const patterns = new PatternCollector(game.session.entries);
    patterns.add(
      'c1',
      ten.map((_, index) => patterned(index + 1, index >= size ? `other ${index}` : undefined)),
    );
    game.act({
      kind: 'patterns_listed',
      rows: patterns.rows(),
      entries: patterns.entries,
      fields: patterns.fields,
      isWhole: true,
    });
    expect(screen(game)).toContain('priority: high → urgent');
    game.key('enter');
    return game;
  };

  it('is counted, the most frequent first', () => {
    const patterns = new PatternCollector(PairList.of(ten));
    patterns.add('c1', [patterned(7, 'other'), patterned(3)]);
    patterns.add('c1', [patterned(2), patterned(11)]);
    expect(patterns.rows().map(({ indexes, label }) => [label, [...indexes]])).toEqual([
      ['priority: high → urgent', [1, 2]],
      ['other', [6]],
    ]);
    expect(patterns.fields).toEqual(['priority']);
  });

  it('is shown as rows if its next pairs are short, where the rest can be given, too', () => {
    const game = open();
    const offered = game.effects.at(-1);
    expect(offered).toMatchObject({ kind: 'list_rows', isOffered: true });
    const short = (captureId: string) => ({
      comparisonId: 'c1',
      captureId,
      question: 'How urgent?',
      baseline: { remark: null, text: '{"priority":"high"}' },
      candidate: { remark: null, text: '{"priority":"urgent"}' },
    });
    const first = { comparisonId: 'c1', captureId: 'r1' };
    game.act({ kind: 'rows_listed', rows: [short('r1')], leftOut: 0, first, isOffered: true });
    expect(game.session.mode.kind).toBe('review');
    const rows = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'].map(short);
    game.act({ kind: 'rows_listed', rows, leftOut: 0, first, isOffered: true });
    expect(game.session.mode).toMatchObject({ kind: 'rows', cursor: 0 });
    for (let count = 0; count < 5; count++) {
      game.key('x');
      game.settle();
    }
    game.key('=');
    expect(game.session.mode).toMatchObject({ kind: 'rest', found: { verdict: 'worse', seen: 5 } });
    // Rows that come after the reviewer has moved on are not shown.
    const gone = open();
    gone.key('J');
    gone.act({ kind: 'rows_listed', rows, leftOut: 0, first, isOffered: true });
    expect(gone.session.mode.kind).toBe('review');
  });

  it('keeps the cursor on its row while others are counted', () => {
    const game = play(ten);
    game.key('P');
    const patterns = new PatternCollector(game.session.entries);
    const count = (number: number, label: string, isWhole: boolean): void => {
      patterns.add('c1', [patterned(number, label)]);
      const { entries, fields } = patterns;
      game.act({ kind: 'patterns_listed', rows: patterns.rows(), entries, fields, isWhole });
    };
    count(1, 'one', false);
    count(2, 'two', false);
    expect(screen(game, 160)).toContain('2 patterns of differences so far (still counting)');
    const columns = '(pairs, judged, verdicts, endpoint, difference)';
    expect(screen(game, 80)).toContain(`  2 patterns so far   ${columns}`);
    game.key('j');
    count(3, 'three', true);
    expect(game.session.mode).toMatchObject({ cursor: 2 });
    count(4, 'three', true);
    expect(game.session.mode).toMatchObject({ cursor: 2 });
    game.key('enter');
    expect(game.session.walk?.choice.text).toBe('classify_ticket: two');
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
      chosen: { kind: 'pattern', text: 'classify_ticket: priority: high → urgent' },
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

  it('gives the verdict to the pairs that differ like the sample now, under the rules in force', () => {
    const game = open();
    for (let count = 0; count < 5; count++) game.key('x');
    const other = patternOf('other');
    // A rule was taken back: two of the rest differ in another field, too.
    const usual = patternOf('priority: high → urgent');
    game.patternOf = ({ captureId }) => (captureId === 'r7' || captureId === 'r8' ? other : usual);
    game.key('=');
    expect(screen(game)).toContain('worse for the other 2 pairs? 5 seen');
    game.key('escape');
    // Every pair is of its own kind.
    game.patternOf = ({ captureId }) => patternOf(captureId);
    game.key('=');
    expect(game.session.mode.kind).toBe('review');
    expect(game.session.notice?.text).toContain('do not differ in the same way any more');
    // A new rule makes all of them another pattern.
    game.patternOf = () => patternOf('less');
    game.key('=');
    game.key('y');
    const given = game.log.filter((event) => event.kind === 'verdict' && event.group);
    expect(given.map(({ captureId }) => captureId)).toEqual(['r6', 'r7', 'r8', 'r9']);
    expect(given[0]).toMatchObject({ chosen: { kind: 'pattern', text: 'classify_ticket: less' } });
  });

  it('takes the question back if its answer has changed while it was asked', () => {
    const game = open();
    for (let count = 0; count < 5; count++) game.key('x');
    game.key('=');
    const reread = (pairs: readonly Entry[]): void =>
      game.act({ kind: 'entries', entries: PairList.of(pairs), events: null, others: null });
    // A pair that another process added moves all others.
    reread([entry('r0'), ...ten]);
    expect(game.session.mode).toMatchObject({ kind: 'rest', found: { rest: { length: 4 } } });
    game.patternOf = ({ captureId }) =>
      captureId === 'r9' ? null : patternOf('priority: high → urgent');
    reread([entry('r0'), ...ten]);
    expect(game.session.mode.kind).toBe('review');
    expect(game.session.notice?.text).toContain('has changed meanwhile');
    game.key('=');
    game.key('y');
    const given = game.log.filter((event) => event.kind === 'verdict' && event.group);
    expect(given.map(({ captureId }) => captureId)).toEqual(['r6', 'r7', 'r8']);
    // New pairs and answers do not change what one undo takes back.
    reread([entry('r0'), ...ten, entry('r11')]);
    game.key('u');
    expect([...game.session.entries].filter(({ verdict }) => verdict !== null)).toHaveLength(5);
  });

  it('leaves out what rules have settled since, and what is left to others', () => {
    const game = open();
    for (let count = 0; count < 5; count++) game.key('x');
    game.act({ kind: 'outcome', captureId: 'r6', outcome: 'equivalent', byRule: true });
    game.key('=');
    game.act({ kind: 'outcome', captureId: 'r7', outcome: 'equivalent', byRule: true });
    game.key('y');
    const given = game.log.filter((event) => event.kind === 'verdict' && event.group);
    expect(given.map(({ captureId }) => captureId)).toEqual(['r8', 'r9']);
  });

  it('is judged pair by pair if it is small', () => {
    const game = play(ten);
    game.key('P');
    const patterns = new PatternCollector(game.session.entries);
    patterns.add('c1', [patterned(3)]);
    const { entries, fields } = patterns;
    game.act({ kind: 'patterns_listed', rows: patterns.rows(), entries, fields, isWhole: true });
    game.key('enter');
    expect(game.session.notice?.text).toBe('1 pair · F: every pair');
    game.key('=');
    expect(game.session.notice?.text).toContain('this pattern has only 1 pair: judge each of them');
    game.key('x');
    game.key('=');
    expect(game.session.notice?.text).toContain('every pair of this pattern has a verdict');
  });

  it('walks the pairs that were counted, and is counted again, when the queue has changed', () => {
    const game = play(ten);
    game.key('P');
    const patterns = new PatternCollector(game.session.entries);
    patterns.add('c1', [patterned(3), patterned(4)]);
    const { entries, fields } = patterns;
    game.act({ kind: 'patterns_listed', rows: patterns.rows(), entries, fields, isWhole: true });
    const moved = PairList.of([entry('r0'), ...ten]);
    game.act({ kind: 'entries', entries: moved, events: null, others: null });
    expect(game.effects.at(-1)).toEqual({ kind: 'list_patterns', isAgain: true });
    expect(screen(game, 160)).toContain('1 pattern of differences so far (still counting)');
    game.key('enter');
    expect(shown(game)).toBe('r3');
  });

  it('tells no sides in a blind review, and no verdicts in one with control pairs', () => {
    const game = play(ten, { blind: true });
    game.key('P');
    const patterns = new PatternCollector(game.session.entries);
    patterns.add('c1', [patterned(1), patterned(2)]);
    const { entries, fields } = patterns;
    game.act({ kind: 'patterns_listed', rows: patterns.rows(), entries, fields, isWhole: true });
    expect(screen(game)).toContain('priority: high ↔ urgent');
    game.key('enter');
    game.act({ kind: 'notice', notice: { text: '', tone: 'plain' } });
    expect(screen(game)).not.toContain('high → urgent');
  });

  it('says after each verdict what is missing before the rest can be given, with the live key', () => {
    const keymap = bindKeys({ keys: { 'pattern.rest': 'm' }, tags: null }, 'c.json');
    const game = open(keymap);
    expect(game.session.notice?.text).toBe(
      '9 pairs · judge 5 alike, then m for the rest · F: every pair',
    );
    game.key('x');
    game.settle();
    expect(game.session.notice?.text).toBe('r1: worse · 4 more, then m for the rest (u: undo)');
    expect(screen(game)).toContain('  m rest  ');
    for (let count = 0; count < 4; count++) game.key('x');
    game.settle();
    expect(game.session.notice?.text).toBe(
      'r5: worse · m gives the other 4 this verdict (u: undo)',
    );
    game.key('m');
    game.key('y');
    expect(game.session.notice?.text).toBe(
      '4 verdicts given by the pattern (u: undo) · F: every pair',
    );
    game.key('m');
    expect(game.session.notice?.text).toBe('every pair of this pattern has a verdict');
  });

  it('says nothing of the rest where its verdicts differ, nor where it is small', () => {
    const game = open();
    game.key('x');
    game.key('a');
    game.settle();
    expect(game.session.notice?.text).toBe('r2: agree (u: undo)');
    const small = open(undefined, 5);
    expect(small.session.notice?.text).toBe('5 pairs · F: every pair');
    small.key('x');
    small.settle();
    expect(small.session.notice?.text).toBe('r1: worse (u: undo)');
    small.key('=');
    expect(small.session.notice?.text).toBe('this pattern has only 5 pairs: judge each of them');
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
