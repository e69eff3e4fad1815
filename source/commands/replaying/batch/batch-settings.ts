import { sides, type Side } from '../../../comparison/outcome.ts';
import { batchObstacle, batchProfileOf } from '../../../models/batch/batch-profile.ts';
import type { Model } from '../../../models/model.ts';
import { countOpenBatchLines } from '../../../store/batches/batch-lines.ts';
import type { Store } from '../../../store/open.ts';
import { harmlessLine } from '../../../text/harmless.ts';
import { count } from '../../../text/numbers.ts';
import { UserError } from '../../../text/user-error.ts';

/** The flags of a batch replay, as meow declares them. */
export const batchFlags = {
  batch: { type: 'boolean' },
  pollFor: { type: 'string' },
} as const;

/** Their values, as the user wrote them. */
export type BatchFlags = {
  readonly batch?: boolean | undefined;
  readonly pollFor?: string | undefined;
};

/** `--poll-for` in milliseconds; null without one. Throws UserError, also where it goes with no batch. */
export const pollForOf = ({ batch = false, pollFor }: BatchFlags): number | null => {
  if (pollFor === undefined) return null;
  if (!batch) throw new UserError('--poll-for goes with --batch only. Leave it out.');
  const minutes = Number(pollFor);
  if (pollFor.trim() === '' || !Number.isFinite(minutes) || minutes < 0) {
    throw new UserError(
      `--poll-for is a number of minutes from 0, and ${JSON.stringify(harmlessLine(pollFor))} is none.`,
    );
  }
  return minutes * 60_000;
};

/**
 * Throws UserError for a live model whose provider has no Batch API that this program can use, and
 * for several candidates.
 */
export const requireBatchApis = (
  models: Readonly<Record<Side, Model>>,
  otherCandidates: number,
): void => {
  if (otherCandidates > 0) {
    throw new UserError(
      '--batch takes one --candidate at a time. Run it once for each, when the one before is through: the answers of the baseline are taken from there and not paid for again.',
    );
  }
  for (const side of sides) {
    const model = models[side];
    if (model.kind === 'recorded' || batchProfileOf(model.provider) !== null) continue;
    const obstacle = batchObstacle(model.provider);
    const why = obstacle === null ? '' : ` (${obstacle})`;
    throw new UserError(
      `The ${side}, ${harmlessLine(model.label)}, is at a provider that has no Batch API in OpenAI's file format${why}. Leave --batch out: then both sides are called live.`,
    );
  }
};

/** Throws UserError when answers are ordered in batches: a live call would pay for them again. */
export const requireNoOpenBatches = async (store: Store, comparisonId: string): Promise<void> => {
  const lines = await countOpenBatchLines(store, comparisonId);
  if (lines === 0) return;
  throw new UserError(
    `${count(lines)} ${lines === 1 ? 'answer' : 'answers'} of this comparison ${lines === 1 ? 'is' : 'are'} ordered in batches, and a live call would pay for them again. Run understudy replay with --batch to fetch them; to do without them, cancel the batches at the provider first.`,
  );
};
