import { hiddenLeft } from './blind.ts';
import { keyHint, type CommandId } from './keymap.ts';
import { moveInList } from './queue-commands.ts';
import { currentDifference, differencePlace, unmoved } from './place.ts';
import { scrollTo, type Viewport } from './scroll.ts';
import { currentEntry, listOf, type Session } from './session.ts';
import { noPair, only, say, type Step } from './step.ts';

/** Scrolls the open document, or moves the cursor of the open list. */
export const wheel = (session: Session, rows: number, viewport: Viewport): Session => {
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

/** Scrolls by a key, which says so if it cannot. */
export const scrollByKey = (session: Session, id: CommandId, viewport: Viewport): Step => {
  const { mode } = session;
  if (mode.kind === 'review' && currentEntry(session) === null) return say(session, noPair);
  const isJump = id === 'difference.next' || id === 'difference.previous';
  if (isJump && viewport.differences.length === 0)
    return say(session, 'no difference is marked here');
  const next = scroll(session, id, viewport);
  const top = ({ mode: now, scroll: row }: Session): number =>
    ('scroll' in now ? now.scroll : row) ?? viewport.opening;
  const place = (now: Session): number | null => currentDifference(now, viewport.differences);
  // A key that stays where it is does not count as a movement either.
  if (top(next) !== top(session)) return only(next);
  if (isJump) {
    const what = mode.kind === 'review' ? 'difference' : 'message';
    if (mode.kind === 'review' && place(next) !== place(session)) return only(next);
    // A screen reader has it read again.
    return say(next, `this is the ${id === 'difference.next' ? 'last' : 'first'} ${what}`);
  }
  if (viewport.rows <= viewport.height) return say(session, 'all of it is on the screen');
  return say(session, top(session) === 0 ? 'this is the top' : 'this is the end');
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

/** Changes how the pair is shown, and says so where nothing on the screen does. */
export const changeView = (
  session: Session,
  id: 'pane.other' | 'view.next' | 'view.raw' | 'view.fold' | 'view.layout' | 'view.reasoning',
  viewport: Viewport,
): Step => {
  if (currentEntry(session) === null) return say(session, noPair);
  switch (id) {
    case 'pane.other': {
      const pane = session.pane === 'baseline' ? 'candidate' : 'baseline';
      const copies = keyHint(session.keymap, 'copy.answer');
      return hiddenLeft(session) === null
        ? say({ ...session, pane }, `the ${pane}: ${copies} copies its answer`)
        : say({ ...session, pane }, `the ${pane === 'baseline' ? 'left' : 'right'} answer`);
    }
    case 'view.next':
    case 'view.raw':
      return viewport.views.length === 1
        ? say(session, 'this pair has no other view: its answers are not aligned')
        : only(otherView(session, id, viewport));
    case 'view.fold':
      return viewport.isFoldable
        ? only(otherView(session, id, viewport))
        : say(session, 'nothing can be folded here');
    case 'view.reasoning':
      return viewport.hasReasoning
        ? only(otherView(session, id, viewport))
        : say(session, 'no reasoning is here');
    default:
      return only(otherView(session, id, viewport));
  }
};

const otherView = (
  session: Session,
  id: 'view.next' | 'view.raw' | 'view.fold' | 'view.layout' | 'view.reasoning',
  viewport: Viewport,
): Session => {
  switch (id) {
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

export const toggle = (
  session: Session,
  kind: 'request' | 'details' | 'summary' | 'help',
): Session => ({
  ...session,
  mode: session.mode.kind === kind ? { kind: 'review' } : openedOverlay(kind),
});

const openedOverlay = (kind: 'request' | 'details' | 'summary' | 'help'): Session['mode'] =>
  kind === 'request' ? { kind, scroll: null } : { kind, scroll: 0 };
