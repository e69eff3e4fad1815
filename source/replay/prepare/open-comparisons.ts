import type { Side } from '../../comparison/outcome.ts';
import type { ImportProgress } from '../../intake/take-in.ts';
import { takeCaptures, type TakenCaptures } from '../../intake/take-captures.ts';
import type { TrafficFile } from '../../intake/inspect-files.ts';
import type { Model, Price } from '../../models/model.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import {
  type ComparisonRecord,
  discardComparison,
  dropEmptyComparison,
  openComparison,
} from '../../store/comparisons/comparisons.ts';
import { isInNoiseShare } from '../../store/comparisons/noise.ts';
import { UserError } from '../../text/user-error.ts';
import { printableLine } from '../../text/printable.ts';
import { selectLike } from '../../store/comparisons/select-captures.ts';
import type { Store } from '../../store/open.ts';
import type { ChosenModels, SideModel } from './choose-models.ts';
import { selectionText } from '../../traffic/selection/selection.ts';
import { Arrivals, followFrom, type FollowingComparison } from '../shadow/arrivals-of-traffic.ts';
import type { ReplaySettings } from './replay-settings.ts';
import { requireNoOpenBatches, requireRecordings, requireSentAlike } from './requirements.ts';

/** A comparison of the run's baseline with one candidate. */
export type OpenedComparison = {
  readonly comparison: ComparisonRecord & { readonly created: boolean };
  readonly models: Readonly<Record<Side, Model>>;
  readonly prices: Readonly<Record<Side, Price | null>>;
};

/** The comparisons of a run, one per candidate in order, over the same captures. */
export type OpenedComparisons = TakenCaptures & {
  readonly first: OpenedComparison;
  readonly others: readonly OpenedComparison[];
  /** What takes the captures that come; null for a run that ends. */
  readonly arrivals: Arrivals | null;
};

/**
 * Opens a comparison for each candidate and, if the noise of the baseline is measured, one of the
 * baseline with itself over a share of the captures. Imports the files into the first one or, without files,
 * takes the captures of the store; the others get the same captures. Throws UserError for a
 * selection with nothing to answer, and for a comparison that the run does not fit: answers are
 * pending in batches and a live call would pay for them again, a recorded model has no recordings,
 * or earlier requests were sent differently (original or redacted).
 */
export const openComparisons = async (
  store: Store,
  { baseline, candidates }: Pick<ChosenModels, 'baseline' | 'candidates'>,
  options: {
    readonly asked: Pick<
      ReplaySettings,
      'batch' | 'follow' | 'lastTurn' | 'name' | 'noise' | 'selection' | 'send'
    >;
    readonly files: readonly TrafficFile[];
    /** Null: everything is stored as it is. */
    readonly redactor: Redactor | null;
    readonly progress: ImportProgress | null;
    readonly signal?: AbortSignal | undefined;
    readonly at: string;
    readonly isDryRun: boolean;
  },
): Promise<OpenedComparisons> => {
  const { asked, at, files, isDryRun, progress, redactor, signal } = options;
  const { batch, follow, lastTurn, noise, selection, send } = asked;
  // Its own name keeps a shadow and its cost apart from other comparisons of the models.
  const name = asked.name ?? (follow === null ? null : shadowName);
  if (noise !== null) requireLiveBaseline(baseline);
  const open = async (candidate: SideModel): Promise<OpenedComparison> => {
    const models = { baseline: baseline.model, candidate: candidate.model };
    const comparison = await openComparison(store, {
      name,
      baseline: models.baseline.label,
      candidate: models.candidate.label,
      at,
    });
    if (!batch && !isDryRun) await requireNoOpenBatches(store, comparison.id);
    return {
      comparison,
      models,
      prices: { baseline: baseline.price, candidate: candidate.price },
    };
  };
  const [firstCandidate, ...otherCandidates] = candidates;
  if (firstCandidate === undefined) throw new Error('A run has a candidate.');
  const first = await open(firstCandidate);
  if (follow !== null) {
    const others: OpenedComparison[] = [];
    for (const candidate of otherCandidates) others.push(await open(candidate));
    const all = [first, ...others];
    const following: FollowingComparison[] = [];
    const from = { asked: selection, at, noise: null };
    for (const { comparison } of all) {
      following.push(await followFrom(store, comparison.id, from));
    }
    if (noise !== null) {
      const opened = await open({ ...baseline, side: 'candidate' });
      others.push(opened);
      following.push(await followFrom(store, opened.comparison.id, { ...from, noise }));
    }
    for (const { comparison } of [first, ...others]) {
      await requireSentAlike(store, comparison.id, send);
    }
    const arrivals = await Arrivals.open(store, following);
    return { reports: [], selected: followingText(following), first, others, arrivals };
  }
  const { id } = first.comparison;
  const taken = await takeCaptures(store, id, {
    files,
    lastTurn,
    redactor,
    asked: selection,
    progress,
    signal,
    at,
  });
  await requireRecordingsOrDiscard(store, first);
  const others: OpenedComparison[] = [];
  for (const candidate of otherCandidates) {
    const opened = await open(candidate);
    await selectLike(store, id, opened.comparison.id);
    await requireRecordingsOrDiscard(store, opened);
    others.push(opened);
  }
  if (noise !== null) {
    const opened = await open({ ...baseline, side: 'candidate' });
    await selectLike(store, id, opened.comparison.id, (captureId) =>
      isInNoiseShare(captureId, noise),
    );
    // Of a few captures, none may be in the share.
    if (!(await dropEmptyComparison(store, opened.comparison.id))) others.push(opened);
  }
  for (const { comparison } of [first, ...others]) {
    await requireSentAlike(store, comparison.id, send);
  }
  return { ...taken, first, others, arrivals: null };
};

/** The name of a comparison that follows traffic, unless the user names it. */
const shadowName = 'shadow';

/** Formats `Following the store: sample 5 %, since 2026-11-30T10:00:00.000Z`. */
const followingText = ([first]: readonly FollowingComparison[]): string =>
  `Following the store: ${first === undefined ? '' : selectionText(first.selection)}`;

/** Throws UserError for a baseline that cannot answer a second time. */
const requireLiveBaseline = ({ model }: SideModel): void => {
  if (model.kind === 'live') return;
  throw new UserError(
    `--noise asks the baseline a second time, and ${printableLine(model.label)} is a recording. Name a live baseline, or leave out --noise.`,
  );
};

/** Checks the recordings. If there are none, removes the comparison again if it is new. */
const requireRecordingsOrDiscard = async (
  store: Store,
  { comparison, models }: OpenedComparison,
): Promise<void> => {
  try {
    await requireRecordings(store, comparison.id, models);
  } catch (error) {
    if (comparison.created) await discardComparison(store, comparison.id);
    throw error;
  }
};
