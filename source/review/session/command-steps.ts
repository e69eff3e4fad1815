import type { Side } from '../../comparison/outcome.ts';
import { hiddenLeft } from './blind.ts';
import { openComment, saveComment } from './comment.ts';
import { hasFailed } from './entry.ts';
import { stepThroughJudged } from './judged-pairs.ts';
import { keyHint, tagName, type CommandId, type TagCommand } from './keymap.ts';
import { askForRest, giveToRest, undoGroup } from './pattern-verdict.ts';
import {
  chooseFromList,
  endWalk,
  goToCandidate,
  goToUnjudged,
  moveByKey,
  openComparisonList,
  openPalette,
  goBy,
  goAhead,
} from './queue-commands.ts';
import { openPairs, openPatterns, sortList } from './pair-lists.ts';
import { makeRule, openRuleChoice, openRules, takeBackRule } from './rule-commands.ts';
import { goToMatch } from './search.ts';
import {
  applyFilter,
  applySearch,
  completeLine,
  openFilter,
  openSearch,
  recallLine,
} from './text-lines.ts';
import { beginSaving, stillSaving } from './saving.ts';
import type { Viewport } from './scroll.ts';
import { openRows } from './short-pairs.ts';
import { currentEntry, type Session, type VerdictCommand } from './session.ts';
import { noPair, only, refuse, say, type Context, type Effect, type Step } from './step.ts';
import { goToTurn, leaveTurns } from './turns.ts';
import { notYet, pressVerdictKey } from './verdict-key.ts';
import { changeView, scrollByKey, toggle } from './view-commands.ts';

/** The effects of the commands that hand a pair to other programs, about the pane in the front. */
const effectOf = {
  'copy.answer': (side: Side): Effect => ({ kind: 'copy', what: 'answer', side }),
  'copy.request': (side: Side): Effect => ({ kind: 'copy', what: 'request', side }),
  'pair.pager': (): Effect => ({ kind: 'page' }),
} as const;

export const isVerdictCommand = (id: CommandId): id is VerdictCommand =>
  id.startsWith('verdict.') && id !== 'verdict.undo';

/** Returns what runs a command that was chosen in the palette. */
export const choosing =
  (viewport: Viewport, context: Context) =>
  (review: Session, chosen: CommandId): Step =>
    isVerdictCommand(chosen)
      ? pressVerdictKey(review, chosen, context)
      : execute(review, chosen, viewport, context);

export const execute = (
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
      if (entry === null) return say(session, noPair);
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
      if (currentEntry(session) === null) return say(session, noPair);
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
    case 'difference.next':
    case 'difference.previous':
      return scrollByKey(session, id, viewport);
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
    case 'turn.next':
      return goToTurn(session, 1, viewport.conversation ?? null);
    case 'turn.previous':
      return goToTurn(session, -1, viewport.conversation ?? null);
    case 'pair.ready':
      return goAhead(session);
    case 'pane.other':
    case 'view.next':
    case 'view.raw':
    case 'view.fold':
    case 'view.layout':
    case 'view.reasoning':
      return changeView(session, id, viewport);
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
      return completeLine(session, viewport.conversation?.hash ?? null);
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
      return moveByKey(session, id, viewport.height);
    case 'palette.down':
      return moveByKey(session, 'list.down', viewport.height);
    case 'palette.up':
      return moveByKey(session, 'list.up', viewport.height);
    case 'list.sort':
      return sortList(session);
    case 'list.choose':
      return session.pending === null
        ? chooseFromList(session, choosing(viewport, context))
        : refuse(session, 'the key', stillSaving);
    case 'side.retry':
      return retry(session);
    case 'back':
      if (session.mode.kind !== 'review') return only({ ...session, mode: { kind: 'review' } });
      return session.turns === null
        ? say(session, `nothing is open here · ${keyHint(session.keymap, 'quit')} quits`)
        : say(leaveTurns(session), 'back in the queue');
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
  if (name === null) return only(session);
  if (current === null) return say(session, noPair);
  const why = notYet(session, context);
  return why === null
    ? beginSaving(session, current, { kind: 'tag', tag: name }, context)
    : refuse(session, `the tag ${name}`, why);
};

const retry = (session: Session): Step => {
  const current = currentEntry(session);
  if (current === null) return say(session, noPair);
  if (!hasFailed(current)) return say(session, 'no side of this pair has failed');
  const { captureId, comparisonId } = current;
  return {
    session: { ...session, notice: { text: 'retrying', tone: 'plain' } },
    effects: [{ kind: 'retry', comparisonId, captureId }],
  };
};
