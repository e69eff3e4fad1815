import { costOfAnswer } from '../../models/prices.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { count } from '../../text/numbers.ts';
import { fileLines } from '../texts/import-text.ts';
import { tellMonthLimit } from '../../money/settle-limit.ts';
import { learnFromFailures } from '../../replay/prepare/learn-from-failures.ts';
import { liveReplay } from '../../replay/live-replay.ts';
import type { PreparedReplay } from '../../replay/prepare/prepare-replay.ts';
import { reviewOnTerminal, watchStore } from './review-screen.ts';
import { currentSummary } from '../texts/current-summary.ts';

/**
 * Runs a prepared replay with the review open. When the user leaves, it cuts off the calls in flight, and
 * prints the summary and how to continue. Returns the exit code: 0, or 130 for Ctrl-C.
 */
export const runReview = async (
  prepared: PreparedReplay,
  options: {
    readonly reviewer: string;
    /** Shown beside the models' names; null: nothing. */
    readonly remark: string | null;
    /** The command that continues the review. */
    readonly comeBack: string;
    /** ` --db FILE` as it was given, or empty. */
    readonly storeFlag: string;
  },
): Promise<0 | 2 | 130> => {
  const { store, comparison, prices, reports } = prepared;
  for (const line of reports.flatMap(fileLines)) process.stderr.write(`${line}\n`);
  if (prepared.selected !== null) process.stderr.write(`${prepared.selected}\n`);
  tellMonthLimit(prepared);
  for (const line of prepared.notices) process.stderr.write(`${line}\n`);
  const version = await store.engine.dataVersion();
  const stop = new AbortController();
  const replay = liveReplay((on) => prepared.start({ signal: stop.signal, on }), comparison.id);
  const retries = new Set<Promise<unknown>>();
  const end = await reviewOnTerminal(store, comparison, {
    reviewer: options.reviewer,
    remark: options.remark,
    notice: noticeOf(prepared.notices),
    cost: (side, answer, batch) => costOfAnswer(answer, prices[side], batch),
    summary: async () => (await currentSummary(store, comparison, prices)).text,
    retry: async (captureId) => {
      const { adapting, models } = prepared;
      await learnFromFailures({ store, comparisonId: comparison.id, captureId, models, adapting });
      const again = liveReplay((on) =>
        prepared.start({ signal: stop.signal, on, only: [captureId], adapt: 'auto' }),
      );
      retries.add(again.done);
      return again;
    },
    replay,
    // Another run may add answers that this one lacks.
    watch: (listener) => watchStore(store, version, listener),
  });
  stop.abort();
  await replay.done;
  await Promise.allSettled(retries);
  const { summary, text } = await currentSummary(store, comparison, prices);
  const { counts } = summary;
  process.stdout.write(text);
  const left = [
    ...(counts.answered < counts.replayable
      ? [`${count(counts.replayable - counts.answered)} pairs without both answers`]
      : []),
    ...(counts.unjudged > 0 ? [`${count(counts.unjudged)} unjudged pairs`] : []),
  ];
  if (left.length > 0) {
    process.stdout.write(`\nLeft: ${left.join(', ')}. To go on: ${options.comeBack}\n`);
  }
  for (const { comparison: other } of prepared.more) {
    process.stdout.write(
      `To review ${harmlessLine(other.candidate)}: understudy review ${other.id}${options.storeFlag}\n`,
    );
  }
  return end.interrupted ? 130 : 0;
};

/** The notices printed before the screen opened, which are visible again after it closes. */
const noticeOf = ([first, ...more]: readonly string[]): string | null => {
  if (first === undefined) return null;
  return more.length === 0
    ? first
    : `${count(more.length + 1)} notes (printed before this screen): ${first}`;
};
