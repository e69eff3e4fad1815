import type { Verdict } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { count } from '../../text/numbers.ts';
import { isReady } from './entry.ts';
import { keyHint } from './keymap.ts';
import type { PatternVerdict } from './modes.ts';
import { front } from './next-pair.ts';
import { hasPair, pairId } from './pair-key.ts';
import type { Session } from './session.ts';
import { only, say, type Context, type Step } from './step.ts';
import { walkIndexes } from './walk.ts';

/** The number of pairs of a pattern that must be judged before the rest can be given their verdict. */
const sampleSize = 5;

type Walked = Pick<Session, 'entries' | 'keymap' | 'standing' | 'walk'>;

/** What a reviewer has judged of the pattern on the way. */
type Sample = {
  readonly pairs: number;
  /** Those with a verdict, and those of them that the reviewer looked at. */
  readonly judged: number;
  readonly seen: number;
  /** The verdicts on the pairs that the reviewer looked at, each once. */
  readonly verdicts: readonly Verdict[];
};

/** Returns the sample of the pattern on the way; null if the walk is not over one. */
const sampleOf = ({ entries, standing, walk }: Walked): Sample | null => {
  if (walk?.choice.kind !== 'pattern') return null;
  const unseen = new Set(
    standing.flatMap((event) =>
      event.kind === 'verdict' && event.group !== undefined ? [pairId(event)] : [],
    ),
  );
  const judged = [...entries.marked()].filter(
    (entry) => entry.verdict !== null && hasPair(walk.pairs, entry),
  );
  const seen = judged.filter((entry) => !unseen.has(pairId(entry)));
  return {
    pairs: walkIndexes(entries, walk).length,
    judged: judged.length,
    seen: seen.length,
    verdicts: [...new Set(seen.flatMap(({ verdict }) => verdict ?? []))],
  };
};

/**
 * Returns what the rest of the pattern on the way can be given, or why not yet: a sample of the pattern
 * must be judged, and its verdicts must be the same.
 */
const patternVerdict = (session: Walked): PatternVerdict | string => {
  const { entries, keymap, walk } = session;
  const sample = sampleOf(session);
  if (walk === null || sample === null) {
    return `no pattern is open: ${keyHint(keymap, 'patterns.open')} lists the patterns`;
  }
  if (sample.judged === sample.pairs) return 'every pair of this pattern has a verdict';
  if (sample.pairs <= sampleSize) {
    return `this pattern has only ${pairs(sample.pairs)}: judge each of them`;
  }
  if (sample.seen < sampleSize) {
    return `judge ${sampleSize - sample.seen} more of this pattern first: ${sample.seen} of ${sample.pairs} seen`;
  }
  const [verdict, ...others] = sample.verdicts;
  if (verdict === undefined || others.length > 0) {
    return 'the verdicts on this pattern differ, so the rest needs to be judged pair by pair';
  }
  const rest = Array.from(walkIndexes(entries, walk)).filter((index) => {
    const entry = entries.at(index);
    return entry !== undefined && entry.verdict === null && isReady(entry);
  });
  return rest.length === 0
    ? 'the pairs of this pattern without a verdict lack an answer'
    : { verdict, pattern: walk.choice.text, seen: sample.seen, rest };
};

const pairs = (number: number): string => `${count(number)} ${number === 1 ? 'pair' : 'pairs'}`;

/**
 * Says how the reviewer comes to give the rest of the pattern on the way its verdict: `3 more, then = for the
 * rest`. Null if no pattern is on the way, if its verdicts differ, if it has no rest, and in a review with control
 * pairs, where it would tell which side the verdicts prefer.
 */
export const restHint = (session: Walked & Pick<Session, 'controls'>): string | null => {
  const sample = session.controls === null ? sampleOf(session) : null;
  if (sample === null || sample.pairs <= sampleSize || sample.judged === sample.pairs) return null;
  if (sample.verdicts.length > 1) return null;
  const key = keyHint(session.keymap, 'pattern.rest');
  const missing = sampleSize - sample.seen;
  if (sample.seen === 0) return `judge ${missing} alike, then ${key} for the rest`;
  return missing > 0
    ? `${missing} more, then ${key} for the rest`
    : `${key} gives the other ${count(sample.pairs - sample.judged)} this verdict`;
};

/** Whether the sample of the pattern on the way is complete, so that the rest can be given its verdict. */
export const hasSample = (session: Walked): boolean => {
  const sample = sampleOf(session);
  return sample !== null && sample.seen >= sampleSize && sample.verdicts.length === 1;
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
