import type { Verdict } from '../../comparison/outcome.ts';
import { isLost, isReady } from './entry.ts';
import { front } from './next-pair.ts';
import { advance, beginSaving } from './saving.ts';
import { currentEntry, type KeyPress, type Session, type VerdictCommand } from './session.ts';
import { only, say, type Context, type Step } from './step.ts';

/**
 * Terminals repeat a held key every 20 to 90 ms; nobody intentionally presses a key twice that
 * fast.
 */
const repeatMs = 120;

/** The longest delay before a keyboard starts to repeat a held key. */
const repeatDelayMs = 1200;

/**
 * How long a second press of the same verdict key waits before it judges. A terminal does not
 * report when a key is released, so the first repeat of a held key looks like a second press. Only
 * the following input distinguishes them: another repeat, or nothing.
 */
const heldKeyWaitMs = 130;

/** Judges or skips by a key, unless it comes from a held key: a held key never judges two pairs. */
export const pressVerdictKey = (session: Session, id: VerdictCommand, context: Context): Step => {
  const key: KeyPress = { id, atMs: context.nowMs };
  const { lastKey } = session;
  const pressed: Session = { ...session, lastKey: key, deferred: null };
  const sinceSameKeyMs = lastKey?.id === id ? key.atMs - lastKey.atMs : Number.POSITIVE_INFINITY;
  if (sinceSameKeyMs < repeatMs) return only(pressed);
  if (sinceSameKeyMs >= repeatDelayMs) return judge(pressed, id, context);
  return {
    session: { ...pressed, deferred: key },
    effects: [
      { kind: 'wait', ms: heldKeyWaitMs, action: { kind: 'deferred_over', atMs: key.atMs } },
    ],
  };
};

/** Judges by the deferred verdict key, which turned out not to be held. */
export const judgeDeferred = (session: Session, deferred: KeyPress, context: Context): Step =>
  judge({ ...session, deferred: null }, deferred.id, context);

const verdicts: Readonly<Record<Exclude<VerdictCommand, 'verdict.skip'>, Verdict>> = {
  'verdict.agree': 'agree',
  'verdict.worse': 'worse',
  'verdict.better': 'better',
  'verdict.both_bad': 'both_bad',
};

/** Returns whether a command gives a verdict. Skipping does not. */
export const givesVerdict = (id: string): id is keyof typeof verdicts =>
  Object.hasOwn(verdicts, id);

const judge = (session: Session, id: VerdictCommand, context: Context): Step => {
  const current = currentEntry(session);
  if (current === null) return say(session, 'there is no pair to judge');
  if (id === 'verdict.skip' && current.verdict !== null) {
    const verdict = current.verdict.replaceAll('_', ' ');
    const text = `${current.captureId} keeps its verdict, ${verdict}: on to the next pair`;
    return only(advance(session, session.entries.indexOf(current), text));
  }
  if (id === 'verdict.skip') {
    if (!isReady(current) && !isLost(current, session.replaying)) {
      return say(session, 'an answer is still arriving: enter goes to an answered pair', 'warning');
    }
    return beginSaving(session, current.captureId, { kind: 'skip' }, context);
  }
  if (!isReady(current)) {
    const text = isLost(current, session.replaying)
      ? 'a side has no answer, so this pair cannot be judged: r retries, J goes to the next pair'
      : 'an answer is still arriving';
    return say(session, text, 'warning');
  }
  const index = session.current ?? 0;
  const ahead =
    current.verdict === null
      ? front(session.entries, session.replaying) < index && current.skipped === null
      : current.ahead;
  const chosen = session.walk?.ids.has(current.captureId) === true ? session.walk.choice : null;
  const content = {
    kind: 'verdict',
    verdict: verdicts[id],
    ahead,
    ...(chosen === null ? {} : { chosen }),
  } as const;
  return beginSaving(session, current.captureId, content, context);
};
