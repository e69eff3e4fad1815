import type { Side } from '../../comparison/outcome.ts';
import { hiddenLeft } from './blind.ts';
import { click } from './click.ts';
import { commentWritten, openComment, saveComment } from './comment.ts';
import { hasFailed } from './entry.ts';
import { stepThroughJudged } from './judged-pairs.ts';
import { tagName, type CommandId, type TagCommand } from './keymap.ts';
import { askForRest, giveToRest, undoGroup } from './pattern-verdict.ts';
import {
  chooseFromList,
  comparisonsListed,
  endWalk,
  filtered,
  goToCandidate,
  goToUnjudged,
  moveInList,
  openComparisonList,
  openPalette,
  savedTogether,
} from './queue-commands.ts';
import {
  followPairs,
  numbersRead,
  openPairs,
  openPatterns,
  pairsListed,
  patternsListed,
  sortList,
} from './pair-lists.ts';
import {
  makeRule,
  openRuleChoice,
  openRules,
  rulesCounted,
  rulesListed,
  rulesOffered,
  takeBackRule,
} from './rule-commands.ts';
import { found, goToMatch } from './search.ts';
import {
  addToLine,
  applyFilter,
  applySearch,
  completeLine,
  editTypedLine,
  openFilter,
  openSearch,
  recallLine,
} from './text-lines.ts';
import { isOnWalk } from './walk.ts';
import { replaceEntries, updateOutcome, updateReplaying, updateSide } from './pair-news.ts';
import { front, nextReadyPair } from './next-pair.ts';
import { beginSaving, saved, savingFailed, stillSaving } from './saving.ts';
import { differencePlace, unmoved } from './place.ts';
import { scrollTo, type Viewport } from './scroll.ts';
import { followRows, openRows, rowsListed } from './short-pairs.ts';
import {
  currentEntry,
  keyOnScreen,
  listOf,
  stillReading,
  type Session,
  type VerdictCommand,
} from './session.ts';
import { only, refuse, say, type Action, type Context, type Effect, type Step } from './step.ts';
import { judgeDeferred, notYet, pairsShown, pressVerdictKey } from './verdict-key.ts';

/**
 * Performs one step of the review. Pure: the same session, action and context give the same step.
 */
export const reduce = (session: Session, action: Action, context: Context): Step => {
  const taken = followPairs(followRows(take(session, action, context)));
  const step = { ...taken, session: atItsPlace(session, taken.session) };
  const opensSummary = step.session.mode.kind === 'summary' && session.mode.kind !== 'summary';
  return opensSummary ? { ...step, effects: [...step.effects, { kind: 'summarise' }] } : step;
};

/** Returns the session after a step, where every pair is shown at the place where it was left. */
const atItsPlace = (before: Session, after: Session): Session => {
  const left = keyOnScreen(before);
  const shown = keyOnScreen(after);
  if (left === shown) return after;
  const { difference, scroll } = before;
  const places =
    left === null || (difference === null && scroll === null)
      ? before.places
      : new Map(before.places).set(left, { scroll, difference });
  const place = (shown === null ? undefined : places.get(shown)) ?? unmoved;
  return { ...after, places, ...place };
};

const take = (session: Session, action: Action, context: Context): Step => {
  switch (action.kind) {
    case 'command':
      return takeCommand(session, action.id, action.viewport, context);
    case 'shown':
      return only(pairsShown(session, action.pairs, context));
    case 'click':
      return afterDeferred(session, context, (next) =>
        click(next, action.target, choosing(action.viewport, context)),
      );
    case 'wheel':
      return only(wheel(session, action.rows, action.viewport));
    case 'deferred_over':
      return session.deferred?.atMs === action.atMs
        ? judgeDeferred(session, session.deferred, context)
        : only(session);
    case 'text':
      return addToLine(session, action.text);
    case 'edit':
      return editTypedLine(session, action.edit);
    case 'comment_written':
      return commentWritten(session, action, context);
    case 'committed':
      return saved(session, action.event);
    case 'committed_together':
      return savedTogether(session, action.events);
    case 'filtered':
      return filtered(session, action);
    case 'found':
      return found(session, action);
    case 'rows_listed':
      return only(rowsListed(session, action.rows));
    case 'pairs_listed':
      return only(pairsListed(session, action.pairs));
    case 'numbers_read':
      return only(numbersRead(session, action.number, action.values));
    case 'patterns_listed':
      return only(patternsListed(session, action));
    case 'comparisons_listed':
      return only(comparisonsListed(session, action.comparisons));
    case 'rules_offered':
      return rulesOffered(session, action.rules);
    case 'rules_counted':
      return only(rulesCounted(session, action.settled));
    case 'rules_listed':
      return only(rulesListed(session, action.rules));
    case 'commit_failed':
      return savingFailed(session, action.message);
    case 'notice':
      return only({ ...session, notice: action.notice });
    case 'entries':
      return only(replaceEntries(session, action.entries, action.events, action));
    case 'side':
      return only(updateSide(session, action, action.side, action.status));
    case 'outcome':
      return only(updateOutcome(session, action, action));
    case 'replaying':
      return only(updateReplaying(session, action.replaying));
  }
};

/**
 * Performs a command. A verdict key is deferred while it may be a held key. Another key shows that
 * it is not held, so the deferred key judges first.
 */
const takeCommand = (
  session: Session,
  id: CommandId,
  viewport: Viewport,
  context: Context,
): Step => {
  if (!isVerdictCommand(id)) {
    return afterDeferred(session, context, (next) => execute(next, id, viewport, context));
  }
  return forget(session, pressVerdictKey({ ...session, notice: null }, id, context));
};

/** Takes a key or a click that is no verdict, after the verdict key that waits. */
const afterDeferred = (
  session: Session,
  context: Context,
  next: (session: Session) => Step,
): Step => {
  const quiet: Session = { ...session, notice: null };
  const { deferred } = session;
  const first = deferred === null ? only(quiet) : judgeDeferred(quiet, deferred, context);
  const second = next({ ...first.session, lastKey: null });
  return forget(session, { ...second, effects: [...first.effects, ...second.effects] });
};

/** Returns what runs a command that was chosen in the palette. */
const choosing =
  (viewport: Viewport, context: Context) =>
  (review: Session, chosen: CommandId): Step =>
    isVerdictCommand(chosen)
      ? pressVerdictKey(review, chosen, context)
      : execute(review, chosen, viewport, context);

/** Scrolls the open document, or moves the cursor of the open list. */
const wheel = (session: Session, rows: number, viewport: Viewport): Session => {
  const [scrolling, moving] =
    rows < 0 ? (['scroll.up', 'list.up'] as const) : (['scroll.down', 'list.down'] as const);
  const isList = listOf(session) !== null;
  if (!isList && session.mode.kind !== 'review' && !('scroll' in session.mode)) return session;
  let next = session;
  for (let row = 0; row < Math.abs(rows); row++) {
    next = isList
      ? moveInList(next, moving, viewport.height).session
      : scroll(next, scrolling, viewport);
  }
  return next;
};

/** Returns the step without the keys that were not taken before, if it has taken its own. */
const forget = (before: Session, step: Step): Step =>
  step.session.refused === before.refused
    ? { ...step, session: { ...step.session, refused: null } }
    : step;

/** The effects of the commands that hand a pair to other programs, about the pane in the front. */
const effectOf = {
  'copy.answer': (side: Side): Effect => ({ kind: 'copy', what: 'answer', side }),
  'copy.request': (side: Side): Effect => ({ kind: 'copy', what: 'request', side }),
  'pair.pager': (): Effect => ({ kind: 'page' }),
} as const;

const isVerdictCommand = (id: CommandId): id is VerdictCommand =>
  id.startsWith('verdict.') && id !== 'verdict.undo';

const execute = (
  session: Session,
  id: Exclude<CommandId, VerdictCommand>,
  viewport: Viewport,
  context: Context,
): Step => {
  switch (id) {
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
      return tag(session, id, context);
    case 'comment.open':
      return openComment(session);
    case 'comment.editor': {
      const entry = currentEntry(session);
      if (entry === null) return only(session);
      const { captureId, comment, comparisonId, control } = entry;
      const pair = { comparisonId, captureId, ...(control === undefined ? {} : { control }) };
      return {
        session,
        effects: [{ kind: 'edit_comment', pair, comment: comment ?? '' }],
      };
    }
    case 'copy.answer':
    case 'copy.request':
    case 'pair.pager':
      return hiddenLeft(session) === null
        ? { session, effects: [effectOf[id](session.pane)] }
        : say(
            session,
            session.controls === null
              ? 'copying and opening this pair wait for the verdict: its models are hidden'
              : 'copying and opening a pair wait until you leave this review: its models are hidden',
            'warning',
          );
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
      return only(scroll(session, id, viewport));
    case 'difference.next':
    case 'difference.previous':
      return viewport.differences.length === 0
        ? say(session, 'no difference is marked here')
        : only(scroll(session, id, viewport));
    case 'pair.next':
      return goBy(session, 1);
    case 'pair.previous':
      return goBy(session, -1);
    case 'judged.previous':
      return stepThroughJudged(session, -1);
    case 'judged.next':
      return stepThroughJudged(session, 1);
    case 'candidate.next':
      return goToCandidate(session);
    case 'pair.ready':
      return goAhead(session);
    case 'pane.other':
    case 'view.next':
    case 'view.raw':
    case 'view.fold':
    case 'view.layout':
    case 'view.reasoning':
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
      return openSearch(session);
    case 'search.start':
      return applySearch(session);
    case 'line.earlier':
      return recallLine(session, 1);
    case 'line.later':
      return recallLine(session, -1);
    case 'match.next':
      return goToMatch(session, 1, viewport);
    case 'match.previous':
      return goToMatch(session, -1, viewport);
    case 'pair.unjudged':
      return goToUnjudged(session);
    case 'pairs.open':
      return openPairs(session);
    case 'rows.open':
      return session.pending === null ? openRows(session) : refuse(session, 'the key', stillSaving);
    case 'patterns.open':
      return openPatterns(session);
    case 'comparisons.open':
      return openComparisonList(session);
    case 'palette.open':
      return openPalette(session);
    case 'pattern.rest':
      return session.pending === null
        ? askForRest(session)
        : refuse(session, 'the key', stillSaving);
    case 'pattern.give':
      return session.pending === null
        ? giveToRest(session, context)
        : refuse(session, 'the key', stillSaving);
    case 'rule.open':
      return openRuleChoice(session, viewport);
    case 'rule.make':
      return makeRule(session);
    case 'rules.open':
      return openRules(session);
    case 'rule.take_back':
      return takeBackRule(session);
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
        ? chooseFromList(session, choosing(viewport, context))
        : refuse(session, 'the key', stillSaving);
    case 'side.retry':
      return retry(session);
    case 'back':
      return only({ ...session, mode: { kind: 'review' } });
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
    : beginSaving(session, last, { kind: 'undo', undoes: last.id }, context);
};

/** Adds a tag to the pair on the screen or, if the pair has it, removes it. */
const tag = (session: Session, id: TagCommand, context: Context): Step => {
  const name = tagName(session.keymap, id);
  const current = currentEntry(session);
  if (current === null || name === null) return only(session);
  const why = notYet(session, context);
  return why === null
    ? beginSaving(session, current, { kind: 'tag', tag: name }, context)
    : refuse(session, `the tag ${name}`, why);
};

const scroll = (session: Session, id: CommandId, viewport: Viewport): Session => {
  const { mode } = session;
  const by = id === 'difference.next' ? 1 : id === 'difference.previous' ? -1 : null;
  if ('scroll' in mode) {
    const top = mode.scroll ?? viewport.opening;
    const target = by === null ? scrollTo(id, top, viewport) : neighbour(top, by, viewport);
    return { ...session, mode: { ...mode, scroll: target } };
  }
  if (by !== null) return { ...session, ...differencePlace(session, by, viewport) };
  const scrolled = scrollTo(id, session.scroll ?? viewport.opening, viewport);
  return { ...session, scroll: scrolled, difference: null };
};

/** Returns the row of the next or previous message of a request, at the top of the screen. */
const neighbour = (top: number, by: 1 | -1, { differences, height, rows }: Viewport): number => {
  const row =
    by > 0
      ? differences.find((start) => start > top)
      : differences.findLast((start) => start < top);
  return Math.min(row ?? top, Math.max(0, rows - height));
};

const goBy = (session: Session, by: 1 | -1): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  if (session.current === null) return only(session);
  // A control pair stands before the pair at the index.
  let target = session.current + (session.control !== null && by > 0 ? 0 : by);
  while (target >= 0 && target < session.entries.length) {
    if (isOnWalk(session.entries, target, session.walk)) break;
    target += by;
  }
  const isBeginning = session.isBeginning || session.walk?.isBeginning === true;
  const last = isBeginning ? stillReading : 'this is the last pair';
  return target < 0 || target >= session.entries.length
    ? say(session, by > 0 ? last : 'this is the first pair')
    : only({ ...session, current: target, control: null, following: false });
};

/** Goes to an answered pair while the next one in the order waits for its answers. */
const goAhead = (session: Session): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  const { current, entries, replaying } = session;
  const shown = currentEntry(session);
  if (current === null || shown === null) return only(session);
  const next = nextReadyPair(entries, current, replaying, session.walk);
  const comparisonId = next === null ? undefined : entries.comparisonAt(next);
  if (next === null || comparisonId === undefined) {
    const none = 'no other answered pair waits for a verdict';
    return say(session, session.isBeginning ? stillReading : none);
  }
  const first = front(entries, replaying, comparisonId);
  return say(
    { ...session, current: next, control: null, following: next === first },
    next === first
      ? 'the next pair in the random order'
      : 'ahead of the random order: a verdict here is counted apart until the pairs before it are judged',
  );
};

const changeView = (
  session: Session,
  id: 'pane.other' | 'view.next' | 'view.raw' | 'view.fold' | 'view.layout' | 'view.reasoning',
  viewport: Viewport,
): Session => {
  switch (id) {
    case 'pane.other': {
      const pane = session.pane === 'baseline' ? 'candidate' : 'baseline';
      const notice = { text: `the ${pane}: y copies its answer`, tone: 'plain' } as const;
      const isTold = viewport.sideBySide && hiddenLeft(session) === null;
      return { ...session, pane, notice: isTold ? notice : session.notice };
    }
    case 'view.next': {
      const { view, views } = viewport;
      const next = (views.indexOf(view) + 1) % views.length;
      // Back at the view that suits this pair, the next pair has the one that suits it.
      return { ...session, view: next === 0 ? null : (views[next] ?? null), ...unmoved };
    }
    case 'view.raw':
      return { ...session, view: session.view === 'raw' ? null : 'raw', ...unmoved };
    case 'view.fold': {
      const folded = !session.folded;
      return session.mode.kind === 'request'
        ? { ...session, folded, mode: { kind: 'request', scroll: null } }
        : { ...session, folded, ...unmoved };
    }
    case 'view.reasoning':
      return { ...session, reasoning: !session.reasoning };
    case 'view.layout':
      return {
        ...session,
        view: viewport.view === 'raw' ? 'raw' : 'side_by_side',
        layout: viewport.sideBySide ? 'stacked' : 'side_by_side',
        ...unmoved,
      };
  }
};

const toggle = (session: Session, kind: 'request' | 'details' | 'summary' | 'help'): Session => ({
  ...session,
  mode: session.mode.kind === kind ? { kind: 'review' } : openedOverlay(kind),
});

const openedOverlay = (kind: 'request' | 'details' | 'summary' | 'help'): Session['mode'] =>
  kind === 'request' ? { kind, scroll: null } : { kind, scroll: 0 };

const retry = (session: Session): Step => {
  const current = currentEntry(session);
  if (current === null) return only(session);
  if (!hasFailed(current)) return say(session, 'no side of this pair has failed');
  const { captureId, comparisonId } = current;
  return {
    session: { ...session, notice: { text: 'retrying', tone: 'plain' } },
    effects: [{ kind: 'retry', comparisonId, captureId }],
  };
};
