import type { Side } from '../../../comparison/outcome.ts';
import { batchProfileOf } from '../../../models/batch/batch-profile.ts';
import type { Model } from '../../../models/model.ts';
import { countOpenBatchLines } from '../../../store/batches/open-batch-lines.ts';
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

/** Throws UserError for a live model whose provider has no Batch API that this program can use. */
export const requireBatchApis = (
  models: readonly { readonly side: Side; readonly model: Model }[],
): void => {
  for (const { model, side } of models) {
    if (model.kind === 'recorded' || batchProfileOf(model.provider) !== null) continue;
    throw new UserError(
      `The ${side}, ${harmlessLine(model.label)}, is at a provider that has no Batch API in OpenAI's file format. Leave --batch out: then all are called live.`,
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

/** The same for one pair, which somebody wants to have sent again. */
export const requireNoOpenLines = async (
  store: Store,
  comparisonId: string,
  captureId: string,
): Promise<void> => {
  if ((await countOpenBatchLines(store, comparisonId, captureId)) === 0) return;
  throw new UserError(
    'not sent: an answer of this pair is ordered in a batch, and would be paid for twice; understudy replay with --batch fetches it',
  );
};
