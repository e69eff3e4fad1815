import type { Side, Verdict } from '../../comparison/outcome.ts';
import { sha256 } from '../../traffic/hash.ts';
import { candidatesAt } from './candidates.ts';
import { isOpen } from './next-pair.ts';
import type { PairKey } from './pair-key.ts';
import type { Session } from './session.ts';

/**
 * Returns the side on the left of a pair that is judged blind: as good as a coin, and the same whenever
 * this reviewer meets the pair.
 */
export const blindLeft = (
  { reviewer }: Pick<Session, 'reviewer'>,
  { captureId, comparisonId }: PairKey,
): Side =>
  Number.parseInt(sha256(`blind\0${comparisonId}\0${reviewer}\0${captureId}`).slice(0, 2), 16) < 128
    ? 'baseline'
    : 'candidate';

/**
 * Returns the side on the left of the pair on the screen as long as nothing may say which model gave
 * which answer; null if that may be known. In a review with control pairs that is all the time.
 */
export const hiddenLeft = (session: Session): Side | null =>
  session.blind && !session.resolving && session.control !== null
    ? session.control.left
    : hiddenLeftAt(session, session.current);

/**
 * Returns the side on the left of a pair as long as its models are hidden: until every candidate of its
 * capture has a verdict, because the names of some would tell those of the others.
 */
export const hiddenLeftAt = (session: Session, index: number | null): Side | null => {
  const { blind, controls, entries, replaying, resolving } = session;
  if (!blind || resolving) return null;
  const entry = index === null ? undefined : entries.at(index);
  // Without a pair there is nothing on either side, and still no model to be named.
  if (index === null || entry === undefined) return 'baseline';
  const isHidden =
    entry.verdict === null ||
    // Which pairs are control pairs shows as soon as the models do.
    controls !== null ||
    candidatesAt(entries, index).some((at) => {
      const other = entries.at(at);
      return other !== undefined && other.verdict === null && isOpen(other, replaying);
    });
  return isHidden ? blindLeft(session, entry) : null;
};

/** Returns the place of a pair among those of its capture in a blind review: random, and always the same. */
export const blindRank =
  (reviewer: string) =>
  ({ captureId, comparisonId }: PairKey): string =>
    sha256(`candidate\0${comparisonId}\0${reviewer}\0${captureId}`);

/** A verdict as the screen shows it. `left` and `right`: the answer on this side is better. */
export type ShownVerdict = Verdict | 'left' | 'right';

/**
 * Returns a verdict as the reviewer may see it: in a review with control pairs, where models stay hidden, by
 * the side that it prefers. `left`: the side that was on the left, if the pair or the event knows it.
 */
export const shownVerdict = (
  session: Pick<Session, 'reviewer' | 'controls'>,
  pair: PairKey & { readonly left?: Side },
  verdict: Verdict,
): ShownVerdict => {
  if (session.controls === null || (verdict !== 'better' && verdict !== 'worse')) return verdict;
  const left = pair.left ?? blindLeft(session, pair);
  return (verdict === 'better') === (left === 'candidate') ? 'left' : 'right';
};

/** `both_bad` → `both bad`, `left` → `left better`. */
export const verdictWords = (verdict: string): string =>
  verdict === 'left' || verdict === 'right' ? `${verdict} better` : verdict.replaceAll('_', ' ');
