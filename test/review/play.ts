import type { DifferencePattern } from '../../source/comparison/difference-pattern.ts';
import type { Outcome } from '../../source/comparison/outcome.ts';
import {
  isReady,
  noMarks,
  opinionsIn,
  type Entry,
  type SideStatus,
} from '../../source/review/session/entry.ts';
import { keyAction } from '../../source/review/session/key-action.ts';
import type { Keymap } from '../../source/review/session/keymap.ts';
import { pairId, type PairKey, type PairSet } from '../../source/review/session/pair-key.ts';
import { reduce } from '../../source/review/session/reduce.ts';
import type { Action, Effect } from '../../source/review/session/step.ts';
import { noViewport, type Viewport } from '../../source/review/session/scroll.ts';
import {
  currentEntry,
  listOf,
  pairKey,
  startSession,
  type Session,
} from '../../source/review/session/session.ts';
import type { VerdictEvent } from '../../source/store/verdicts.ts';

export const viewport: Viewport = {
  ...noViewport,
  rows: 100,
  height: 20,
  differences: [5, 40],
  views: ['side_by_side', 'unified', 'raw'],
  isFoldable: true,
  hasReasoning: true,
  sideBySide: true,
};

export const entry = (
  captureId: string,
  change: {
    outcome?: Outcome | null;
    baseline?: SideStatus;
    candidate?: SideStatus;
  } = {},
): Entry => ({
  ...noMarks,
  comparisonId: 'c1',
  captureId,
  endpoint: 'classify_ticket',
  status: { baseline: change.baseline ?? 'answered', candidate: change.candidate ?? 'answered' },
  outcome: change.outcome === undefined ? 'different' : change.outcome,
});

/** An action about a pair without its comparison. */
type AboutC1<Any> = Any extends PairKey ? Omit<Any, 'comparisonId'> : never;

/** Some pairs of the comparison `c1`. */
export const pairsOf = (captureIds: readonly string[]): PairSet =>
  new Map([['c1', new Set(captureIds)]]);

/**
 * A review without a terminal: keys go in, events come out, and the disk is a list. A frame is written
 * `drawMs` after the change that it shows.
 */
export type Game = {
  session: Session;
  readonly log: VerdictEvent[];
  readonly effects: Effect[];
  /** Every pair that was drawn, from when. */
  readonly frames: { readonly captureId: string; readonly key: string; readonly atMs: number }[];
  nowMs: number;
  diskFails: boolean;
  /** How a pair differs now; null: in no way that others share. By default as the walk says. */
  patternOf: ((pair: PairKey) => DifferencePattern | null) | null;
  /** Presses a key after a time, in which waits end and frames are written. */
  key: (name: string, afterMs?: number) => void;
  /** Takes an action. One about a pair is about the comparison `c1` unless it names another. */
  act: (action: Action | AboutC1<Action>) => void;
  /** Lets all waits end. */
  settle: () => void;
};

export const play = (
  entries: readonly Entry[],
  options: {
    events?: readonly VerdictEvent[];
    replaying?: boolean;
    comparisonIds?: readonly string[];
    others?: readonly VerdictEvent[];
    resolving?: boolean;
    blind?: boolean;
    controls?: Session['controls'];
    keymap?: Keymap;
    drawMs?: number;
  } = {},
): Game => {
  const log = [...(options.events ?? [])];
  let ids = log.length;
  let coming: { readonly atMs: number; readonly action: Action }[] = [];
  let drawn: string | null = null;
  const draw = (): void => {
    const { mode } = game.session;
    if (mode.kind === 'rows' && mode.rows !== null) {
      const pairs = mode.rows.map((row) => ({ key: pairKey(row), isComplete: true }));
      const rows = pairs.map(({ key }) => key).join(' ');
      if (rows === drawn) return;
      drawn = rows;
      coming.push({ atMs: game.nowMs + (options.drawMs ?? 0), action: { kind: 'shown', pairs } });
      return;
    }
    const current = currentEntry(game.session);
    if (current === null || 'scroll' in mode || listOf(game.session) !== null) return;
    const isComplete = isReady(current);
    const frame = `${pairKey(current)} ${isComplete}`;
    if (frame === drawn) return;
    drawn = frame;
    const atMs = game.nowMs + (options.drawMs ?? 0);
    game.frames.push({ captureId: current.captureId, key: pairKey(current), atMs });
    coming.push({
      atMs,
      action: { kind: 'shown', pairs: [{ key: pairKey(current), isComplete }] },
    });
  };
  const pass = (ms: number): void => {
    const untilMs = game.nowMs + ms;
    for (;;) {
      const [next] = coming.toSorted((one, other) => one.atMs - other.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      coming = coming.filter((one) => one !== next);
      game.nowMs = next.atMs;
      game.act(next.action);
    }
    game.nowMs = untilMs;
  };
  const game: Game = {
    session: startSession({
      comparisonIds: options.comparisonIds ?? ['c1'],
      reviewer: 'ada',
      entries,
      events: log,
      replaying: options.replaying ?? false,
      others: opinionsIn(options.others ?? []),
      resolving: options.resolving ?? false,
      blind: options.blind ?? false,
      controls: options.controls ?? null,
      ...(options.keymap === undefined ? {} : { keymap: options.keymap }),
    }),
    log,
    effects: [],
    frames: [],
    nowMs: 1_000_000,
    diskFails: false,
    patternOf: null,
    key: (name, afterMs = 5000) => {
      pass(afterMs);
      const action = keyAction(
        { name, text: name.length === 1 ? name : null },
        {
          keymap: game.session.keymap,
          mode: game.session.mode.kind,
          isTooSmall: false,
          viewport: () => viewport,
        },
      );
      if (action !== null) game.act(action);
    },
    act: (action) => {
      const whole = { comparisonId: 'c1', ...action } as Action;
      const step = reduce(game.session, whole, {
        nowMs: game.nowMs,
        monotonicMs: game.nowMs,
        newId: () => `e${String(ids++).padStart(6, '0')}`,
      });
      game.session = step.session;
      for (const effect of step.effects) {
        game.effects.push(effect);
        if (effect.kind === 'wait') {
          coming.push({ atMs: game.nowMs + effect.ms, action: effect.action });
        }
        if (effect.kind === 'check_pattern') {
          const { pairs, walk } = effect;
          const [, label = ''] = /: (.*)/.exec(walk.choice.text) ?? [];
          const usual = { key: walk.pattern?.key ?? '', label, sidelessLabel: label };
          const patterns = pairs.flatMap((pair) => {
            const pattern = game.patternOf === null ? usual : game.patternOf(pair);
            return pattern === null ? [] : [[pairId(pair), pattern] as const];
          });
          game.act({ kind: 'pattern_checked', walk, patterns: new Map(patterns) });
        }
        if (effect.kind === 'append_together') {
          if (game.diskFails) {
            game.act({ kind: 'commit_failed', message: 'the disk is full' });
          } else {
            log.push(...effect.events);
            game.act({ kind: 'committed_together', events: effect.events });
          }
        }
        if (effect.kind !== 'append') continue;
        if (game.diskFails) {
          game.act({ kind: 'commit_failed', message: 'the disk is full' });
        } else {
          log.push(effect.event);
          game.act({ kind: 'committed', event: effect.event });
        }
      }
      draw();
    },
    settle: () => pass(5000),
  };
  draw();
  return game;
};
