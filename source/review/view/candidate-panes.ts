import type { PairView } from '../pair-view.ts';
import type { Entry } from '../session/entry.ts';
import { isSamePair } from '../session/pair-key.ts';
import { currentEntry, type Session } from '../session/session.ts';
import type { Title } from './top.ts';

/** A candidate of the request on the screen. `view` is null while it is loading. */
export type CandidateView = {
  readonly entry: Entry;
  readonly view: PairView | null;
  readonly title: Title;
};

/** The two candidates that are shown beside the baseline, and which of them is judged. */
export type Beside = {
  /** From left to right. */
  readonly candidates: readonly [PlacedCandidate, PlacedCandidate];
  /** The candidate that is not judged. */
  readonly other: PlacedCandidate;
};

type PlacedCandidate = CandidateView & {
  readonly view: PairView;
  /** Counts from 1. */
  readonly number: number;
  readonly isJudged: boolean;
};

/** The minimum width for the baseline and two candidates side by side. */
const threePaneColumns = 160;

/**
 * Returns the two candidates for three panes; null where one candidate is shown: in a narrow terminal, in
 * another view or layout, for a request with one candidate, while one is loading, and in a blind review,
 * where two answers beside one would say which is the baseline's. Of more than two candidates, the
 * first two are shown, then the next two.
 */
export const candidatesBeside = ({
  candidates = [],
  columns,
  session,
}: {
  readonly candidates?: readonly CandidateView[];
  readonly columns: number;
  readonly session: Session;
}): Beside | null => {
  const { blind, layout, view } = session;
  const isOtherView = view === 'unified' || view === 'fields' || layout === 'stacked';
  if (columns < threePaneColumns || blind || isOtherView) return null;
  const current = currentEntry(session);
  const at = candidates.findIndex(({ entry }) => isSamePair(entry, current));
  if (at === -1 || candidates.length < 2) return null;
  const first = Math.min(at - (at % 2), candidates.length - 2);
  const [left, right] = [first, first + 1].map((index) => placed(candidates, index, index === at));
  if (left === undefined || right === undefined || left === null || right === null) return null;
  return { candidates: [left, right], other: left.isJudged ? right : left };
};

const placed = (
  candidates: readonly CandidateView[],
  index: number,
  isJudged: boolean,
): PlacedCandidate | null => {
  const candidate = candidates[index];
  return candidate === undefined || candidate.view === null
    ? null
    : { ...candidate, view: candidate.view, number: index + 1, isJudged };
};
