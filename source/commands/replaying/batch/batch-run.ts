import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { sides, type Side } from '../../../comparison/outcome.ts';
import { adaptRequest } from '../../../models/adaptation/adapt-request.ts';
import { openBatchApi } from '../../../models/batch/batch-api.ts';
import { batchProfileOf } from '../../../models/batch/batch-profile.ts';
import { startBatchReplay, type BatchReplayResult } from '../../../replay/batch/batch-replay.ts';
import type { BatchReplayOptions } from '../../../replay/batch/options.ts';
import { wait } from '../../../replay/limits/wait.ts';
import { countOpenBatchLines } from '../../../store/batches/batch-lines.ts';
import { loadRemedies } from '../../../store/comparisons/remedies.ts';
import { gatherSummary } from '../../../summary/gather.ts';
import { sentence } from '../../../summary/sentence.ts';
import type { Summary } from '../../../summary/summary.ts';
import { harmless, harmlessLine } from '../../../text/harmless.ts';
import { count } from '../../../text/numbers.ts';
import { UserError } from '../../../text/user-error.ts';
import { truncateCells } from '../../../text/width.ts';
import { fileLines } from '../../import-lines.ts';
import { withNoPrice } from '../../money/payable.ts';
import { batchCostText, showBatchProgress, type BatchProgressView } from './batch-progress.ts';
import { catchInterrupt } from '../interrupt.ts';
import { keyOf, type PreparedReplay } from '../replay-run.ts';

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
    readonly environment: Readonly<Record<string, string | undefined>>;
  },
): Promise<number> => {
  const { comparison, prices, reports, store } = prepared;
  for (const line of reports.flatMap(fileLines)) process.stderr.write(`${line}\n`);
  if (prepared.selected !== null) process.stderr.write(`${prepared.selected}\n`);
  for (const line of prepared.notices) process.stderr.write(`${line}\n`);
  const interrupt = catchInterrupt();
  try {
    let view: BatchProgressView | null = null;
    const running = startBatchReplay({
      store,
      comparisonId: comparison.id,
      sides: await sidesOf(prepared, { ...options, signal: interrupt.signal }),
      samples: options.samples,
      budget: prepared.limit?.usd ?? null,
      pollForMs: options.pollForMs,
      worker: { host: hostname(), pid: process.pid, isAlive },
      signal: interrupt.signal,
      now: () => performance.now(),
      at: () => new Date().toISOString(),
      random: Math.random,
      newId: randomUUID,
      wait,
      on: (event) => view?.on(event),
    });
    view = showBatchProgress(process.stderr, running.progress);
    const result = await running.done.finally(view.end);
    const summary = await gatherSummary(store, comparison, {
      prices,
      at: new Date().toISOString(),
    });
    const open = await countOpenBatchLines(store, comparison.id);
    process.stdout.write(batchClosingText(result, summary, open, options.db));
    if (result.ended === 'interrupted') return 130;
    return sides.some((side) => result.stopped[side] !== null) ? 2 : 0;
  } finally {
    interrupt.release();
  }
};

const sidesOf = async (
  prepared: PreparedReplay,
  options: {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly signal: AbortSignal;
  },
): Promise<BatchReplayOptions['sides']> => {
  const { environment, signal } = options;
  const { comparison, limit, models, store } = prepared;
  const prices = limit === null ? prepared.prices : withNoPrice(prepared.prices);
  const of = async (side: Side): Promise<BatchReplayOptions['sides'][Side]> => {
    const model = models[side];
    if (model.kind === 'recorded') return model;
    const profile = batchProfileOf(model.provider);
    if (profile === null) throw new UserError(`The ${side} has no Batch API.`);
    const apiKey = keyOf(model, environment);
    const { keep } = prepared.adapting;
    const remedies = await loadRemedies(store, comparison.id, model.label);
    return {
      model,
      profile,
      api: openBatchApi({ model, apiKey, profile, signal }),
      apiKey,
      price: prices[side],
      adapt: (request) => adaptRequest(request, model, { keep, remedies }),
    };
  };
  return { baseline: await of('baseline'), candidate: await of('candidate') };
};

/** Whether a process of this machine is there, whoever's it is. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** What came of a run, and what to do next. `open` answers are ordered and have not come. */
export const batchClosingText = (
  { ended, progress, stopped }: BatchReplayResult,
  summary: Summary,
  open: number,
  db: string | undefined,
): string => {
  const { comparison, counts } = summary;
  const store = db === undefined ? '' : ` --db ${harmless(db)}`;
  const lines = [
    `${count(counts.replayable)} pairs = ${count(counts.answered)} answered + ${count(counts.failed)} failed + ${count(counts.notSent)} not sent; the answers of this run cost ${batchCostText(progress)}`,
  ];
  for (const side of sides) {
    const failure = stopped[side];
    if (failure === null) continue;
    const why = truncateCells(harmlessLine(failure.message), 300);
    const hint =
      failure.reason === 'not_found' && progress.jobs.every((job) => job.batchId === null)
        ? ' If this server has no Batch API, leave --batch out.'
        : '';
    lines.push(
      `The ${side}, ${harmlessLine(comparison[side])}, was stopped (${failure.reason}). ${why}${hint} Put that right and run the same command again.`,
    );
  }
  if (ended === 'budget') {
    lines.push(
      'The budget is reached. Run the same command again to order more; what is answered is not paid for again.',
    );
  }
  const left = counts.replayable - counts.answered - counts.failed;
  if (ended === 'interrupted') {
    lines.push(
      `Interrupted with everything kept${open > 0 ? `; ${answersText(open)} at the provider go on` : ''}. Come back later with the same command.`,
    );
    return `${lines.join('\n')}\n`;
  }
  if (open > 0) {
    lines.push(
      `${answersText(open)} are in batches at the provider. Come back later with the same command.`,
    );
  } else if (left > 0 && ended === 'done' && sides.every((side) => stopped[side] === null)) {
    lines.push('Some failed in a way that may pass. The same command orders them again.');
  }
  if (counts.answered > 0) {
    lines.push(sentence(summary), `Next: understudy review ${comparison.id}${store}`);
  }
  return `${lines.join('\n')}\n`;
};

const answersText = (open: number): string => `${count(open)} ${open === 1 ? 'answer' : 'answers'}`;
