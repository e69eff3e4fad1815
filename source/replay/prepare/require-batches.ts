import type { Side } from '../../comparison/outcome.ts';
import { batchProfileOf } from '../../models/batch/batch-profile.ts';
import type { Model } from '../../models/model.ts';
import { countOpenBatchLines } from '../../store/batches/batch-lines.ts';
import type { Store } from '../../store/open.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { count } from '../../text/numbers.ts';
import { UserError } from '../../text/user-error.ts';

/** Throws UserError for a live model whose provider has no Batch API that this program can use. */
export const requireBatchApis = (
  models: readonly { readonly side: Side; readonly model: Model }[],
): void => {
  for (const { model, side } of models) {
    if (model.kind === 'recorded' || batchProfileOf(model.provider) !== null) continue;
    throw new UserError(
      `The ${side}, ${harmlessLine(model.label)}, is at a provider that has no Batch API in OpenAI's file format. Leave --batch out to call every model live.`,
    );
  }
};

/** Throws UserError when answers are ordered in batches, because a live call would pay for them again. */
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
