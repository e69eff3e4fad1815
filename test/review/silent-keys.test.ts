import { describe, expect, it } from 'vitest';
import type { PairView } from '../../source/review/pair-view.ts';
import { keyAction } from '../../source/review/session/key-action.ts';
import { defaultKeymap, keyCommands } from '../../source/review/session/keymap.ts';
import type { Effect } from '../../source/review/session/step.ts';
import { currentEntry, type Mode } from '../../source/review/session/session.ts';
import { createFrame } from '../../source/review/view/frame.ts';
import { painter } from '../../source/review/view/theme.ts';
import { answerOf } from '../helpers/filled-store.ts';
import { entry, play, type Game } from './play.ts';
import { answeredView, sampleTitle } from './shown.ts';

type State = {
  readonly name: string;
  readonly view: PairView | null;
  readonly start: () => Game;
};

const alike = answeredView('r1', { baseline: answerOf('Yes.'), candidate: answerOf('Yes.') });

/** States in which most keys have nothing to do. */
const states: readonly State[] = [
  { name: 'no pairs', view: null, start: () => play([]) },
  {
    name: 'a pair that waits for its answers',
    view: null,
    start: () =>
      play([entry('r1', { outcome: null, baseline: 'sent', candidate: 'sent' })], {
        replaying: true,
      }),
  },
  { name: 'one pair without a difference', view: alike, start: () => play([entry('r1')]) },
  {
    name: 'one pair, judged blind',
    view: alike,
    start: () => play([entry('r1')], { blind: true }),
  },
];

const sizes = [
  [80, 24],
  [120, 40],
] as const;

type ModeName = Mode['kind'];

/** The keys that open each mode from the pair. */
const openers: Readonly<Record<ModeName, string | null>> = {
  review: null,
  help: '?',
  summary: 'S',
  request: 'p',
  details: 'i',
  comment: 'c',
  filter: 'f',
  search: '/',
  pairs: 'L',
  rows: 'M',
  patterns: 'P',
  comparisons: 'C',
  palette: ':',
  rule: 'I',
  rules: 'T',
  rest: '=',
  quit: 'q',
};

/** What goes on outside the session: other programs, and the end. */
const leaving: ReadonlySet<Effect['kind']> = new Set([
  'copy',
  'edit_comment',
  'page',
  'quit',
  'suspend',
]);

/** Presses a key of the keymap with the viewport of the real screen. */
const press = (
  game: Game,
  key: string,
  view: PairView | null,
  [columns, rows]: readonly [number, number],
) => {
  const frame = () =>
    createFrame(
      {
        session: game.session,
        view,
        title: sampleTitle,
        summary: '',
        progress: null,
        columns,
        rows,
      },
      painter('none'),
    );
  const screen = (): string => {
    const {
      clickable: _,
      pairs: __,
      ...shown
    } = { clickable: null, pairs: null, ...frame().frame };
    return JSON.stringify(shown);
  };
  game.settle();
  const before = screen();
  const effects = game.effects.length;
  const action = keyAction(
    { name: key, text: null },
    {
      keymap: game.session.keymap,
      mode: game.session.mode.kind,
      isTooSmall: false,
      viewport: () => frame().viewport,
    },
  );
  if (action !== null) game.act(action);
  const said = game.session.notice;
  game.settle();
  return {
    didSomething:
      said !== null ||
      screen() !== before ||
      game.effects.slice(effects).some(({ kind }) => leaving.has(kind)),
  };
};

const modesOf = (id: string): readonly ModeName[] =>
  keyCommands.find((command) => command.id === id)?.modes ?? [];

describe.each(states)('on $name', ({ start, view }) => {
  it.each(sizes)('every key changes the screen or says why not, at %i×%i', (...size) => {
    const silent: string[] = [];
    let pressed = 0;
    for (const { id, keys } of defaultKeymap.commands) {
      for (const mode of modesOf(id)) {
        for (const key of keys) {
          const game = start();
          const opener = openers[mode];
          if (opener !== null) press(game, opener, view, size);
          // What opens a mode says why it does not.
          if (game.session.mode.kind !== mode) continue;
          game.session = { ...game.session, notice: null };
          pressed++;
          if (!press(game, key, view, size).didSomething) silent.push(`${mode}: ${key} (${id})`);
        }
      }
    }
    expect(silent).toEqual([]);
    expect(pressed).toBeGreaterThan(200);
  });

  it('a key of the review says in another mode that it waits for the pair', () => {
    for (const mode of ['help', 'summary', 'pairs', 'patterns', 'rules'] as const) {
      for (const { id, keys, modes } of defaultKeymap.commands) {
        for (const key of keys) {
          if (!modes.some((name) => name === 'review')) continue;
          const game = start();
          press(game, openers[mode] ?? '', view, sizes[0]);
          game.session = { ...game.session, notice: null };
          expect([mode, id, press(game, key, view, sizes[0])]).toEqual([
            mode,
            id,
            { didSomething: true },
          ]);
        }
      }
    }
  });
});

it('the pair on the screen stays the one on the screen', () => {
  const game = play([entry('r1'), entry('r2')]);
  game.key('U');
  expect(currentEntry(game.session)?.captureId).toBe('r1');
  expect(game.session.notice?.text).toBe('this pair is the next that waits for a verdict');
});
