import type { Side, Verdict } from '../../comparison/outcome.ts';
import { sha256 } from '../../traffic/hash.ts';
import { currentEntry, type Session } from './session.ts';

/**
 * Returns the side on the left of a pair that is judged blind: as good as a coin, and the same whenever
 * this reviewer meets the pair.
 */
export const blindLeft = (
  { comparisonId, reviewer }: Pick<Session, 'comparisonId' | 'reviewer'>,
  captureId: string,
): Side =>
  Number.parseInt(sha256(`blind\0${comparisonId}\0${reviewer}\0${captureId}`).slice(0, 2), 16) < 128
    ? 'baseline'
    : 'candidate';

/**
 * Returns the side on the left of the pair on the screen as long as nothing may say which model gave
 * which answer; null if that may be known. In a review with control pairs that is all the time.
 */
export const hiddenLeft = (session: Session): Side | null => {
  const entry = currentEntry(session);
  if (!session.blind || session.resolving) return null;
  if (session.control !== null) return session.control.left;
  // Which pairs are control pairs shows as soon as the models do.
  if (session.controls !== null) return blindLeft(session, entry?.captureId ?? '');
  return entry === null || entry.verdict === null
    ? blindLeft(session, entry?.captureId ?? '')
    : null;
};

/** A verdict as the screen shows it. `left` and `right`: the answer on this side is better. */
export type ShownVerdict = Verdict | 'left' | 'right';

/**
 * Returns a verdict as the reviewer may see it: in a review with control pairs, where models stay hidden, by
 * the side that it prefers. `left`: the side that was on the left, if the pair or the event knows it.
 */
export const shownVerdict = (
  session: Pick<Session, 'comparisonId' | 'reviewer' | 'controls'>,
  pair: { readonly captureId: string; readonly left?: Side },
  verdict: Verdict,
): ShownVerdict => {
  if (session.controls === null || (verdict !== 'better' && verdict !== 'worse')) return verdict;
  const left = pair.left ?? blindLeft(session, pair.captureId);
  return (verdict === 'better') === (left === 'candidate') ? 'left' : 'right';
};

/** `both_bad` → `both bad`, `left` → `left better`. */
export const verdictWords = (verdict: string): string =>
  verdict === 'left' || verdict === 'right' ? `${verdict} better` : verdict.replaceAll('_', ' ');
