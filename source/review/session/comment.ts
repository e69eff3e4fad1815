import { editLine, type LineEdit } from './line-edit.ts';
import { beginSaving, stillSaving } from './saving.ts';
import { currentEntry, pairKey, type Session } from './session.ts';
import { only, refuse, say, type Context, type EventPair, type Step } from './step.ts';

/** The most characters in a comment. A longer paste is truncated, and the screen says so. */
const maximumComment = 4000;

/** Opens the comment on the current pair. */
export const openComment = (session: Session): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  const current = currentEntry(session);
  return current === null
    ? only(session)
    : only({ ...session, mode: commentMode(current.comment ?? '') });
};

const commentMode = (text: string): Session['mode'] => ({
  kind: 'comment',
  text,
  cursor: text.length,
});

/** Adds typed or pasted text to the open comment, a single line, where the cursor is. */
export const addToComment = (session: Session, text: string): Step => {
  const { mode } = session;
  if (mode.kind !== 'comment') return only(session);
  const room = maximumComment - mode.text.length;
  const line = text.replaceAll(/\s+/g, ' ');
  const added = line.slice(0, Math.max(0, room)).toWellFormed();
  const next: Session = {
    ...session,
    mode: {
      ...mode,
      text: mode.text.slice(0, mode.cursor) + added + mode.text.slice(mode.cursor),
      cursor: mode.cursor + added.length,
    },
  };
  return line.length <= room
    ? only({ ...next, notice: null })
    : say(
        next,
        `a comment has at most ${maximumComment} characters: the rest is cut off`,
        'warning',
      );
};

/** Changes the open comment, or moves its cursor. */
export const editComment = (session: Session, edit: LineEdit): Step =>
  session.mode.kind === 'comment'
    ? only({ ...session, mode: { ...session.mode, ...editLine(session.mode, edit) } })
    : only(session);

/** Saves the open comment if it has changed. */
export const saveComment = (session: Session, context: Context): Step => {
  const current = currentEntry(session);
  if (session.mode.kind !== 'comment' || current === null) return only(session);
  const comment = session.mode.text.trim();
  if (comment === (current.comment ?? '')) return only({ ...session, mode: { kind: 'review' } });
  return beginSaving(session, current, { kind: 'comment', comment }, context);
};

/** Saves a comment that was written in an editor, as one line, if it has changed. */
export const commentWritten = (
  session: Session,
  { pair, text }: { readonly pair: EventPair; readonly text: string },
  context: Context,
): Step => {
  const { control } = session;
  const entry =
    pair.control === undefined
      ? session.entries.find(pair)
      : control !== null && pairKey(control) === pairKey(pair)
        ? control
        : undefined;
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const comment = line.slice(0, maximumComment).toWellFormed();
  if (entry === undefined || comment === (entry.comment ?? '')) {
    return say(session, 'the comment has not changed');
  }
  return beginSaving(session, pair, { kind: 'comment', comment }, context);
};
