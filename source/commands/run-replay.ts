import { sides, type Side } from '../comparison/outcome.ts';
import type { SpendingLimit } from '../money/settle-limit.ts';
import type { PreparedReplay } from '../replay/prepare/prepare-replay.ts';
import type { Patience } from '../replay/limits/health.ts';
import type { ReplayResult } from '../replay/start-replay.ts';
import { gatherSummary } from '../summary/gather-summary.ts';
import { dollars } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { terminalAskRemedy } from './terminal/ask.ts';
import { catchCallInterrupt } from './terminal/signals.ts';
import { keepHeapSteady } from './terminal/heap.ts';
import { closingText, costOfRunText, stoppedBy, type ComparisonOutcome } from './texts/closing.ts';
import { fileLines } from './texts/import-text.ts';
import { endingText, ReplayProgressView } from './texts/replay-progress.ts';

/**
 * Runs a prepared replay: progress on stderr, results on stdout. At the first Ctrl-C or SIGTERM it sends
 * nothing more and waits for the calls in flight; a second one aborts them. Returns the exit code: 0, 2 if a
 * side kept failing and was stopped, or 130 if it was interrupted.
 */
export const runReplay = async (
  prepared: PreparedReplay,
  db: string | undefined,
): Promise<0 | 2 | 130> => {
  announceRun(prepared);
  keepHeapSteady();
  const interrupt = catchCallInterrupt();
  try {
    let view: ReplayProgressView | null = null;
    const running = prepared.start({
      signal: interrupt.signal,
      ending: interrupt.ending,
      // Nobody reads the texts, and there may be millions.
      texts: false,
      ask: terminalAskRemedy({
        hold: () => view?.hold(),
        release: () => view?.release(),
        signal: interrupt.ending,
      }),
      onEvent: (event) => view?.show(event),
    });
    const shown = new ReplayProgressView(process.stderr, () => running.progress());
    view = shown;
    interrupt.ending.addEventListener('abort', () => {
      const { inFlight } = running.progress();
      if (inFlight > 0) shown.print(endingText(inFlight));
    });
    const result = await running.done.finally(() => shown.end());
    const outcomes = outcomesOf(result, prepared.asked.patience);
    await printOutcomes(prepared, outcomes, { db, total: { ...result, batches: null } });
    return exitCode(outcomes);
  } finally {
    interrupt.release();
  }
};

/** Returns the result of each comparison of a run that had this patience. */
export const outcomesOf = (
  { comparisons, ended }: ReplayResult,
  patience: Patience,
): readonly ComparisonOutcome[] =>
  comparisons.map(({ progress, stopped }) => ({
    ended,
    progress,
    stopped: bySide((side) => {
      const failure = stopped[side];
      return failure === null ? null : stoppedBy(failure, patience);
    }),
    answeredElsewhere: progress.answeredElsewhere,
    batches: null,
  }));

/**
 * Prints on stderr what was imported and selected, and what the user must know before the first
 * call.
 */
export const announceRun = (prepared: PreparedReplay): void => {
  const { limit, notices, reports, selected, settings } = prepared;
  const lines = [
    ...reports.flatMap(fileLines),
    ...(selected === null ? [] : [selected]),
    ...monthLimitLines(limit, settings.budgetPerMonth),
    ...notices,
  ];
  for (const line of lines) process.stderr.write(`${line}\n`);
};

/**
 * Prints the result of each comparison on stdout. `outcomes` are in the order of the comparisons.
 */
export const printOutcomes = async (
  { comparisons, limit, pricesOf, store }: PreparedReplay,
  outcomes: readonly ComparisonOutcome[],
  run: {
    readonly db: string | undefined;
    readonly total: Pick<ComparisonOutcome, 'batches' | 'progress'>;
  },
): Promise<void> => {
  const isAlone = comparisons.length === 1;
  const at = new Date().toISOString();
  for (const [index, { comparison }] of comparisons.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    const summary = await gatherSummary(store, comparison, { ...pricesOf(comparison), at });
    if (!isAlone) {
      const { baseline, candidate } = comparison;
      const title = `${printableLine(baseline)} → ${printableLine(candidate)}`;
      process.stdout.write(`${index === 0 ? '' : '\n'}${title}\n`);
    }
    process.stdout.write(closingText(outcome, summary, { db: run.db, limit, isAlone }));
  }
  if (isAlone) return;
  process.stdout.write(`\nAll ${comparisons.length} together: ${costOfRunText(run.total)}\n`);
};

/** Returns 130 for an interrupted run, 2 if one of its sides was stopped, otherwise 0. */
export const exitCode = (outcomes: readonly ComparisonOutcome[]): 0 | 2 | 130 => {
  if (outcomes.some(({ ended }) => ended === 'interrupted')) return 130;
  const isAnyStopped = outcomes.some(({ stopped }) => sides.some((side) => stopped[side] !== null));
  return isAnyStopped ? 2 : 0;
};

/** Returns a value for each side. */
export const bySide = <Value>(value: (side: Side) => Value): Readonly<Record<Side, Value>> => ({
  baseline: value('baseline'),
  candidate: value('candidate'),
});

/**
 * Returns a line saying that the monthly budget (USD) limits a run; no line if something else does.
 */
const monthLimitLines = (
  limit: SpendingLimit | null,
  perMonth: number | null,
): readonly string[] => {
  if (limit?.period !== 'month') return [];
  const others =
    limit.others === undefined ? '' : `, besides ${dollars(limit.others)} reserved by other runs`;
  return [
    `At most ${dollars(limit.usd)} may be spent: the rest of the ${dollars(perMonth)} of this month${others}.`,
  ];
};
