import type { Verdict } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { candidatesAt } from './candidates.ts';
import { nextPair } from './next-pair.ts';
import { isSamePair, pairId, type PairKey } from './pair-key.ts';
import { stillSaving } from './saving.ts';
import type { Session } from './session.ts';
import { refuse, say, type Step } from './step.ts';

const allIndexes = new WeakMap<Session['entries'], ReadonlyMap<string, number>>();

/**
 * Returns the index of each capture's last pair. Frames ask for it, so it is made once for each list of
 * entries.
 */
const indexesOf = (entries: Session['entries']): ReadonlyMap<string, number> => {
  const known =
    allIndexes.get(entries) ?? new Map(entries.map(({ captureId }, index) => [captureId, index]));
  allIndexes.set(entries, known);
  return known;
};

/**
 * Returns the index of a pair, undefined if it is not among the entries. For frames, which ask for many
 * pairs of the same list.
 */
export const pairIndex = (entries: Session['entries'], pair: PairKey): number | undefined => {
  const last = indexesOf(entries).get(pair.captureId);
  if (last === undefined || isSamePair(entries[last], pair)) return last;
  return candidatesAt(entries, last).find((index) => isSamePair(entries[index], pair));
};

/** Returns the judged pairs with their verdicts, the one that was judged last at the end. */
export const judgedPairs = ({
  entries,
  standing,
}: Pick<Session, 'entries' | 'standing'>): readonly {
  readonly index: number;
  readonly verdict: Verdict;
}[] => {
  const last = new Map<string, Extract<VerdictEvent, { kind: 'verdict' }>>();
  for (const event of standing) {
    if (event.kind !== 'verdict') continue;
    last.delete(pairId(event));
    last.set(pairId(event), event);
  }
  return [...last.values()].flatMap((event) => {
    const index = pairIndex(entries, event);
    return index === undefined ? [] : [{ index, verdict: event.verdict }];
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
    ? say(session, 'no pair is left to judge')
    : say({ ...session, current: next, scroll: 0, following: true }, 'the next pair to judge');
};
