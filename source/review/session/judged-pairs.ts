import type { Side, Verdict } from '../../comparison/outcome.ts';
import type { Control } from '../../store/verdicts.ts';
import { controlPlace, nextPlace } from './controls.ts';
import type { PairKey } from './pair-key.ts';
import { stillSaving } from './saving.ts';
import { keyOnScreen, pairKey, stillReading, type Session } from './session.ts';
import { refuse, say, type Step } from './step.ts';

/** A pair with a verdict; `index` is its place, that of its pair in the queue for a control pair. */
export type JudgedPair = PairKey & {
  readonly index: number;
  readonly verdict: Verdict;
  readonly control?: Control;
  /** The side on the left, if the reviewer did not know the models. */
  readonly left?: Side;
};

/**
 * Returns the judged pairs with their verdicts, the one that was judged last at the end. A review with
 * control pairs has them among the others.
 */
export const judgedPairs = ({
  controls,
  entries,
  standing,
}: Pick<Session, 'controls' | 'entries' | 'standing'>): readonly JudgedPair[] => {
  const last = new Map<string, JudgedPair>();
  for (const event of standing) {
    if (event.kind !== 'verdict' || (event.control !== undefined && controls === null)) continue;
    const { captureId, comparisonId, verdict } = event;
    const { control, left } = event;
    const index = entries.indexOf(event);
    if (index < 0) continue;
    const key = pairKey(event);
    last.delete(key);
    last.set(key, {
      comparisonId,
      captureId,
      index,
      verdict,
      ...(control === undefined ? {} : { control }),
      ...(left === undefined ? {} : { left }),
    });
  }
  return [...last.values()];
};

/** Returns the place of the pair on the screen among the judged ones; -1 if it is not judged. */
export const judgedPlace = (session: Session, judged: readonly JudgedPair[]): number => {
  const key = keyOnScreen(session);
  return judged.findIndex((pair) => pairKey(pair) === key);
};

/**
 * Goes back (-1) or forward (1) through the judged pairs, in the order in which they were judged. From
 * any other pair, back is the one that was judged last; forward from that one is the next to judge.
 */
export const stepThroughJudged = (session: Session, by: 1 | -1): Step => {
  if (session.pending !== null) return refuse(session, 'the key', stillSaving);
  const judged = judgedPairs(session);
  if (judged.length === 0) return say(session, 'no pair is judged yet');
  const at = judgedPlace(session, judged);
  const target = at === -1 ? judged.length - 1 : at + by;
  if (by === -1 || (at !== -1 && target < judged.length)) {
    const pair = judged[target];
    if (pair === undefined) return say(session, 'this is the pair that you judged first');
    const place = judged.length - target;
    const { captureId, control, index } = pair;
    const there =
      control === undefined
        ? { current: index, control: null }
        : controlPlace(session, { captureId, control });
    return say(
      { ...session, ...there, scroll: 0, following: false },
      place === 1 ? 'the pair judged last' : `${place} verdicts back`,
    );
  }
  const next = nextPlace({ ...session, walk: null });
  return next === null
    ? say(session, session.isBeginning ? stillReading : 'no pair is left to judge')
    : say({ ...session, ...next, scroll: 0, following: true }, 'the next pair to judge');
};
