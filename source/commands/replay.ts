import type { ReplayProgress } from '../replay/progress.ts';
import type { ReplayResult } from '../replay/replay.ts';
import { gatherSummary, type Summary } from '../summary/gather-summary.ts';
import { sentence } from '../summary/sentence.ts';
import { sides, type Side } from '../comparison/outcome.ts';
import type { Failure } from '../models/answer.ts';
import type { ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { harmless, harmlessLine } from '../text/harmless.ts';
import { count } from '../text/numbers.ts';
import { truncateCells } from '../text/width.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags } from './flags/read-flags.ts';
import { readPollFor, readReplayFlags } from './flags/replay-flags.ts';
import { fileLines } from './texts/import-text.ts';
import { catchInterrupt } from './terminal/signals.ts';
import { importProgress } from './terminal/status-line.ts';
import { terminalAsk, terminalAskRemedy } from './terminal/ask.ts';
import { tellMonthLimit } from '../money/settle-limit.ts';
import { monthGoesOn } from './texts/month-goes-on.ts';
import type { SpendingLimit } from '../money/spending-limit.ts';
import { costText, failureTexts, ReplayProgressView } from './texts/replay-progress.ts';
import { prepareReplay, type PreparedReplay } from '../replay/prepare/prepare-replay.ts';
import { keepHeapSteady } from './terminal/heap.ts';

/** `understudy replay [FILES…] --baseline MODEL --candidate MODEL`: answers without a screen. */
export const replay: Command<'replay'> = async (argv) => {
  const read = readFlags('replay', argv);
  const { flags, input: files } = read;
  const environment = process.env;
  const pollForMs = readPollFor(flags);
  const asked = readReplayFlags(read, { environment, now: new Date() });
  if (flags.dryRun) {
    const { runDryRun } = await import('./dry-run.ts');
    return runDryRun({ files, asked, environment, json: flags.json });
  }
  const prepared = await prepareReplay({
    files,
    asked,
    environment,
    ask: terminalAsk(),
    progress: importProgress(process.stderr),
  });
  try {
    if (!flags.batch) return await runReplay(prepared, flags.db);
    const { runBatchReplay } = await import('./batch-replay.ts');
    return await runBatchReplay(prepared, {
      db: flags.db,
      pollForMs,
      samples: flags.samples,
    });
  } finally {
    await prepared.store.close();
  }
};

/**
 * Replays what was prepared: progress on stderr, results on stdout. Returns the exit code: 0, 2 when a
 * side kept failing and was stopped, or 130 when it was interrupted.
 */
export const runReplay = async (
  prepared: PreparedReplay,
  db: string | undefined,
): Promise<0 | 2 | 130> => {
  const { comparison, reports, store } = prepared;
  for (const line of reports.flatMap(fileLines)) process.stderr.write(`${line}\n`);
  if (prepared.selected !== null) process.stderr.write(`${prepared.selected}\n`);
  tellMonthLimit(prepared);
  for (const line of prepared.notices) process.stderr.write(`${line}\n`);
  keepHeapSteady();
  const interrupt = catchInterrupt();
  try {
    let view: ReplayProgressView | null = null;
    const lastFailures = new Map<string, Partial<Record<Side, Failure>>>();
    const running = prepared.start({
      signal: interrupt.signal,
      // Nobody sees growing texts here, and there may be millions.
      texts: false,
      ask: terminalAskRemedy({
        hold: () => view?.hold(),
        release: () => view?.release(),
        signal: interrupt.signal,
      }),
      on: (event) => {
        view?.on(event);
        if (event.kind !== 'failed') return;
        const { comparisonId, failure, side } = event;
        lastFailures.set(comparisonId, { ...lastFailures.get(comparisonId), [side]: failure });
      },
    });
    const shown = new ReplayProgressView(process.stderr, () => running.progress());
    view = shown;
    const result = await running.done.finally(() => shown.end());
    const at = new Date().toISOString();
    const all = [{ comparison, prices: prepared.prices }, ...prepared.more];
    for (const [index, one] of all.entries()) {
      const summary = await gatherSummary(store, one.comparison, { prices: one.prices, at });
      const of = result.comparisons[index] ?? result;
      if (all.length > 1)
        process.stdout.write(`${index === 0 ? '' : '\n'}${titleOf(one.comparison)}\n`);
      const text = closingText(
        { ...of, ended: result.ended },
        summary,
        db,
        lastFailures.get(one.comparison.id),
        prepared.limit,
        all.length === 1,
      );
      process.stdout.write(text);
    }
    if (all.length > 1) {
      process.stdout.write(
        `\nAll ${all.length} together: this run cost ${costText(result.progress)}\n`,
      );
    }
    if (result.ended === 'interrupted') return 130;
    const isStopped = result.comparisons.some(({ stopped }) =>
      sides.some((side) => stopped[side] !== null),
    );
    return isStopped ? 2 : 0;
  } finally {
    interrupt.release();
  }
};

const titleOf = ({ baseline, candidate }: ComparisonRecord): string =>
  `${harmlessLine(baseline)} → ${harmlessLine(candidate)}`;

/** What other runs did of the work, so that the cost of this one is not taken for that of the whole. */
const answeredElsewhereText = ({ answeredElsewhere }: ReplayProgress): readonly string[] => {
  if (answeredElsewhere === 0) return [];
  const answers = answeredElsewhere === 1 ? '1 answer' : `${count(answeredElsewhere)} answers`;
  return [`Another run gave ${answers} at the same time, which this one did not pay for.`];
};

/** The result of a comparison and what to do next, with the run's cost where it is the only one. */
export const closingText = (
  { ended, progress, stopped }: Omit<ReplayResult, 'comparisons'>,
  summary: Summary,
  db: string | undefined,
  lastFailures: Readonly<Partial<Record<Side, Failure>>> = {},
  limit: SpendingLimit | null = null,
  alone = true,
): string => {
  const { counts, comparison } = summary;
  const store = db === undefined ? '' : ` --db ${harmless(db)}`;
  const lines = [
    `${count(counts.replayable)} pairs = ${count(counts.answered)} answered + ${count(counts.failed)} failed + ${count(counts.notSent)} not sent${alone ? `; this run cost ${costText(progress)}` : ''}`,
    ...failureTexts(progress),
    ...answeredElsewhereText(progress),
  ];
  for (const side of sides) {
    const reason = stopped[side];
    if (reason !== null) {
      const said = lastFailures[side]?.message;
      const why = said === undefined ? '' : ` ${truncateCells(harmlessLine(said), 300)}`;
      lines.push(
        `The ${side}, ${harmlessLine(comparison[side])}, was stopped: it kept failing (${reason}).${why} Put that right and run the same command again, or name another model.`,
      );
    }
  }
  if (ended === 'budget') {
    lines.push(
      limit?.by === 'month'
        ? `The month's budget is reached. ${monthGoesOn(limit)}, to go on; what is answered is not paid for again.`
        : 'The budget is reached. Run the same command again with a new --budget to go on; what is answered is not paid for again.',
    );
  }
  if (ended === 'interrupted') {
    lines.push(
      `Interrupted with everything kept. Run the same command again to go on with the ${count(counts.replayable - counts.answered)} pairs that are left.`,
    );
    return `${lines.join('\n')}\n`;
  }
  if (counts.answered > 0) {
    lines.push(sentence(summary), `Next: understudy review ${comparison.id}${store}`);
  }
  return `${lines.join('\n')}\n`;
};
