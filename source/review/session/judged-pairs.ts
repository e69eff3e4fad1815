import type { Verdict } from '../../comparison/outcome.ts';
import { nextPair } from './next-pair.ts';
import { stillSaving } from './saving.ts';
import { stillReading, type Session } from './session.ts';
import { refuse, say, type Step } from './step.ts';

/** Returns the judged pairs with their verdicts, the one that was judged last at the end. */
export const judgedPairs = ({
  entries,
  standing,
}: Pick<Session, 'entries' | 'standing'>): readonly {
  readonly index: number;
  readonly verdict: Verdict;
}[] => {
  const last = new Map<string, Verdict>();
  for (const event of standing) {
    if (event.kind !== 'verdict') continue;
    last.delete(event.captureId);
    last.set(event.captureId, event.verdict);
  }
  return [...last].flatMap(([captureId, verdict]) => {
    const index = entries.indexOf(captureId);
    return index < 0 ? [] : [{ index, verdict }];
  });
};

/**
 * Goes back (-1) or forward (1) through the judged pairs, in the order in which they were judged. From
 * any other pair, back is the one that was judged last; forward from that one is the next to judge.
 */
export const stepThroughJudged = (session: Session, by: 1 | -1): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  const judged = judgedPairs(session);
  if (judged.length === 0) return say(session, 'no pair is judged yet');
  const at = judged.findIndex(({ index }) => index === session.current);
  const target = at === -1 ? judged.length - 1 : at + by;
  if (by === -1 || (at !== -1 && target < judged.length)) {
    const pair = judged[target];
    if (pair === undefined) return say(session, 'this is the pair that you judged first');
    const place = judged.length - target;
    return say(
      { ...session, current: pair.index, scroll: 0, following: false },
      place === 1 ? 'the pair judged last' : `${place} verdicts back`,
    );
  }
  const next = nextPair(session.entries, session.replaying);
  return next === null
    ? say(session, session.isBeginning ? stillReading : 'no pair is left to judge')
    : say({ ...session, current: next, scroll: 0, following: true }, 'the next pair to judge');
};
