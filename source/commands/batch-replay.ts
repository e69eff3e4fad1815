import { randomUUID } from 'node:crypto';
import type { Side } from '../comparison/outcome.ts';
import { openBatchApi } from '../models/batch/batch-api.ts';
import { batchProfileOf } from '../models/batch/batch-profile.ts';
import type { Model, Price } from '../models/model.ts';
import { createAmender } from '../replay/batch/amend-request.ts';
import { startBatchReplay } from '../replay/batch/batch-replay.ts';
import type { BatchModel } from '../replay/batch/options.ts';
import { wait } from '../replay/limits/wait.ts';
import type { AskRemedy } from '../replay/remedy-book.ts';
import { countOpenBatchLines } from '../store/batches/batch-lines.ts';
import { gatherSummary } from '../summary/gather-summary.ts';
import { harmlessLine } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import { fileLines } from './texts/import-text.ts';
import { withNoPrice } from '../money/payable.ts';
import { tellMonthLimit } from '../money/settle-limit.ts';
import { terminalAskRemedy } from './terminal/ask.ts';
import { thisProcess } from '../store/this-process.ts';
import { catchInterrupt } from './terminal/signals.ts';
import type { PreparedReplay } from '../replay/prepare/prepare-replay.ts';
import { batchClosingText, unusedRemedies } from './texts/closing.ts';
import { batchCostText, BatchProgressView } from './texts/batch-progress.ts';

/**
 * Replays what was prepared in batches, with progress on stderr and what came of it on stdout. The
 * exit code: 0, also while batches are under way; 2 when a provider turned something away; 130 when
 * it was interrupted.
 */
export const runBatchReplay = async (
  prepared: PreparedReplay,
  options: {
    readonly db: string | undefined;
    readonly pollForMs: number | null;
    readonly samples: number;
  },
): Promise<0 | 2 | 130> => {
  const { limit, reports, store } = prepared;
  for (const line of reports.flatMap(fileLines)) process.stderr.write(`${line}\n`);
  if (prepared.selected !== null) process.stderr.write(`${prepared.selected}\n`);
  tellMonthLimit(prepared);
  for (const line of prepared.notices) process.stderr.write(`${line}\n`);
  const all = [prepared, ...prepared.more];
  const interrupt = catchInterrupt();
  try {
    let view: BatchProgressView | null = null;
    const ask = terminalAskRemedy({
      hold: () => view?.hold(),
      release: () => view?.release(),
      signal: interrupt.signal,
    });
    const toModel = batchModels(prepared, { ...options, ask, signal: interrupt.signal });
    const ids = all.map(({ comparison }) => comparison.id);
    const running = startBatchReplay({
      store,
      baseline: toModel('baseline', prepared.models.baseline, prepared.prices.baseline, ids),
      comparisons: all.map(({ comparison: { id }, models, prices }) => ({
        comparisonId: id,
        candidate: toModel('candidate', models.candidate, prices.candidate, [id]),
      })),
      samples: options.samples,
      budget: limit?.usd ?? null,
      pollForMs: options.pollForMs,
      worker: thisProcess(),
      signal: interrupt.signal,
      now: () => performance.now(),
      at: () => new Date().toISOString(),
      random: Math.random,
      newId: randomUUID,
      wait,
      on: (event) => view?.on(event),
    });
    const names = new Map(
      all.length === 1 ? [] : all.map(({ comparison: { candidate, id } }) => [id, candidate]),
    );
    const shown = new BatchProgressView(process.stderr, running.progress, names);
    view = shown;
    const result = await running.done.finally(() => shown.end());
    const at = new Date().toISOString();
    for (const [index, { comparison, prices }] of all.entries()) {
      const stopped = result.comparisons[index]?.stopped ?? { baseline: null, candidate: null };
      const summary = await gatherSummary(store, comparison, { prices, at });
      const open = await countOpenBatchLines(store, comparison.id);
      if (all.length > 1) {
        const { baseline, candidate } = comparison;
        const title = `${harmlessLine(baseline)} → ${harmlessLine(candidate)}`;
        process.stdout.write(`${index === 0 ? '' : '\n'}${title}\n`);
      }
      const of = { ...result, stopped, limit, alone: all.length === 1 };
      process.stdout.write(batchClosingText(of, summary, open, options.db));
    }
    if (all.length > 1) {
      const cost = batchCostText(result.progress);
      process.stdout.write(`\nAll ${all.length} together: the answers of this run cost ${cost}\n`);
    }
    for (const line of unusedRemedies(result.progress)) process.stdout.write(`${line}\n`);
    if (result.ended === 'interrupted') return 130;
    return result.comparisons.some(
      ({ stopped }) => stopped.baseline !== null || stopped.candidate !== null,
    )
      ? 2
      : 0;
  } finally {
    interrupt.release();
  }
};

/** Makes of a model what batches are ordered from, for these comparisons. */
const batchModels = (
  { adapting, keyOf, limit }: PreparedReplay,
  options: {
    readonly ask: AskRemedy | null;
    readonly signal: AbortSignal;
  },
) => {
  const { ask, signal } = options;
  return (
    side: Side,
    model: Model,
    price: Price | null,
    comparisonIds: readonly string[],
  ): BatchModel => {
    if (model.kind === 'recorded') return model;
    const profile = batchProfileOf(model.provider);
    if (profile === null) throw new UserError(`The ${side} has no Batch API.`);
    const apiKey = keyOf(model);
    const scope = { comparisonIds, modelLabel: model.label };
    return {
      model,
      profile,
      api: openBatchApi({ model, apiKey, profile, signal }),
      apiKey,
      price: limit === null ? price : withNoPrice({ baseline: price, candidate: price })[side],
      ...createAmender({ model, scope, adapting: { ...adapting, ask } }),
    };
  };
};
