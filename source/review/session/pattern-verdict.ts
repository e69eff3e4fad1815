import type { Verdict } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { count } from '../../text/numbers.ts';
import { isReady, type Entry } from './entry.ts';
import { keyHint } from './keymap.ts';
import type { PatternsNow, PatternVerdict } from './modes.ts';
import { front, isOpen } from './next-pair.ts';
import { hasPair, isSamePair, pairId, type PairKey } from './pair-key.ts';
import type { Session } from './session.ts';
import { only, say, type Action, type Context, type Effect, type Step } from './step.ts';
import { walkIndexes, type Walk } from './walk.ts';

/** The number of pairs of a pattern that must be judged before the rest can be given their verdict. */
const sampleSize = 5;

/** The pairs of a walk that the reviewer judged with a look, and those that can be given a verdict. */
type Sample = { readonly seen: readonly Entry[]; readonly rest: readonly Entry[] };

const sampleOf = (
  { entries, replaying, standing }: Pick<Session, 'entries' | 'replaying' | 'standing'>,
  walk: Walk,
): Sample => {
  const unseen = new Set(
    standing.flatMap((event) =>
      event.kind === 'verdict' && event.group !== undefined ? [pairId(event)] : [],
    ),
  );
  const own = Array.from(walkIndexes(entries, walk)).flatMap((index) => entries.at(index) ?? []);
  return {
    seen: own.filter((entry) => entry.verdict !== null && !unseen.has(pairId(entry))),
    rest: own.filter(
      (entry) => entry.verdict === null && isReady(entry) && isOpen(entry, replaying),
    ),
  };
};

type Walked = Pick<Session, 'entries' | 'keymap' | 'standing' | 'walk'>;

/** What a reviewer has judged of the pattern on the way. */
type JudgedPart = {
  readonly pairs: number;
  /** Those with a verdict, and those of them that the reviewer looked at. */
  readonly judged: number;
  readonly seen: number;
  /** The verdicts on the pairs that the reviewer looked at, each once. */
  readonly verdicts: readonly Verdict[];
};

/** Returns the sample of the pattern on the way; null if the walk is not over one. */
const judgedPart = ({ entries, standing, walk }: Walked): JudgedPart | null => {
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
 * Says how the reviewer comes to give the rest of the pattern on the way its verdict: `3 more, then = for the
 * rest`. Null if no pattern is on the way, if its verdicts differ, if it has no rest, and in a review with control
 * pairs, where it would tell which side the verdicts prefer.
 */
export const restHint = (session: Walked & Pick<Session, 'controls'>): string | null => {
  const sample = session.controls === null ? judgedPart(session) : null;
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
  const sample = judgedPart(session);
  if (sample === null || sample.judged === sample.pairs) return false;
  return sample.seen >= sampleSize && sample.verdicts.length === 1;
};

/** Asks how the pairs of the pattern on the way differ now, unless its rest cannot be given a verdict yet. */
export const askForRest = (session: Session): Step => {
  const { controls, keymap, resolving, walk } = session;
  if (walk?.pattern === undefined) {
    const text = `no pattern is open: ${keyHint(keymap, 'patterns.open')} lists the patterns`;
    return say(session, text, 'warning');
  }
  if (resolving) return say(session, 'conflicts are resolved pair by pair', 'warning');
  if (controls !== null) {
    const text = 'in a review with control pairs, each pair is judged by itself';
    return say(session, text, 'warning');
  }
  const part = judgedPart(session);
  if (part !== null && part.judged === part.pairs) {
    return say(session, 'every pair of this pattern has a verdict', 'warning');
  }
  const problem =
    part !== null && part.pairs <= sampleSize
      ? tooSmall(part.pairs)
      : problemOf(sampleOf(session, walk));
  return problem === null
    ? { session, effects: [checkOf(session, walk)] }
    : say(session, problem, 'warning');
};

/** Returns the effect that reads how the pairs of a walk differ now. */
export const checkOf = (session: Session, walk: Walk): Effect => {
  const { rest, seen } = sampleOf(session, walk);
  return { kind: 'check_pattern', walk, pairs: [...seen, ...rest].map(keyOf) };
};

const keyOf = ({ captureId, comparisonId }: Entry): PairKey => ({ captureId, comparisonId });

const tooSmall = (pairs: number): string =>
  `this pattern has only ${count(pairs)} ${pairs === 1 ? 'pair' : 'pairs'}: judge each of them`;

/** Says why the rest of a pattern cannot be given the verdict of its sample; null if it can. */
const problemOf = ({ rest, seen }: Sample): string | null => {
  if (rest.length === 0) return 'no other pair of this pattern waits for a verdict';
  const all = seen.length + rest.length;
  if (all <= sampleSize) return tooSmall(all);
  if (seen.length < sampleSize) {
    return `judge ${sampleSize - seen.length} more of this pattern first: ${seen.length} of ${all} seen`;
  }
  return new Set(seen.map(({ verdict }) => verdict)).size > 1
    ? 'the verdicts on this pattern differ, so the rest needs to be judged pair by pair'
    : null;
};

/**
 * Returns what the rest of the pattern on the way can be given, or why not: rules and answers may have
 * changed since the walk began, and the verdict is for the pairs that differ like the sample now.
 */
const verdictNow = (
  session: Session,
  walk: Walk,
  patterns: PatternsNow,
): PatternVerdict | string => {
  const { rest, seen } = sampleOf(session, walk);
  const own = [...seen, ...rest].map((entry) => patterns.get(pairId(entry)));
  const known = own.filter((pattern) => pattern !== undefined);
  const [first] = known;
  const pattern =
    known.find(({ key }) => key === walk.pattern?.key) ??
    (known.length === own.length && known.every(({ key }) => key === first?.key)
      ? first
      : undefined);
  if (pattern === undefined) {
    return `these pairs do not differ in the same way any more: ${keyHint(session.keymap, 'patterns.open')} lists the patterns`;
  }
  const isOfIt = (entry: Entry): boolean => patterns.get(pairId(entry))?.key === pattern.key;
  const sample = { seen: seen.filter(isOfIt), rest: rest.filter(isOfIt) };
  const problem = problemOf(sample);
  const [one] = sample.seen;
  if (problem !== null) return problem;
  if (one === undefined || one.verdict === null) return 'judge this pattern first';
  const { endpoint, verdict } = one;
  return {
    verdict,
    text: `${endpoint}: ${pattern.label}`,
    sidelessText: `${endpoint}: ${pattern.sidelessLabel}`,
    seen: sample.seen.length,
    rest: sample.rest.map(keyOf),
  };
};

/**
 * Asks whether the rest of the pattern gets the verdict of its sample, or says why it cannot. A question that
 * stands on the screen is taken back if it would be another one now.
 */
export const patternChecked = (
  session: Session,
  { patterns, walk }: Extract<Action, { kind: 'pattern_checked' }>,
): Step => {
  const { keymap, mode, pending } = session;
  const isAsked = mode.kind === 'rest';
  if (session.walk !== walk || pending !== null) return only(session);
  if (!isAsked && mode.kind !== 'review' && mode.kind !== 'rows') return only(session);
  const found = verdictNow(session, walk, patterns);
  const review: Session = { ...session, mode: isAsked ? { kind: 'review' } : mode };
  if (typeof found === 'string') return say(review, found, 'warning');
  if (!isAsked) return only({ ...session, mode: { kind: 'rest', found }, notice: null });
  return isSameVerdict(mode.found, found)
    ? only(session)
    : say(
        review,
        `this pattern has changed meanwhile: ${keyHint(keymap, 'pattern.rest')} asks again`,
        'warning',
      );
};

const isSameVerdict = (one: PatternVerdict, other: PatternVerdict): boolean =>
  one.verdict === other.verdict &&
  one.text === other.text &&
  one.seen === other.seen &&
  one.rest.length === other.rest.length &&
  one.rest.every((pair, index) => isSamePair(pair, other.rest[index]));

/** Starts saving the verdicts on the rest of a pattern, all as one. */
export const giveToRest = (session: Session, context: Context): Step => {
  const { entries, mode, replaying } = session;
  if (mode.kind !== 'rest') return only(session);
  const { rest, seen, text, verdict } = mode.found;
  const review: Session = { ...session, mode: { kind: 'review' } };
  // A pattern is of one comparison.
  const comparisonId = rest[0]?.comparisonId;
  if (comparisonId === undefined) return only(review);
  const first = front(entries, replaying, comparisonId);
  let group: string | null = null;
  const events = rest.flatMap((pair): readonly VerdictEvent[] => {
    const index = entries.indexOf(pair);
    const entry = entries.at(index);
    if (entry === undefined || entry.verdict !== null || !isOpen(entry, replaying)) return [];
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
        verdict,
        ahead: first < index && entry.skipped === null,
        chosen: { kind: 'pattern', text },
        group: { id: group, seen },
      },
    ];
  });
  return events.length === 0
    ? say(review, 'no other pair of this pattern waits for a verdict', 'warning')
    : savingTogether(review, events);
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
