import { count } from '../../text/numbers.ts';
import { ruleWords } from '../../comparison/settling-rules.ts';
import { printFilter, type Filter } from '../../filter/filter.ts';
import type { RuleRecord } from '../../store/comparisons/stored-rules.ts';
import type { ListedComparison } from '../../store/comparisons/comparisons.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { candidatesAt } from './candidates.ts';
import { controlEntry, nextPlace } from './controls.ts';
import { isReady } from './entry.ts';
import { keyHint, type CommandId } from './keymap.ts';
import { lineOf } from './line-edit.ts';
import { pairsAt } from './known-matches.ts';
import { moveCursor, paletteRows, type ListMode } from './lists.ts';
import { nextPair, front, nextReadyPair } from './next-pair.ts';
import type { PairKey } from './pair-key.ts';
import { restHint } from './pattern-verdict.ts';
import { stillSaving } from './saving.ts';
import { offerRows } from './short-pairs.ts';
import {
  currentEntry,
  keyOnScreen,
  listOf,
  mayMove,
  stillReading,
  type Session,
} from './session.ts';
import { noPair, only, refuse, say, type Action, type Step } from './step.ts';
import { walkIndexes, isOnWalk, type Walk } from './walk.ts';

/** Opens the list of comparisons and has its rows loaded, or closes it. */
export const openComparisonList = (session: Session): Step => {
  if (session.mode.kind === 'comparisons') return only({ ...session, mode: { kind: 'review' } });
  return session.replaying
    ? say(session, 'a replay is running: quit it before you open another comparison')
    : {
        session: { ...session, mode: { kind: 'comparisons', cursor: 0, rows: null } },
        effects: [{ kind: 'list_comparisons' }],
      };
};

/** Opens the line that goes to a pair or runs a command. */
export const openPalette = (session: Session): Step =>
  only({
    ...session,
    mode: { kind: 'palette', line: lineOf(''), cursor: 0, rows: paletteRows(session.keymap, '') },
  });

/** Puts loaded comparisons into the open list. */
export const comparisonsListed = (session: Session, rows: readonly ListedComparison[]): Session => {
  const { mode } = session;
  if (mode.kind !== 'comparisons') return session;
  const cursor = Math.max(
    0,
    rows.findIndex(({ id }) => session.comparisonIds.includes(id)),
  );
  return { ...session, mode: { ...mode, rows, cursor } };
};

/** Moves the cursor of the open list. */
export const moveInList = (session: Session, id: CommandId, height: number): Step => {
  const list = listOf(session);
  return list === null ? only(session) : only({ ...session, mode: moveCursor(list, id, height) });
};

/** Moves the cursor of the open list by a key, which says so if it cannot. */
export const moveByKey = (session: Session, id: CommandId, height: number): Step => {
  const step = moveInList(session, id, height);
  const [before, after] = [listOf(session), listOf(step.session)];
  if (before === null || after === null || before.cursor !== after.cursor) return step;
  if (before.rows === null || before.rows.length === 0) return say(session, emptyText(before));
  return say(
    session,
    before.cursor === 0 && isUpwards(id) ? 'this is the first row' : 'this is the last row',
  );
};

const isUpwards = (id: CommandId): boolean =>
  id === 'list.up' || id === 'list.page_up' || id === 'list.top';

/** Why nothing can be done with the rows of a list that shows none. */
const emptyText = ({ rows }: ListMode): string =>
  rows === null ? 'the list is still being loaded' : 'the list is empty';

/**
 * Opens what the cursor stands on. `run` executes a command of the palette in the review.
 */
export const chooseFromList = (
  session: Session,
  run: (session: Session, id: CommandId) => Step,
): Step => {
  const list = listOf(session);
  return list === null ? only(session) : choose(session, list, run);
};

const choose = (
  session: Session,
  list: ListMode,
  run: (session: Session, id: CommandId) => Step,
): Step => {
  const review: Session = { ...session, mode: { kind: 'review' } };
  switch (list.kind) {
    case 'rows': {
      const row = list.rows?.[list.cursor];
      return row === undefined ? say(session, emptyText(list)) : goToPair(review, row);
    }
    case 'pairs': {
      const index = list.rows?.[list.cursor];
      return index === undefined ? say(session, emptyText(list)) : goTo(review, index);
    }
    case 'patterns': {
      const row = list.rows?.[list.cursor];
      if (row === undefined) return say(session, emptyText(list));
      return offerRows(
        beginWalk(review, {
          choice: { kind: 'pattern', text: `${row.endpoint}: ${row.label}` },
          pairs: pairsAt(list.entries, row.indexes),
          pattern: { key: row.key, sidelessText: `${row.endpoint}: ${row.sidelessLabel}` },
        }),
      );
    }
    case 'comparisons': {
      const row = list.rows?.[list.cursor];
      if (row === undefined) return say(session, emptyText(list));
      return session.comparisonIds.includes(row.id) && session.comparisonIds.length === 1
        ? only(review)
        : { session: review, effects: [{ kind: 'open_comparison', comparisonId: row.id }] };
    }
    case 'rules': {
      const row = list.rows?.[list.cursor];
      return row === undefined
        ? say(session, emptyText(list))
        : { session: review, effects: [{ kind: 'filter', text: printFilter(settledByRule(row)) }] };
    }
    case 'rule':
      return only(session);
    case 'palette': {
      const text = list.line.text.trim();
      const place = placeOf(session, text);
      if (place !== null) return goTo(review, place);
      const row = list.rows[list.cursor];
      return row === undefined || text === ''
        ? say(session, 'type the number or the id of a pair, or words of a command', 'warning')
        : run(review, row.id);
    }
  }
};

/** The filter for the pairs of which a rule covers a difference. */
const settledByRule = (rule: RuleRecord): Filter => ({
  kind: 'label',
  name: 'rule',
  value: `${ruleWords(rule)} ${rule.author}`,
});

/** The index of the pair with this number, counted from 1, or id; null if there is none. */
const placeOf = ({ entries }: Session, text: string): number | null => {
  const byId = entries.firstOf(text);
  if (byId >= 0) return byId;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= entries.length ? number - 1 : null;
};

/** Goes to a pair. */
export const goToPair = (session: Session, pair: PairKey): Step => {
  const index = session.entries.indexOf(pair);
  return index < 0 ? say(session, 'this pair is not in the queue any more') : goTo(session, index);
};

const goTo = (session: Session, index: number): Step =>
  only({ ...session, current: index, control: null, following: false });

/** Goes to the next candidate of the request on the screen, from the last one to the first. */
export const goToCandidate = (session: Session): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  if (session.current === null) return say(session, noPair);
  const indexes = candidatesAt(session.entries, session.current);
  const next = indexes[(indexes.indexOf(session.current) + 1) % indexes.length];
  return indexes.length < 2 || next === undefined
    ? say(session, 'this review has one candidate for this request')
    : only({ ...session, current: next, control: null, following: false });
};

/** Goes to the first pair in the order that waits for a verdict. */
export const goToUnjudged = (session: Session): Step => {
  const place = nextPlace(session);
  if (place === null) {
    return say(session, session.isBeginning ? stillReading : 'no pair waits for a verdict');
  }
  const next: Session = { ...session, ...place, turns: null, following: session.walk === null };
  return keyOnScreen(next) === keyOnScreen(session)
    ? say(next, 'this pair is the next that waits for a verdict')
    : only(next);
};

/** Walks the pairs that match a filter. */
export const filtered = (
  session: Session,
  { pairs, part, text }: Extract<Action, { kind: 'filtered' }>,
): Step => {
  const choice = { kind: 'filter', text } as const;
  const { notice, walk } = session;
  // A walk that began with the first pairs gets the others, unless the reviewer has left it meanwhile.
  const hasBegun = walk?.isBeginning === true && walk.choice.text === text;
  if (part === 'all' && !hasBegun) return only(session);
  if (!hasBegun) return beginWalk(session, { choice, pairs, isBeginning: part === 'first' });
  const next: Walk = part === 'first' ? { ...walk, pairs } : { choice, pairs };
  const isSaid = notice?.text === walkText(session, walk);
  return isSaid
    ? say({ ...session, walk: next }, walkText(session, next))
    : only({ ...session, walk: next });
};

/** Says how many pairs a walk has. */
const walkText = (session: Session, walk: Walk): string => {
  const { entries, keymap } = session;
  const length = walkIndexes(entries, walk).length;
  const pairs = `${count(length)} ${length === 1 ? 'pair' : 'pairs'}${walk.isBeginning === true ? ' so far' : ''}`;
  const whole = `${keyHint(keymap, 'filter.end')}: every pair`;
  const hint = restHint({ ...session, walk });
  return hint === null ? `${pairs} · ${whole}` : `${pairs} · ${hint} · ${whole}`;
};

/** Walks only some pairs from now on. */
const beginWalk = (session: Session, walk: Walk): Step => {
  const [first] = walkIndexes(session.entries, walk);
  if (first === undefined) return say(session, 'no pair matches', 'warning');
  const text = walkText(session, walk);
  if (!mayMove(session)) return say({ ...session, walk }, text);
  const next = nextPair(session.entries, session.replaying, walk) ?? first;
  return say({ ...session, walk, current: next, control: null, following: false }, text);
};

/** Returns to the whole queue. */
export const endWalk = (session: Session): Step =>
  session.walk === null
    ? say(session, 'there is no filter')
    : say({ ...session, walk: null }, 'every pair again');

/** Returns the session after events that belong together are on disk. */
export const savedTogether = (session: Session, events: readonly VerdictEvent[]): Step => {
  const undone = new Set(events.flatMap((event) => (event.kind === 'undo' ? [event.undoes] : [])));
  const standing = [
    ...session.standing.filter(({ id }) => !undone.has(id)),
    ...events.filter(({ kind }) => kind !== 'undo'),
  ];
  const given = [
    ...session.given.filter(({ eventId }) => !undone.has(eventId)),
    ...events.flatMap((event) =>
      event.kind === 'verdict' ? [{ eventId: event.id, verdict: event.verdict, tookMs: null }] : [],
    ),
  ];
  const entries = session.entries.withMarks(standing);
  const undoKey = keyHint(session.keymap, 'verdict.undo');
  const whole = `${keyHint(session.keymap, 'filter.end')}: every pair`;
  const what =
    undone.size > 0
      ? 'verdicts undone'
      : `verdicts given by the pattern (${undoKey}: undo) · ${whole}`;
  const next: Session = { ...session, pending: null, standing, entries, given };
  const control = session.control === null ? null : controlEntry(next, session.control);
  return say({ ...next, control }, `${events.length} ${what}`);
};

export const goBy = (session: Session, by: 1 | -1): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  if (session.current === null) return say(session, noPair);
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
export const goAhead = (session: Session): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  const { current, entries, replaying } = session;
  const shown = currentEntry(session);
  if (current === null || shown === null) return say(session, noPair);
  if (isReady(shown) && shown.verdict === null && shown.skipped === null) {
    const key = keyHint(session.keymap, 'verdict.skip');
    return say(session, `this pair has its answers: judge it, or skip it with ${key}`);
  }
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
