import { startPreparedBatches } from '../replay/prepare/batch-starter.ts';
import type { PreparedReplay } from '../replay/prepare/prepare-replay.ts';
import { countOpenBatchLines } from '../store/batches/batch-lines.ts';
import { announceRun, bySide, exitCode, printOutcomes } from './run-replay.ts';
import { terminalAskRemedy } from './terminal/ask.ts';
import { catchInterrupt } from './terminal/signals.ts';
import { BatchProgressView } from './texts/batch-progress.ts';
import { unusedRemedyLines, type ComparisonOutcome } from './texts/closing.ts';

/**
 * Runs a prepared batch replay: progress on stderr, results on stdout. Returns the exit code: 0,
 * even while batches are in progress; 2 if a provider refused something; 130 if it was interrupted.
 */
export const runBatchReplay = async (
  prepared: PreparedReplay,
  options: { readonly db: string | undefined; readonly pollForMs: number | null },
): Promise<0 | 2 | 130> => {
  announceRun(prepared);
  const { comparisons, store } = prepared;
  const interrupt = catchInterrupt();
  try {
    let view: BatchProgressView | null = null;
    const ask = terminalAskRemedy({
      hold: () => view?.hold(),
      release: () => view?.release(),
      signal: interrupt.signal,
    });
    const running = startPreparedBatches(prepared, {
      pollForMs: options.pollForMs,
      signal: interrupt.signal,
      ask,
      onEvent: (event) => view?.show(event),
    });
    const names = new Map(
      comparisons.length === 1
        ? []
        : comparisons.map(({ comparison: { candidate, id } }) => [id, candidate]),
    );
    const shown = new BatchProgressView(process.stderr, running.progress, names);
    view = shown;
    const result = await running.done.finally(() => shown.end());
    const { progress } = result;
    const areAccepted = progress.jobs.some(({ batchId }) => batchId !== null);
    const outcomes: ComparisonOutcome[] = [];
    for (const { comparisonId, stopped } of result.comparisons) {
      const open = await countOpenBatchLines(store, comparisonId);
      outcomes.push({
        ended: result.ended,
        progress,
        stopped: bySide((side) => stopped[side]),
        answeredElsewhere: 0,
        batches: { open, areAccepted },
      });
    }
    const total = { progress, batches: { open: 0, areAccepted } };
    await printOutcomes(prepared, outcomes, { db: options.db, total });
    for (const line of unusedRemedyLines(progress)) process.stdout.write(`${line}\n`);
    return exitCode(outcomes);
  } finally {
    interrupt.release();
  }
};
