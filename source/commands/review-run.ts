import { costOf } from '../models/prices.ts';
import { gatherSummary } from '../summary/gather.ts';
import { summaryText } from '../summary/text.ts';
import { count } from '../text/numbers.ts';
import { fileLines } from './import-report.ts';
import { liveReplay } from './live-replay.ts';
import type { PreparedReplay } from './replay-run.ts';
import { reviewOnTerminal } from './review-screen.ts';

/**
 * Replays what was prepared with the review open over it. When the user leaves, calls in flight are
 * cut off, the summary is printed, and a line says how to go on. The exit code: 0, or 130 for Ctrl-C.
 */
export const runReview = async (
  prepared: PreparedReplay,
  options: {
    readonly reviewer: string;
    /** Seen beside the models' names, as `simulated`; null: none. */
    readonly remark: string | null;
    /** How to come back, as a command. */
    readonly comeBack: string;
  },
): Promise<number> => {
  const { store, comparison, prices, reports } = prepared;
  for (const line of reports.flatMap(fileLines)) process.stderr.write(`${line}\n`);
  const stop = new AbortController();
  const replay = liveReplay((on) => prepared.start({ signal: stop.signal, on }));
  const summary = () => gatherSummary(store, comparison, { prices, at: new Date().toISOString() });
  const end = await reviewOnTerminal(store, comparison, {
    reviewer: options.reviewer,
    remark: options.remark,
    cost: (side, usage) => costOf(usage, prices[side]),
    summary: async () => summaryText(await summary()),
    retry: (captureId) =>
      liveReplay((on) => prepared.start({ signal: stop.signal, on, only: [captureId] })),
    replay,
    watch: null,
  });
  stop.abort();
  await replay.done;
  const found = await summary();
  const { counts } = found;
  process.stdout.write(summaryText(found));
  const left = counts.replayable - counts.answered;
  const waiting = counts.unjudged;
  if (left > 0 || waiting > 0) {
    process.stdout.write(
      `\nGo on with the ${count(left)} pairs without both answers and the ${count(waiting)} unjudged ones: ${options.comeBack}\n`,
    );
  }
  return end.interrupted ? 130 : 0;
};
