import type { Outcome } from '../../source/comparison/outcome.ts';
import { noMarks, type Entry, type SideStatus } from '../../source/review/session/entry.ts';
import { commandFor } from '../../source/review/session/keymap.ts';
import { reduce } from '../../source/review/session/reduce.ts';
import type { Action, Effect } from '../../source/review/session/step.ts';
import type { Viewport } from '../../source/review/session/scroll.ts';
import { startSession, type Session } from '../../source/review/session/session.ts';
import type { VerdictEvent } from '../../source/store/verdicts.ts';

export const viewport: Viewport = { rows: 100, height: 20, differences: [5, 40], sideBySide: true };

export const entry = (
  captureId: string,
  change: {
    outcome?: Outcome | null;
    baseline?: SideStatus;
    candidate?: SideStatus;
  } = {},
): Entry => ({
  ...noMarks,
  captureId,
  endpoint: 'classify_ticket',
  status: { baseline: change.baseline ?? 'answered', candidate: change.candidate ?? 'answered' },
  outcome: change.outcome === undefined ? 'different' : change.outcome,
});

/** A review without a terminal: keys go in, events come out, and the disk is a list. */
export type Game = {
  session: Session;
  readonly log: VerdictEvent[];
  readonly effects: Effect[];
  nowMs: number;
  diskFails: boolean;
  key: (name: string, afterMs?: number) => void;
  act: (action: Action) => void;
  /** Ends the wait of a deferred verdict key. */
  settle: () => void;
};

export const play = (
  entries: readonly Entry[],
  options: { events?: readonly VerdictEvent[]; replaying?: boolean } = {},
): Game => {
  const log = [...(options.events ?? [])];
  let ids = log.length;
  let waiting: Action[] = [];
  const game: Game = {
    session: startSession({
      comparisonId: 'c1',
      reviewer: 'ada',
      entries,
      events: log,
      replaying: options.replaying ?? false,
    }),
    log,
    effects: [],
    nowMs: 1_000_000,
    diskFails: false,
    key: (name, afterMs = 5000) => {
      game.nowMs += afterMs;
      const id = commandFor(game.session.mode.kind, name);
      if (id !== null) game.act({ kind: 'command', id, viewport });
    },
    act: (action) => {
      const step = reduce(game.session, action, {
        nowMs: game.nowMs,
        newId: () => `e${String(ids++).padStart(6, '0')}`,
      });
      game.session = step.session;
      for (const effect of step.effects) {
        game.effects.push(effect);
        if (effect.kind === 'wait') waiting.push(effect.action);
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
    },
    settle: () => {
      game.nowMs += 2000;
      const actions = waiting;
      waiting = [];
      for (const action of actions) game.act(action);
    },
  };
  return game;
};
