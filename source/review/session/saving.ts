import type { VerdictEvent } from '../../store/verdicts.ts';
import { addEvent, noMarks, type Marks } from './entry.ts';
import { nextPending } from './next-pair.ts';
import type { Notice, Session } from './session.ts';

/** The session after an event is on disk. */
export const committed = (session: Session, event: VerdictEvent): Session => {
  const index = session.entries.findIndex((entry) => entry.captureId === event.captureId);
  const standing =
    event.kind === 'undo'
      ? session.standing.filter((standingEvent) => standingEvent.id !== event.undoes)
      : [...session.standing, event];
  let folded: Marks = noMarks;
  for (const [place, standingEvent] of standing.entries()) {
    if (standingEvent.captureId === event.captureId)
      folded = addEvent(folded, standingEvent, place);
  }
  const entry = session.entries[index];
  const next: Session = {
    ...session,
    pending: null,
    standing,
    entries:
      entry === undefined ? session.entries : session.entries.with(index, { ...entry, ...folded }),
  };
  const at = (text: string, hint = 'u undoes'): Notice => ({
    text: `${text} (${hint})`,
    tone: 'plain',
  });
  switch (event.kind) {
    case 'verdict':
      return advanced(
        next,
        index,
        at(
          `${event.captureId}: ${words(event.verdict)}`,
          event.verdict === 'agree' ? 'u undoes' : 'u undoes, 1–9 say why',
        ),
      );
    case 'skip':
      return advanced(next, index, at(`${event.captureId}: skipped`));
    case 'tag': {
      const on = folded.tags.includes(event.tag);
      return {
        ...next,
        notice: {
          text: `${event.captureId}: ${on ? '' : 'no longer '}${event.tag}`,
          tone: 'plain',
        },
      };
    }
    case 'comment':
      return {
        ...next,
        mode: { kind: 'review' },
        notice: { text: `${event.captureId}: comment saved`, tone: 'plain' },
      };
    case 'undo':
      return {
        ...next,
        mode: { kind: 'review' },
        current: index < 0 ? next.current : index,
        following: false,
        scroll: index === next.current ? next.scroll : 0,
        notice: { text: `${event.captureId}: undone`, tone: 'plain' },
      };
  }
};

const words = (text: string): string => text.replaceAll('_', ' ');

/** From the pair that was judged to the next one that waits for a verdict; the summary when none does. */
const advanced = (session: Session, judged: number, notice: Notice): Session => {
  if (session.current !== judged) return { ...session, notice };
  const next = nextPending(session.entries, judged + 1, session.replaying);
  if (next === null) {
    return {
      ...session,
      mode: { kind: 'summary', scroll: 0 },
      notice: { text: 'every pair that can be judged is judged', tone: 'plain' },
    };
  }
  return { ...session, current: next, scroll: 0, following: true, notice };
};
