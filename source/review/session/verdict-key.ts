import type { Side, Verdict } from '../../comparison/outcome.ts';
import { hiddenLeft, shownVerdict, verdictWords } from './blind.ts';
import type { PairChoice } from '../../store/verdicts.ts';
import { isLost, isReady, type Entry } from './entry.ts';
import { pairName } from './candidates.ts';
import { keyHint, type CommandId } from './keymap.ts';
import { front } from './next-pair.ts';
import { hasPair } from './pair-key.ts';
import { advance, beginSaving, stillSaving } from './saving.ts';
import {
  currentEntry,
  pairKey,
  type DrawnPair,
  type KeyPress,
  type Session,
  type VerdictCommand,
} from './session.ts';
import { noPair, only, refuse, type Context, type Step } from './step.ts';

/**
 * How long a pair must have been on the screen before a key may mark it. A person needs longer to see
 * that the pair has changed, so a key before that was meant for the pair before.
 */
export const minimumShownMs = 150;

/**
 * Terminals repeat a held key every 20 to 90 ms; nobody intentionally presses a key twice that
 * fast. A terminal does not report when a key is released, so the first repeat of a held key looks like
 * a second press: it waits this long, and a repeat in that time shows that the key is held.
 */
const repeatMs = 120;

/** The longest delay before a keyboard starts to repeat a held key. */
const repeatDelayMs = 1200;

/**
 * Returns the session after a frame with pairs was drawn. The time of a pair counts from the first frame
 * that shows it, and again from the one that completes its answers.
 */
export const pairsShown = (
  session: Session,
  pairs: readonly DrawnPair[],
  { monotonicMs }: Context,
): Session => ({
  ...session,
  shown: pairs.map(({ key, isComplete }) => {
    const before = shownPair(session, key);
    return before?.isComplete === isComplete ? before : { key, isComplete, sinceMs: monotonicMs };
  }),
});

const shownPair = ({ shown }: Session, key: string): Session['shown'][number] | undefined =>
  shown.find((pair) => pair.key === key);

/** Returns why no key may mark the pair on the screen yet; null if one may. */
export const notYet = (session: Session, { monotonicMs }: Context): string | null => {
  const current = currentEntry(session);
  if (session.pending !== null) return stillSaving;
  if (current === null) return noPair;
  const shown = shownPair(session, pairKey(current));
  if (shown === undefined) return 'this pair was not on the screen yet';
  if (isReady(current) && !shown.isComplete) return 'the answers were not on the screen yet';
  const forMs = Math.floor(monotonicMs - shown.sinceMs);
  return forMs < minimumShownMs
    ? `this pair had been on the screen for only ${forMs} of ${minimumShownMs} ms`
    : null;
};

/**
 * Takes a verdict key. Every key judges the pair on the screen, skips it, or is refused with the
 * reason; a held key judges once.
 */
export const pressVerdictKey = (session: Session, id: VerdictCommand, context: Context): Step => {
  const { deferred, lastKey } = session;
  const atMs = context.monotonicMs;
  const sinceSameKeyMs = lastKey?.id === id ? atMs - lastKey.atMs : Number.POSITIVE_INFINITY;
  const isRepeat = sinceSameKeyMs < repeatMs;
  if (deferred !== null && !isRepeat) {
    const first = judgeDeferred(session, deferred, context);
    const second = pressVerdictKey(first.session, id, context);
    return { session: second.session, effects: [...first.effects, ...second.effects] };
  }
  const pressed: Session = { ...session, lastKey: { id, atMs }, deferred: null };
  if (isRepeat) {
    const held = refuse(pressed, words(id), heldKey);
    return deferred === null ? held : refuse(held.session, words(id), heldKey);
  }
  const why = notYet(session, context);
  if (why !== null) return refuse(pressed, words(id), why);
  const current = currentEntry(session);
  if (current === null) return refuse(pressed, words(id), noPair);
  if (sinceSameKeyMs >= repeatDelayMs) return judge(pressed, id, context);
  return {
    session: { ...pressed, deferred: { id, atMs, pairKey: pairKey(current) } },
    effects: [{ kind: 'wait', ms: repeatMs, action: { kind: 'deferred_over', atMs } }],
  };
};

const heldKey = 'a held key judges once';

/** Judges by the deferred verdict key, which turned out not to be held. */
export const judgeDeferred = (
  session: Session,
  deferred: NonNullable<Session['deferred']>,
  context: Context,
): Step => {
  const next: Session = { ...session, deferred: null };
  const current = currentEntry(session);
  return current !== null && pairKey(current) === deferred.pairKey
    ? judge(next, deferred.id, context)
    : refuse(next, words(deferred.id), 'another pair came to the screen');
};

const verdicts: Readonly<
  Record<Exclude<VerdictCommand, 'verdict.skip'>, Verdict | 'left' | 'right'>
> = {
  'verdict.agree': 'agree',
  'verdict.worse': 'worse',
  'verdict.better': 'better',
  'verdict.both_bad': 'both_bad',
  'verdict.left': 'left',
  'verdict.right': 'right',
};

/** Returns the verdict on the candidate; null if the key has no meaning with the sides as shown. */
const verdictOf = (
  id: Exclude<VerdictCommand, 'verdict.skip'>,
  left: Side | null,
): Verdict | null => {
  const word = verdicts[id];
  if (word === 'agree' || word === 'both_bad') return word;
  if (word === 'worse' || word === 'better') return left === null ? word : null;
  if (left === null) return null;
  return (word === 'left') === (left === 'candidate') ? 'better' : 'worse';
};

/** Returns whether a command gives a verdict. Skipping does not. */
export const givesVerdict = (id: string): id is keyof typeof verdicts =>
  Object.hasOwn(verdicts, id);

/** `verdict.both_bad` → `both bad`. */
const words = (id: KeyPress['id']): string => id.slice(id.indexOf('.') + 1).replaceAll('_', ' ');

const judge = (session: Session, id: VerdictCommand, context: Context): Step => {
  const current = currentEntry(session);
  if (current === null) return refuse(session, words(id), noPair);
  if (id === 'verdict.skip' && current.verdict !== null) {
    const verdict = verdictWords(shownVerdict(session, current, current.verdict));
    const text = `${pairName(session.entries, current)} keeps its verdict, ${verdict}: on to the next pair`;
    return only(advance(session, current, text));
  }
  const key = (wanted: CommandId): string => keyHint(session.keymap, wanted);
  if (id === 'verdict.skip') {
    return isReady(current) || isLost(current, session.replaying)
      ? beginSaving(session, current, { kind: 'skip' }, context)
      : refuse(
          session,
          words(id),
          `an answer is still arriving (${key('pair.ready')}: to an answered pair)`,
        );
  }
  if (!isReady(current)) {
    const why = isLost(current, session.replaying)
      ? `a side has no answer, so this pair cannot be judged (${key('side.retry')}: retry, ${key('pair.next')}: next pair)`
      : 'an answer is still arriving';
    return refuse(session, words(id), why);
  }
  const left = hiddenLeft(session);
  const verdict = verdictOf(id, left);
  if (verdict === null) {
    const text =
      left === null
        ? `${key('verdict.left')} and ${key('verdict.right')} are for pairs that are judged blind: ${key('verdict.worse')} worse, ${key('verdict.better')} better`
        : `the models are hidden: ${key('verdict.left')} if the left answer is better, ${key('verdict.right')} if the right one is`;
    return refuse(session, words(id), text);
  }
  const content = {
    kind: 'verdict',
    verdict,
    ...(left === null ? {} : { left }),
    ...placeInOrder(session, current),
  } as const;
  const shown = shownPair(session, pairKey(current));
  const tookMs = context.monotonicMs - (shown?.sinceMs ?? context.monotonicMs);
  return beginSaving({ ...session, tookMs }, current, content, context);
};

/** How the pair on the screen came to its verdict: in the random order, ahead of it, or by a choice. */
const placeInOrder = (
  session: Session,
  current: Entry,
): { readonly ahead?: boolean; readonly chosen?: PairChoice } => {
  // The order knows no control pairs.
  if (session.control !== null) return {};
  const index = session.current ?? 0;
  const ahead =
    current.verdict === null
      ? front(session.entries, session.replaying, current.comparisonId) < index &&
        current.skipped === null
      : current.ahead;
  const { turns, walk } = session;
  const byWalk = walk !== null && hasPair(walk.pairs, current) ? walk.choice : null;
  const chosen: PairChoice | null =
    turns === null ? byWalk : { kind: 'filter', text: `conversation:${turns.conversation.hash}` };
  return {
    ...(session.resolving ? {} : { ahead }),
    ...(chosen === null ? {} : { chosen }),
  };
};
