import { isHeld, mustWait, waitForHeldKeyMs } from './held-key.ts';
import { append, judge, stillSaving } from './verdict-key.ts';
import { committed } from './saving.ts';
import { follow, withEntries, withEntry } from './pair-news.ts';
import { tagOf, type CommandId } from './keymap.ts';
import { scrollTo, type Viewport } from './scroll.ts';
import { currentEntry, views, type Session } from './session.ts';
import { only, say, type Action, type Context, type Step } from './step.ts';

/** One step of the review. Pure: the same session, action and context give the same step. */
export const reduce = (session: Session, action: Action, context: Context): Step => {
  switch (action.kind) {
    case 'command':
      return afterDeferred(session, action, context);
    case 'deferred_over':
      return session.deferred?.atMs === action.atMs
        ? judge({ ...session, deferred: null }, session.deferred.id, context)
        : only(session);
    case 'text':
      return session.mode.kind === 'comment'
        ? typed(session, session.mode, action.text)
        : only(session);
    case 'erase':
      return session.mode.kind === 'comment'
        ? only({ ...session, mode: { ...session.mode, text: withoutLast(session.mode.text) } })
        : only(session);
    case 'committed':
      return only(committed(session, action.event));
    case 'commit_failed':
      return say({ ...session, pending: null }, `not saved: ${action.message}`, 'error');
    case 'notice':
      return only({ ...session, notice: action.notice });
    case 'entries':
      return only(withEntries(session, action.entries, action.events));
    case 'side':
      return only(
        follow(
          withEntry(session, action.captureId, (entry) => ({
            ...entry,
            status: { ...entry.status, [action.side]: action.status },
          })),
        ),
      );
    case 'outcome':
      return only(
        follow(
          withEntry(session, action.captureId, (entry) => ({
            ...entry,
            outcome: action.outcome,
          })),
        ),
      );
    case 'replaying':
      return only(follow({ ...session, replaying: action.replaying }));
  }
};

/**
 * A command, after the verdict key that waits to be told from a held one: another key shows that it
 * was not held, so it judges first. A second verdict key at that moment judges nothing: its pair has
 * not been seen.
 */
const afterDeferred = (
  session: Session,
  { id, viewport }: Extract<Action, { kind: 'command' }>,
  context: Context,
): Step => {
  const { deferred } = session;
  const silent = { ...session, notice: null };
  if (deferred === null || deferred.id === id || id === 'back') {
    return command(silent, id, viewport, context);
  }
  const first = judge({ ...silent, deferred: null }, deferred.id, context);
  const second = command(first.session, id, viewport, context);
  return { session: second.session, effects: [...first.effects, ...second.effects] };
};

/** Characters of a comment; a paste beyond it is cut, and the screen says so. */
const longestComment = 4000;

const typed = (
  session: Session,
  mode: Extract<Session['mode'], { kind: 'comment' }>,
  text: string,
): Step => {
  const whole = mode.text + text.replaceAll(/\s+/g, ' ');
  const next = {
    ...session,
    mode: { ...mode, text: whole.slice(0, longestComment).toWellFormed() },
  };
  return whole.length <= longestComment
    ? only({ ...next, notice: null })
    : say(next, `a comment has at most ${longestComment} characters: cut here`, 'warning');
};

const command = (session: Session, id: CommandId, viewport: Viewport, context: Context): Step => {
  switch (id) {
    case 'verdict.agree':
    case 'verdict.worse':
    case 'verdict.better':
    case 'verdict.both_bad':
    case 'verdict.skip': {
      const key = { id, atMs: context.nowMs };
      const { lastKey } = session;
      const touched = { ...session, lastKey: key, deferred: null };
      if (isHeld(lastKey, key)) return only(touched);
      if (mustWait(lastKey, key)) {
        return {
          session: { ...touched, deferred: key },
          effects: [
            {
              kind: 'wait',
              ms: waitForHeldKeyMs,
              action: { kind: 'deferred_over', atMs: key.atMs },
            },
          ],
        };
      }
      return judge(touched, id, context);
    }
    case 'verdict.undo': {
      const last = session.standing.at(-1);
      if (last === undefined) return say(session, 'nothing to undo');
      return append(session, last.captureId, { kind: 'undo', undoes: last.id }, context);
    }
    case 'tag.1':
    case 'tag.2':
    case 'tag.3':
    case 'tag.4':
    case 'tag.5':
    case 'tag.6':
    case 'tag.7':
    case 'tag.8':
    case 'tag.9': {
      const current = currentEntry(session);
      const judged = current?.verdict === null ? undefined : current?.captureId;
      const target =
        judged ?? session.standing.findLast((event) => event.kind === 'verdict')?.captureId;
      if (target === undefined) return say(session, 'a tag belongs to a verdict: give one first');
      return append(session, target, { kind: 'tag', tag: tagOf(id) }, context);
    }
    case 'comment.open': {
      if (session.pending !== null) return say(session, stillSaving);
      const current = currentEntry(session);
      return only(
        current === null
          ? session
          : { ...session, mode: { kind: 'comment', text: current.comment ?? '' } },
      );
    }
    case 'comment.save': {
      const current = currentEntry(session);
      if (session.mode.kind !== 'comment' || current === null) return only(session);
      const comment = session.mode.text.trim();
      if (comment === (current.comment ?? '')) {
        return only({ ...session, mode: { kind: 'review' } });
      }
      return append(session, current.captureId, { kind: 'comment', comment }, context);
    }
    case 'scroll.down':
    case 'scroll.up':
    case 'scroll.half_down':
    case 'scroll.half_up':
    case 'scroll.page_down':
    case 'scroll.page_up':
    case 'scroll.top':
    case 'scroll.bottom':
    case 'difference.next':
    case 'difference.previous':
      return only(scrolled(session, id, viewport));
    case 'pair.next':
    case 'pair.previous':
      return session.pending === null
        ? only(moved(session, id === 'pair.next' ? 1 : -1))
        : say(session, stillSaving);
    case 'pane.other':
      return only({ ...session, pane: session.pane === 'baseline' ? 'candidate' : 'baseline' });
    case 'view.next': {
      const next = views[(views.indexOf(session.view) + 1) % views.length] ?? 'side_by_side';
      return only({ ...session, view: next, scroll: 0 });
    }
    case 'view.fold':
      return only({ ...session, folded: !session.folded, scroll: 0 });
    case 'view.layout':
      return only({
        ...session,
        layout: viewport.sideBySide ? 'stacked' : 'side_by_side',
        scroll: 0,
      });
    case 'request.open':
      return only(opened(session, 'request'));
    case 'details.open':
      return only(opened(session, 'details'));
    case 'summary.open':
      return only(opened(session, 'summary'));
    case 'help.open':
      return only(opened(session, 'help'));
    case 'side.retry': {
      const current = currentEntry(session);
      if (current === null) return only(session);
      const failed = current.status.baseline === 'failed' || current.status.candidate === 'failed';
      if (!failed) return say(session, 'no side of this pair has failed');
      return {
        session: { ...session, notice: { text: 'trying again', tone: 'plain' } },
        effects: [{ kind: 'retry', captureId: current.captureId }],
      };
    }
    case 'back':
      return only({ ...session, deferred: null, mode: { kind: 'review' } });
    case 'quit':
      return session.replaying && session.mode.kind !== 'quit'
        ? only({ ...session, mode: { kind: 'quit' } })
        : { session, effects: [{ kind: 'quit', interrupted: false }] };
    case 'interrupt':
      return { session, effects: [{ kind: 'quit', interrupted: true }] };
    case 'suspend':
      return { session, effects: [{ kind: 'suspend' }] };
  }
};

const moved = (session: Session, by: 1 | -1): Session => {
  if (session.current === null) return session;
  const target = session.current + by;
  if (target < 0 || target >= session.entries.length) {
    return {
      ...session,
      notice: { text: by > 0 ? 'this is the last pair' : 'this is the first pair', tone: 'plain' },
    };
  }
  return { ...session, current: target, scroll: 0, following: false };
};

const opened = (session: Session, kind: 'request' | 'details' | 'summary' | 'help'): Session => ({
  ...session,
  mode: session.mode.kind === kind ? { kind: 'review' } : { kind, scroll: 0 },
});

const scrolled = (session: Session, id: CommandId, viewport: Viewport): Session => {
  const { mode } = session;
  if ('scroll' in mode) {
    return { ...session, mode: { ...mode, scroll: scrollTo(id, mode.scroll, viewport) } };
  }
  return { ...session, scroll: scrollTo(id, session.scroll, viewport) };
};

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const withoutLast = (text: string): string =>
  [...segmenter.segment(text)]
    .slice(0, -1)
    .map(({ segment }) => segment)
    .join('');
