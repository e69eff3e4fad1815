import type { VerdictEvent } from '../../store/verdicts.ts';
import { isReady } from './entry.ts';
import { keyHint } from './keymap.ts';
import type { PatternVerdict } from './modes.ts';
import { front } from './next-pair.ts';
import { pairId } from './pair-key.ts';
import type { Session } from './session.ts';
import { only, say, type Context, type Step } from './step.ts';
import { walkIndexes } from './walk.ts';

/** The most pairs of a pattern that must be judged before the rest can be given their verdict. */
const sampleSize = 5;

/**
 * Returns what the rest of the pattern on the way can be given, or why not yet: a sample of the pattern
 * must be judged, and its verdicts must be the same.
 */
export const patternVerdict = (
  session: Pick<Session, 'entries' | 'keymap' | 'standing' | 'walk'>,
): PatternVerdict | string => {
  const { entries, standing, walk } = session;
  if (walk?.choice.kind !== 'pattern') {
    return `no pattern is open: ${keyHint(session.keymap, 'patterns.open')} lists the patterns`;
  }
  const unseen = new Set(
    standing.flatMap((event) =>
      event.kind === 'verdict' && event.group !== undefined ? [pairId(event)] : [],
    ),
  );
  const own = Array.from(walkIndexes(entries, walk)).flatMap((index) => {
    const entry = entries.at(index);
    return entry === undefined ? [] : [[index, entry] as const];
  });
  const seen = own.filter(([, entry]) => entry.verdict !== null && !unseen.has(pairId(entry)));
  const rest = own.filter(([, entry]) => entry.verdict === null && isReady(entry));
  if (rest.length === 0) return 'every pair of this pattern has a verdict';
  if (seen.length < sampleSize) {
    return `judge ${sampleSize - seen.length} more of this pattern first: ${seen.length} of ${own.length} seen`;
  }
  const verdicts = new Set(seen.map(([, { verdict }]) => verdict));
  const [verdict] = verdicts;
  if (verdicts.size > 1 || verdict === null || verdict === undefined) {
    return 'the verdicts on this pattern differ, so the rest needs to be judged pair by pair';
  }
  return {
    verdict,
    pattern: walk.choice.text,
    seen: seen.length,
    rest: rest.map(([index]) => index),
  };
};

/** Asks whether the rest of the pattern gets the verdict of its sample. */
export const askForRest = (session: Session): Step => {
  const found = patternVerdict(session);
  return typeof found === 'string'
    ? say(session, found, 'warning')
    : only({ ...session, mode: { kind: 'rest', found } });
};

/** Starts saving the verdicts on the rest of a pattern, all as one. */
export const giveToRest = (session: Session, context: Context): Step => {
  const { entries, mode, walk } = session;
  if (mode.kind !== 'rest' || walk === null) return only(session);
  const { found } = mode;
  // A pattern is of one comparison.
  const comparisonId = entries.at(found.rest[0] ?? -1)?.comparisonId;
  if (comparisonId === undefined) return only({ ...session, mode: { kind: 'review' } });
  const first = front(entries, session.replaying, comparisonId);
  let group: string | null = null;
  const events = found.rest.flatMap((index): readonly VerdictEvent[] => {
    const entry = entries.at(index);
    if (entry === undefined) return [];
    const id = context.newId();
    group ??= id;
    return [
      {
        id,
        comparisonId,
        captureId: entry.captureId,
        reviewer: session.reviewer,
        at: new Date(context.nowMs).toISOString(),
        kind: 'verdict',
        verdict: found.verdict,
        ahead: first < index && entry.skipped === null,
        chosen: walk.choice,
        group: { id: group, seen: found.seen },
      },
    ];
  });
  return savingTogether({ ...session, mode: { kind: 'review' } }, events);
};

/** Starts the undo of all verdicts that were given together with this one. */
export const undoGroup = (session: Session, groupId: string, context: Context): Step => {
  const events = session.standing.flatMap((event): readonly VerdictEvent[] =>
    event.kind === 'verdict' && event.group?.id === groupId
      ? [
          {
            id: context.newId(),
            comparisonId: event.comparisonId,
            captureId: event.captureId,
            reviewer: session.reviewer,
            at: new Date(context.nowMs).toISOString(),
            kind: 'undo',
            undoes: event.id,
          },
        ]
      : [],
  );
  return savingTogether(session, events);
};

const savingTogether = (session: Session, events: readonly VerdictEvent[]): Step => {
  const [first] = events;
  return first === undefined
    ? only(session)
    : {
        session: { ...session, pending: first },
        effects: [{ kind: 'append_together', events }],
      };
};
