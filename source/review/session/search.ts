import { count } from '../../text/numbers.ts';
import { keyHint, type Keymap } from './keymap.ts';
import type { Search } from './modes.ts';
import type { Viewport } from './scroll.ts';
import { hasPair, pairCount } from './pair-key.ts';
import { currentEntry, mayMove, type Session } from './session.ts';
import { noPair, only, say, type Action, type Step } from './step.ts';

/** Rows above a match after a jump. */
const margin = 2;

/**
 * Goes to the next match, or with -1 to the previous one: in the pair on the screen, then in the next pair
 * of the order that has one, and from the last pair on to the first.
 */
export const goToMatch = (session: Session, by: 1 | -1, viewport: Viewport): Step => {
  const { current, entries, search } = session;
  if (search === null) return say(session, `${keyHint(session.keymap, 'search.open')} searches`);
  if (current === null) return say(session, noPair);
  const scroll = session.scroll ?? viewport.opening;
  const last = Math.max(0, viewport.rows - viewport.height);
  const rows = (viewport.matches ?? []).map((at) => Math.min(Math.max(0, at - margin), last));
  const row = by === 1 ? rows.find((at) => at > scroll) : rows.findLast((at) => at < scroll);
  if (row !== undefined) return only({ ...session, scroll: row, difference: null });
  const found = entries.indexesOf(search.pairs);
  const next =
    by === 1
      ? (found.find((index) => index > current) ?? found[0])
      : (found.findLast((index) => index < current) ?? found.at(-1));
  if (next === undefined) return say(session, 'no pair contains this text');
  const soFar = search.isBeginning === true ? ' so far' : '';
  const place = `${found.indexOf(next) + 1} of ${count(pairCount(search.pairs))}${soFar} with this text`;
  return next === current
    ? say(session, 'no other match')
    : say({ ...session, current: next, control: null, following: false }, place);
};

/** Puts the result of a search in force, and goes to the first pair that has the text. */
export const found = (
  session: Session,
  { pairs, part, text }: Extract<Action, { kind: 'found' }>,
): Step => {
  const { notice, search: before } = session;
  const search: Search = part === 'first' ? { text, pairs, isBeginning: true } : { text, pairs };
  // A search that began with the first pairs gets the others, unless the reviewer has left it meanwhile.
  const hasBegun = before?.isBeginning === true && before.text === text;
  if (part === 'all' && !hasBegun) return only(session);
  if (hasBegun) {
    // The progress of the search may follow.
    const isSaid = notice?.text.startsWith(hitsText(before, session.keymap)) === true;
    const next: Session = { ...session, search };
    return isSaid ? say(next, hitsText(search, session.keymap)) : only(next);
  }
  const next: Session = { ...session, search };
  const shown = currentEntry(session);
  if (pairCount(search.pairs) === 0) {
    return say({ ...session, search: null }, 'no pair contains this text');
  }
  if (!mayMove(session) || (shown !== null && hasPair(search.pairs, shown))) {
    return say(next, hitsText(search, session.keymap));
  }
  const from = session.current ?? 0;
  const indexes = session.entries.indexesOf(search.pairs);
  const index = indexes.find((at) => at >= from) ?? indexes[0];
  return index === undefined
    ? say({ ...session, search: null }, 'no pair contains this text')
    : say(
        { ...next, current: index, control: null, following: false },
        hitsText(search, session.keymap),
      );
};

/** Says how many pairs have the text of a search. */
export const hitsText = ({ isBeginning, pairs }: Search, map: Keymap): string => {
  const hits = pairCount(pairs);
  const keys = `${keyHint(map, 'match.next')} ${keyHint(map, 'match.previous')}: next, previous match`;
  return isBeginning === true
    ? `${count(hits)} ${hits === 1 ? 'pair has' : 'pairs have'} this text so far · ${keys}`
    : `${count(hits)} ${hits === 1 ? 'pair has' : 'pairs have'} this text · ${keys}`;
};
