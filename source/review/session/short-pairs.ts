import { isReady } from './entry.ts';
import { nextOpenRow } from './lists.ts';
import { nextPair, upcomingPairs } from './next-pair.ts';
import { isSamePair, type PairKey } from './pair-key.ts';
import { atTheEnd } from './saving.ts';
import { currentEntry, mayMove, type Session } from './session.ts';
import { only, say, type Action, type Step } from './step.ts';

/** The most pairs on one screen, and those that are loaded on a walk, where some are left out. */
const maximumRows = 60;
const maximumLoaded = 2 * maximumRows;

/**
 * Opens the next pairs of the order as rows of one screen, as far as their answers are one line each, or
 * returns to one pair at a time. A walk leaves out the other pairs; in the order of the queue, they end the rows.
 */
export const openRows = (session: Session): Step => {
  if (session.mode.kind === 'rows') return only({ ...session, mode: { kind: 'review' } });
  if (session.blind || session.resolving) {
    return say(session, 'pairs are judged one at a time when they are blind or in conflict');
  }
  return loadRows(session);
};

const loadRows = (session: Session): Step => {
  const { entries, replaying, walk } = session;
  const most = walk === null ? maximumRows : maximumLoaded;
  const upcoming = upcomingPairs(entries, replaying, most, walk).flatMap(
    (index) => entries.at(index) ?? [],
  );
  // A pair that is still on its way ends the screen: those behind it would be ahead of the order.
  const late = upcoming.findIndex((entry) => !isReady(entry));
  const pairs = late < 0 ? upcoming : upcoming.slice(0, late);
  return {
    session: { ...session, mode: { kind: 'rows', cursor: 0, rows: null, leftOut: 0 } },
    effects: [
      { kind: 'list_rows', pairs, most: maximumRows, others: walk === null ? 'end' : 'left_out' },
    ],
  };
};

/** Returns a step that shows the pairs of a walk as rows if the next ones are short, and changes nothing if not. */
export const offerRows = (step: Step): Step => {
  const { session } = step;
  const next = nextPair(session.entries, session.replaying, session.walk);
  if (session.blind || session.resolving || session.mode.kind !== 'review' || next === null) {
    return step;
  }
  const effects = loadRows(session).effects.map((effect) =>
    effect.kind === 'list_rows' ? { ...effect, isOffered: true } : effect,
  );
  return { session, effects: [...step.effects, ...effects] };
};

/** Puts the loaded rows on the screen; a single one is shown as a pair. */
export const rowsListed = (
  session: Session,
  { first, isOffered = false, leftOut, rows }: Extract<Action, { kind: 'rows_listed' }>,
): Session => {
  const asRows: Session = { ...session, mode: { kind: 'rows', cursor: 0, rows, leftOut } };
  if (isOffered) {
    const isStill = mayMove(session) && isSamePair(first, currentEntry(session));
    return isStill && rows.length > 1 ? asRows : session;
  }
  if (session.mode.kind !== 'rows') return session;
  if (rows.length > 1) return asRows;
  const review: Session = { ...session, mode: { kind: 'review' } };
  const next = nextPair(session.entries, session.replaying, session.walk);
  if (next === null) return session.walk === null ? atTheEnd(review) : review;
  const text = 'the next pairs have longer answers: one at a time';
  return { ...review, current: next, following: true, notice: { text, tone: 'plain' } };
};

/**
 * Returns a step where the pair to judge is the one under the cursor of the rows. When every row has its
 * verdict, the next rows are loaded.
 */
export const followRows = (step: Step): Step => {
  const { session } = step;
  const { entries, mode } = session;
  if (mode.kind !== 'rows' || mode.rows === null) return step;
  const isOpen = (pair: PairKey): boolean => isOpenRow(session, pair);
  if (session.pending === null && session.deferred === null && nextOpenRow(mode, isOpen) < 0) {
    const more = loadRows(session);
    return { session: more.session, effects: [...step.effects, ...more.effects] };
  }
  const row = mode.rows[mode.cursor];
  if (row === undefined || isSamePair(row, currentEntry(session))) return step;
  const current = entries.indexOf(row);
  return current < 0 ? step : { ...step, session: { ...session, current, following: false } };
};

const isOpenRow = ({ entries }: Session, pair: PairKey): boolean => {
  const entry = entries.find(pair);
  return entry !== undefined && entry.verdict === null && entry.skipped === null;
};
