import { readPatience, budgetFlag } from './flags/replay-flags.ts';
import { dryRunOfJudge, prepareJudging } from '../judge/prepare-judging.ts';
import type { Failure } from '../models/answer.ts';
import { comparisonPrices } from '../money/prices-to-pay.ts';
import { loadPrices } from '../models/prices.ts';
import { gatherSummary } from '../summary/gather-summary.ts';
import { jsonDocument } from '../text/json-document.ts';
import { printableLine } from '../text/printable.ts';
import { storeFlagText } from '../text/shell.ts';
import { UserError } from '../text/user-error.ts';
import { truncateCells } from '../text/width.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { terminalAsk } from './terminal/ask.ts';
import { catchCallInterrupt } from './terminal/signals.ts';
import { StatusLine } from './terminal/status-line.ts';
import { judgeEstimateText, judgedText, judgingText } from './texts/judge-text.ts';
import { endingText } from './texts/replay-progress.ts';

const redrawMs = 100;
const logMs = 10_000;

/** Runs `understudy judge [COMPARISON] --judge MODEL`: asks a model what it thinks of the open pairs. */
export const judge: Command<'judge'> = async (argv) => {
  const { flags, input } = readFlags('judge', argv);
  if (flags.judge === undefined) {
    throw new UserError(
      'judge needs a model: understudy judge --judge openai/gpt-4o. See understudy judge --help.',
    );
  }
  const environment = process.env;
  const asked = {
    judge: flags.judge,
    comparison: input[0] ?? null,
    storeFile: storeFile(flags.db, environment),
    config: flags.config,
    concurrency: flags.concurrency,
    patience: readPatience(flags.patience),
    budget: flags.budget === undefined ? null : budgetFlag(flags.budget),
  };
  const store = storeFlagText(flags.db);
  if (flags.dryRun) {
    const { comparison, estimate } = await dryRunOfJudge(asked, environment);
    process.stdout.write(
      flags.json
        ? jsonDocument(
            { schema: 'understudy.judge/1', comparison: comparison.id, dryRun: true, ...estimate },
            'indented',
          )
        : judgeEstimateText(estimate),
    );
    return 0;
  }
  const prepared = await prepareJudging(asked, { ask: terminalAsk(), environment });
  const interrupt = catchCallInterrupt();
  try {
    const { comparison, limit, notices, settings } = prepared;
    for (const notice of notices) process.stderr.write(`${notice}\n`);
    let line: StatusLine | null = null;
    const running = prepared.start({
      ending: interrupt.ending,
      signal: interrupt.signal,
      onFailure: (captureId, failure) => line?.print(failureText(captureId, failure)),
    });
    const shown = new StatusLine(process.stderr, {
      text: (width) => truncateCells(judgingText(running.progress()), width),
      redrawMs,
      logMs,
    });
    line = shown;
    interrupt.ending.addEventListener('abort', () => {
      const { inFlight } = running.progress();
      if (inFlight > 0) shown.print(endingText(inFlight));
    });
    const result = await running.done.finally(() => shown.finish());
    const now = new Date();
    const book = await loadPrices(settings.prices);
    const summary = await gatherSummary(prepared.store, comparison, {
      ...comparisonPrices(book, comparison, now, settings.providers),
      at: now.toISOString(),
    });
    const { label } = prepared.judge;
    const own = summary.judges.find((one) => one.judge === label) ?? null;
    process.stdout.write(
      flags.json
        ? jsonDocument(
            {
              schema: 'understudy.judge/1',
              comparison: comparison.id,
              dryRun: false,
              ...result,
              judge: own,
            },
            'indented',
          )
        : judgedText(result, {
            label,
            limit,
            patience: asked.patience,
            figures: own,
            comparison: comparison.id,
            store,
          }),
    );
    if (result.ended === 'interrupted') return 130;
    return result.stopped === null ? 0 : 2;
  } finally {
    interrupt.release();
    await prepared.store.close();
  }
};

const failureText = (captureId: string, { message, reason }: Failure): string =>
  truncateCells(`failed ${printableLine(captureId)}: ${reason}, ${printableLine(message)}`, 240);
