import { LazySegmenter } from '../../text/lazy-segmenter.ts';
import { beginSaving, stillSaving } from './saving.ts';
import { currentEntry, type Session } from './session.ts';
import { only, refuse, say, type Context, type Step } from './step.ts';

/** The most characters in a comment. A longer paste is truncated, and the screen says so. */
const maximumComment = 4000;

/** Opens the comment on the current pair. */
export const openComment = (session: Session): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  const current = currentEntry(session);
  return current === null
    ? only(session)
    : only({ ...session, mode: { kind: 'comment', text: current.comment ?? '' } });
};

/** Adds typed or pasted text to the open comment, which is a single line. */
export const addToComment = (session: Session, text: string): Step => {
  const { mode } = session;
  if (mode.kind !== 'comment') return only(session);
  const whole = mode.text + text.replaceAll(/\s+/g, ' ');
  const next: Session = {
    ...session,
    mode: { ...mode, text: whole.slice(0, maximumComment).toWellFormed() },
  };
  return whole.length <= maximumComment
    ? only({ ...next, notice: null })
    : say(
        next,
        `a comment has at most ${maximumComment} characters: the rest is cut off`,
        'warning',
      );
};

const segmenter = new LazySegmenter(undefined, { granularity: 'grapheme' });

/** Removes the last grapheme of the open comment. */
export const eraseFromComment = (session: Session): Step => {
  const { mode } = session;
  if (mode.kind !== 'comment') return only(session);
  const graphemes = [...segmenter.segment(mode.text)].map(({ segment }) => segment);
  return only({ ...session, mode: { ...mode, text: graphemes.slice(0, -1).join('') } });
};

/** Saves the open comment if it has changed. */
export const saveComment = (session: Session, context: Context): Step => {
  const current = currentEntry(session);
  if (session.mode.kind !== 'comment' || current === null) return only(session);
  const comment = session.mode.text.trim();
  if (comment === (current.comment ?? '')) return only({ ...session, mode: { kind: 'review' } });
  return beginSaving(session, current.captureId, { kind: 'comment', comment }, context);
};
