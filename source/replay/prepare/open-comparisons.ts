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
      'batch' | 'lastTurn' | 'name' | 'noise' | 'selection' | 'send'
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
  const { batch, lastTurn, name, noise, selection, send } = asked;
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
  return { ...taken, first, others };
};

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
