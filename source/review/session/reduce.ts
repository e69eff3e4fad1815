import { commentWritten } from './comment.ts';
import type { CommandId } from './keymap.ts';
import {
  comparisonsListed,
  filtered,
  savedTogether,
  chooseFromList,
  goToPair,
} from './queue-commands.ts';
import {
  followPairs,
  numbersRead,
  pairsListed,
  patternsListed,
  refreshPatterns,
} from './pair-lists.ts';
import { patternChecked } from './pattern-verdict.ts';
import { rulesCounted, rulesListed, rulesOffered } from './rule-commands.ts';
import { found } from './search.ts';
import { addToLine, editTypedLine } from './text-lines.ts';
import { replaceEntries, updateOutcome, updateReplaying, updateSide } from './pair-news.ts';
import { saved, savingFailed, stillSaving } from './saving.ts';
import { unmoved } from './place.ts';
import { whileAmongTurns } from './turns.ts';
import type { Viewport } from './scroll.ts';
import { followRows, rowsListed } from './short-pairs.ts';
import { keyOnScreen, listOf, type Session } from './session.ts';
import { only, refuse, type Action, type Context, type Step } from './step.ts';
import { judgeDeferred, pairsShown, pressVerdictKey } from './verdict-key.ts';
import { wheel } from './view-commands.ts';
import { isVerdictCommand, execute, choosing } from './command-steps.ts';
import type { ClickTarget } from './modes.ts';

/**
 * Performs one step of the review. Pure: the same session, action and context give the same step.
 */
export const reduce = (session: Session, action: Action, context: Context): Step => {
  const taken = followPairs(followRows(take(session, action, context)));
  const step = { ...taken, session: atItsPlace(session, whileAmongTurns(taken.session)) };
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
      return only(rowsListed(session, action));
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
      return refreshPatterns(replaceEntries(session, action.entries, action.events, action));
    case 'pattern_checked':
      return patternChecked(session, action);
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

/** Returns the step without the keys that were not taken before, if it has taken its own. */
const forget = (before: Session, step: Step): Step =>
  step.session.refused === before.refused
    ? { ...step, session: { ...step.session, refused: null } }
    : step;

/**
 * Performs a click. One on a row of a list puts the cursor there, and a second one opens the row. `run`
 * executes a command of the palette in the review.
 */
const click = (
  session: Session,
  target: ClickTarget,
  run: (session: Session, id: CommandId) => Step,
): Step => {
  const { mode, pending } = session;
  if (target.kind === 'row') {
    const list = listOf(session);
    if (list === null) return only(session);
    if (list.cursor !== target.index) {
      return only({ ...session, mode: { ...list, cursor: target.index } });
    }
    return pending === null
      ? chooseFromList(session, run)
      : refuse(session, 'the click', stillSaving);
  }
  // A line that is being typed, or a question, is not left by a click.
  if (mode.kind !== 'review' && !('scroll' in mode)) return only(session);
  return pending === null
    ? goToPair({ ...session, mode: { kind: 'review' } }, target.pair)
    : refuse(session, 'the click', stillSaving);
};
