import { addToComment, eraseFromComment, openComment, saveComment } from './comment.ts';
import { hasFailed } from './entry.ts';
import { tagName, type CommandId } from './keymap.ts';
import { askForRest, giveToRest, undoGroup } from './pattern-verdict.ts';
import {
  beginWalk,
  chooseFromList,
  comparisonsListed,
  endWalk,
  goToUnjudged,
  moveInList,
  openList,
  openPalette,
  pairsListed,
  savedTogether,
  sortList,
} from './queue-commands.ts';
import { found, goToMatch } from './search.ts';
import {
  addToLine,
  applyFilter,
  applySearch,
  completeLine,
  eraseFromLine,
  openFilter,
} from './text-lines.ts';
import { isOnWalk } from './walk.ts';
import { replaceEntries, updateOutcome, updateReplaying, updateSide } from './pair-news.ts';
import { front, nextReadyPair } from './next-pair.ts';
import { beginSaving, saved, savingFailed, stillSaving } from './saving.ts';
import { scrollTo, type Viewport } from './scroll.ts';
import { currentEntry, views, type Session } from './session.ts';
import { only, say, type Action, type Context, type Step } from './step.ts';
import { judgeDeferred, pressVerdictKey } from './verdict-key.ts';

/**
 * Performs one step of the review. Pure: the same session, action and context give the same step.
 */
export const reduce = (session: Session, action: Action, context: Context): Step => {
  const step = take(session, action, context);
  const opensSummary = step.session.mode.kind === 'summary' && session.mode.kind !== 'summary';
  return opensSummary ? { ...step, effects: [...step.effects, { kind: 'summarise' }] } : step;
};

const take = (session: Session, action: Action, context: Context): Step => {
  switch (action.kind) {
    case 'command':
      return takeCommand(session, action.id, action.viewport, context);
    case 'deferred_over':
      return session.deferred?.atMs === action.atMs
        ? judgeDeferred(session, session.deferred, context)
        : only(session);
    case 'text':
      return session.mode.kind === 'comment'
        ? addToComment(session, action.text)
        : addToLine(session, action.text);
    case 'erase':
      return session.mode.kind === 'comment' ? eraseFromComment(session) : eraseFromLine(session);
    case 'committed':
      return saved(session, action.event);
    case 'committed_together':
      return savedTogether(session, action.events);
    case 'filtered':
      return beginWalk(session, { choice: { by: 'filter', text: action.text }, ids: action.ids });
    case 'found':
      return found(session, action);
    case 'pairs_listed':
      return only(pairsListed(session, action.pairs));
    case 'comparisons_listed':
      return only(comparisonsListed(session, action.comparisons));
    case 'commit_failed':
      return savingFailed(session, action.message);
    case 'notice':
      return only({ ...session, notice: action.notice });
    case 'entries':
      return only(replaceEntries(session, action.entries, action.events));
    case 'side':
      return only(updateSide(session, action.captureId, action.side, action.status));
    case 'outcome':
      return only(updateOutcome(session, action.captureId, action.outcome));
    case 'replaying':
      return only(updateReplaying(session, action.replaying));
  }
};

/**
 * Performs a command. A verdict key is deferred while it may be a held key. Another key shows that
 * it is not held, so the deferred key judges first. If the other key is also a verdict key, it
 * judges nothing: its pair has not been seen yet.
 */
const takeCommand = (
  session: Session,
  id: CommandId,
  viewport: Viewport,
  context: Context,
): Step => {
  const { deferred } = session;
  const quiet: Session = { ...session, notice: null };
  if (deferred === null || deferred.id === id || id === 'back') {
    return execute(quiet, id, viewport, context);
  }
  const first = judgeDeferred(quiet, deferred, context);
  const second = execute(first.session, id, viewport, context);
  return { session: second.session, effects: [...first.effects, ...second.effects] };
};

const execute = (session: Session, id: CommandId, viewport: Viewport, context: Context): Step => {
  switch (id) {
    case 'verdict.agree':
    case 'verdict.worse':
    case 'verdict.better':
    case 'verdict.both_bad':
    case 'verdict.skip':
      return pressVerdictKey(session, id, context);
    case 'verdict.undo':
      return undo(session, context);
    case 'tag.1':
    case 'tag.2':
    case 'tag.3':
    case 'tag.4':
    case 'tag.5':
    case 'tag.6':
    case 'tag.7':
    case 'tag.8':
    case 'tag.9':
      return tag(session, tagName(id), context);
    case 'comment.open':
      return openComment(session);
    case 'comment.save':
      return saveComment(session, context);
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
      return only(scroll(session, id, viewport));
    case 'pair.next':
      return goBy(session, 1);
    case 'pair.previous':
      return goBy(session, -1);
    case 'pair.ready':
      return goAhead(session);
    case 'pane.other':
    case 'view.next':
    case 'view.fold':
    case 'view.layout':
      return only(changeView(session, id, viewport));
    case 'request.open':
      return only(toggle(session, 'request'));
    case 'details.open':
      return only(toggle(session, 'details'));
    case 'summary.open':
      return only(toggle(session, 'summary'));
    case 'help.open':
      return only(toggle(session, 'help'));
    case 'filter.open':
      return openFilter(session);
    case 'filter.end':
      return endWalk(session);
    case 'filter.complete':
      return completeLine(session);
    case 'filter.apply':
      return applyFilter(session);
    case 'search.open':
      return only({ ...session, mode: { kind: 'search', text: session.search?.text ?? '' } });
    case 'search.start':
      return applySearch(session);
    case 'match.next':
      return goToMatch(session, 1, viewport);
    case 'match.previous':
      return goToMatch(session, -1, viewport);
    case 'pair.unjudged':
      return goToUnjudged(session);
    case 'pairs.open':
      return openList(session, 'pairs');
    case 'patterns.open':
      return openList(session, 'patterns');
    case 'comparisons.open':
      return openList(session, 'comparisons');
    case 'palette.open':
      return openPalette(session);
    case 'pattern.rest':
      return session.pending === null ? askForRest(session) : say(session, stillSaving);
    case 'pattern.give':
      return session.pending === null ? giveToRest(session, context) : say(session, stillSaving);
    case 'list.down':
    case 'list.up':
    case 'list.page_down':
    case 'list.page_up':
    case 'list.top':
    case 'list.bottom':
      return moveInList(session, id, viewport.height);
    case 'palette.down':
      return moveInList(session, 'list.down', viewport.height);
    case 'palette.up':
      return moveInList(session, 'list.up', viewport.height);
    case 'list.sort':
      return sortList(session);
    case 'list.choose':
      return session.pending === null
        ? chooseFromList(session, (review, chosen) => execute(review, chosen, viewport, context))
        : say(session, stillSaving);
    case 'side.retry':
      return retry(session);
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

const undo = (session: Session, context: Context): Step => {
  const last = session.standing.at(-1);
  if (last?.kind === 'verdict' && last.group !== undefined && session.pending === null) {
    return undoGroup(session, last.group.id, context);
  }
  return last === undefined
    ? say(session, 'nothing to undo')
    : beginSaving(session, last.captureId, { kind: 'undo', undoes: last.id }, context);
};

/** Tags the pair on the screen if it has a verdict, otherwise the pair that was judged last. */
const tag = (session: Session, name: string, context: Context): Step => {
  const current = currentEntry(session);
  const target =
    current !== null && current.verdict !== null
      ? current.captureId
      : session.standing.findLast((event) => event.kind === 'verdict')?.captureId;
  return target === undefined
    ? say(session, 'a tag belongs to a verdict: give a verdict first')
    : beginSaving(session, target, { kind: 'tag', tag: name }, context);
};

const scroll = (session: Session, id: CommandId, viewport: Viewport): Session => {
  const { mode } = session;
  if ('scroll' in mode) {
    return { ...session, mode: { ...mode, scroll: scrollTo(id, mode.scroll, viewport) } };
  }
  return { ...session, scroll: scrollTo(id, session.scroll, viewport) };
};

const goBy = (session: Session, by: 1 | -1): Step => {
  if (session.pending !== null) return say(session, stillSaving);
  if (session.current === null) return only(session);
  let target = session.current + by;
  for (let entry = session.entries[target]; entry !== undefined; entry = session.entries[target]) {
    if (isOnWalk(entry, session.walk)) break;
    target += by;
  }
  return target < 0 || target >= session.entries.length
    ? say(session, by > 0 ? 'this is the last pair' : 'this is the first pair')
    : only({ ...session, current: target, scroll: 0, following: false });
};

/** Goes to an answered pair while the next one in the order waits for its answers. */
const goAhead = (session: Session): Step => {
  if (session.pending !== null) return say(session, stillSaving);
  const { current, entries, replaying } = session;
  const shown = currentEntry(session);
  if (current === null || shown === null) return only(session);
  const next = nextReadyPair(entries, current, replaying, session.walk);
  if (next === null) return say(session, 'no other answered pair waits for a verdict');
  const first = front(entries, replaying);
  return say(
    { ...session, current: next, scroll: 0, following: next === first },
    next === first
      ? 'the next pair in the random order'
      : 'ahead of the random order: a verdict here is counted apart until the pairs before it are judged',
  );
};

const changeView = (
  session: Session,
  id: 'pane.other' | 'view.next' | 'view.fold' | 'view.layout',
  viewport: Viewport,
): Session => {
  switch (id) {
    case 'pane.other':
      return { ...session, pane: session.pane === 'baseline' ? 'candidate' : 'baseline' };
    case 'view.next': {
      const next = views[(views.indexOf(session.view) + 1) % views.length] ?? 'side_by_side';
      return { ...session, view: next, scroll: 0 };
    }
    case 'view.fold':
      return { ...session, folded: !session.folded, scroll: 0 };
    case 'view.layout':
      return {
        ...session,
        layout: viewport.sideBySide ? 'stacked' : 'side_by_side',
        scroll: 0,
      };
  }
};

const toggle = (session: Session, kind: 'request' | 'details' | 'summary' | 'help'): Session => ({
  ...session,
  mode: session.mode.kind === kind ? { kind: 'review' } : { kind, scroll: 0 },
});

const retry = (session: Session): Step => {
  const current = currentEntry(session);
  if (current === null) return only(session);
  if (!hasFailed(current)) return say(session, 'no side of this pair has failed');
  return {
    session: { ...session, notice: { text: 'retrying', tone: 'plain' } },
    effects: [{ kind: 'retry', captureId: current.captureId }],
  };
};
