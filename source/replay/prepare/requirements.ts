import { sides, type Side } from '../../comparison/outcome.ts';
import { batchProfileOf } from '../../models/batch/batch-profile.ts';
import type { Model } from '../../models/model.ts';
import { countOpenBatchLines } from '../../store/batches/batch-lines.ts';
import { recordedModels } from '../../store/captures/captures.ts';
import type { Store } from '../../store/open.ts';
import { countSentAs } from '../../store/redaction/redactions.ts';
import { printableLine } from '../../text/printable.ts';
import { count } from '../../text/numbers.ts';
import { UserError } from '../../text/user-error.ts';
import type { Send } from './replay-settings.ts';

/** Throws UserError for a live model whose provider has no supported Batch API. */
export const requireBatchApis = (
  models: readonly { readonly side: Side; readonly model: Model }[],
): void => {
  for (const { model, side } of models) {
    if (model.kind === 'recorded' || batchProfileOf(model.provider) !== null) continue;
    throw new UserError(
      `The ${side}, ${printableLine(model.label)}, belongs to a provider without a Batch API in OpenAI's file format. Omit --batch to call every model live.`,
    );
  }
};

/**
 * Throws UserError if answers are pending in batches, because a live call would pay for them again.
 */
export const requireNoOpenBatches = async (store: Store, comparisonId: string): Promise<void> => {
  const lines = await countOpenBatchLines(store, comparisonId);
  if (lines === 0) return;
  throw new UserError(
    `${count(lines)} ${lines === 1 ? 'answer' : 'answers'} of this comparison ${lines === 1 ? 'is' : 'are'} pending in batches, and a live call would pay for them again. Run understudy replay with --batch to fetch them; to do without them, cancel the batches at the provider first.`,
  );
};

/** Throws UserError if an answer of this pair is pending in a batch. */
export const requireNoOpenLines = async (
  store: Store,
  comparisonId: string,
  captureId: string,
): Promise<void> => {
  if ((await countOpenBatchLines(store, comparisonId, captureId)) === 0) return;
  throw new UserError(
    'not sent: an answer of this pair is pending in a batch, and would be paid for twice; understudy replay with --batch fetches it',
  );
};

/**
 * Throws UserError for a recorded model without an answer to any capture of the comparison: no pair
 * could be compared.
 */
export const requireRecordings = async (
  store: Store,
  comparisonId: string,
  models: Readonly<Record<Side, Model>>,
): Promise<void> => {
  const asked = sides.map((side) => models[side]).filter((model) => model.kind === 'recorded');
  if (asked.length === 0) return;
  const known = await recordedModels(store, comparisonId);
  for (const { label, name } of asked) {
    if (known.some(({ model, production }) => (name === null ? production : model === name))) {
      continue;
    }
    const names = known.slice(0, 10).map(({ model }) => `recorded:${printableLine(model)}`);
    const recorded =
      names.length === 0
        ? 'No capture has a recorded answer.'
        : `Recorded models: ${[...new Set(names)].join(', ')}.`;
    throw new UserError(
      `No capture of this selection has an answer of ${printableLine(label)}. ${recorded}`,
    );
  }
};

/**
 * Throws UserError if earlier requests of the comparison were sent in the other form (original or
 * redacted): the two sides would answer different requests.
 */
export const requireSentAlike = async (
  store: Store,
  comparisonId: string,
  send: Send,
): Promise<void> => {
  const sent = await countSentAs(store, comparisonId);
  const others = send === 'original' ? sent.redacted : sent.original;
  if (others === 0) return;
  const answers = `${count(others)} ${others === 1 ? 'answer' : 'answers'} of this comparison ${others === 1 ? 'is' : 'are'}`;
  throw new UserError(
    send === 'original'
      ? `${answers} to requests with placeholders, so answers to originals could not be compared with them. Use a separate --name for the comparison with originals.`
      : `${answers} to requests with their original values, so answers to placeholders could not be compared with them. Continue with --send original and the files, or use another --name.`,
  );
};
