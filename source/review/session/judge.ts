import type { VerdictEvent } from '../../store/verdicts.ts';
import type { Verdict } from '../../comparison/outcome.ts';
import { isLost, isReady } from './entry.ts';
import { currentEntry, type Session } from './session.ts';
import { say, type Context, type Step } from './step.ts';

/** A verdict key (or skip) on the pair on the screen. */
export const judge = (session: Session, id: string, context: Context): Step => {
  const current = currentEntry(session);
  if (current === null) return say(session, 'there is no pair to judge');
  if (id === 'verdict.skip') {
    return append(session, current.captureId, { kind: 'skip' }, context);
  }
  if (!isReady(current)) {
    const text = isLost(current, session.replaying)
      ? 'a side has no answer, so there is nothing to judge: r tries again, J goes on'
      : 'an answer is still arriving';
    return say(session, text, 'warning');
  }
  const verdict = id.slice('verdict.'.length) as Verdict;
  return append(session, current.captureId, { kind: 'verdict', verdict }, context);
};

/** What an event says, without who said it when and of which pair. */
type Body =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'skip' }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'comment'; readonly comment: string }
  | { readonly kind: 'undo'; readonly undoes: string };

/** Said to a key that would act on a pair while an event is being written: a lock may take seconds. */
export const stillSaving = 'the last one is still being saved';

/** Begins an event; while one is being written a second is not begun, so that none is lost. */
export const append = (session: Session, captureId: string, body: Body, context: Context): Step => {
  if (session.pending !== null) return say(session, stillSaving);
  const event: VerdictEvent = {
    id: context.newId(),
    comparisonId: session.comparisonId,
    captureId,
    reviewer: session.reviewer,
    at: new Date(context.nowMs).toISOString(),
    ...body,
  };
  return { session: { ...session, pending: event }, effects: [{ kind: 'append', event }] };
};
