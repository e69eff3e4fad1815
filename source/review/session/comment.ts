import { lineOf } from './line-edit.ts';
import { beginSaving, stillSaving } from './saving.ts';
import { currentEntry, pairKey, type Session } from './session.ts';
import { noPair, only, refuse, say, type Context, type EventPair, type Step } from './step.ts';

/** The most characters in a comment. */
export const maximumComment = 4000;

/** Opens the comment on the current pair. */
export const openComment = (session: Session): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  const current = currentEntry(session);
  return current === null
    ? say(session, noPair)
    : only({ ...session, mode: { kind: 'comment', line: lineOf(current.comment ?? '') } });
};

/** Saves the open comment if it has changed. */
export const saveComment = (session: Session, context: Context): Step => {
  const current = currentEntry(session);
  if (session.mode.kind !== 'comment' || current === null) return only(session);
  const comment = session.mode.line.text.trim();
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
