import type { ReviewTheme } from '../../configuration/configuration-schema.ts';
import { costOfAnswer } from '../../models/prices.ts';
import { printableLine } from '../../text/printable.ts';
import { count } from '../../text/numbers.ts';
import { learnFromFailures } from '../../replay/prepare/retry-pair.ts';
import type { PreparedReplay } from '../../replay/prepare/prepare-replay.ts';
import { announceRun } from '../run-replay.ts';
import { liveReplay } from './live-replay.ts';
import { reviewKeys, reviewOnTerminal, watchStore, type ScreenSettings } from './review-screen.ts';
import { currentSummary } from '../texts/current-summary.ts';
import { reviewClosing, withLargestEndpoints } from '../texts/review-closing.ts';

/**
 * Runs a prepared replay with the review open. When the user leaves, it aborts the calls in flight,
 * and prints the summary and how to continue. Returns the exit code: 0, or 130 for Ctrl-C.
 */
export const runReview = async (
  prepared: PreparedReplay,
  options: {
    readonly reviewer: string;
    /** Whether to hide the models until the verdict; default false. */
    readonly blind?: boolean;
    /** The look of the review; by default what the configuration says. */
    readonly theme: ReviewTheme | undefined;
    readonly screen: ScreenSettings;
    /** The share of pairs that come back unannounced in a blind review; null, the default: none. */
    readonly repeats?: number | null;
    /** Shown next to the models' names, such as `simulated`; null for none. */
    readonly remark: string | null;
    /** The command for returning to the review. */
    readonly comeBack: string;
    /** ` --db FILE` as given, or empty. */
    readonly storeFlag: string;
  },
): Promise<0 | 2 | 130> => {
  const { adapting, comparisons, store } = prepared;
  const [{ comparison, models }, ...others] = comparisons;
  const prices = prepared.pricesOf(comparison);
  // A mistake in the keys is found before anything is sent.
  reviewKeys(prepared.settings);
  announceRun(prepared);
  const version = await store.engine.dataVersion();
  const stop = new AbortController();
  const replay = liveReplay(
    (onEvent) => prepared.start({ signal: stop.signal, onEvent }),
    comparison.id,
  );
  const retries = new Set<Promise<unknown>>();
  const end = await reviewOnTerminal(store, comparison, {
    reviewer: options.reviewer,
    blind: options.blind ?? false,
    theme: options.theme,
    repeats: options.repeats ?? null,
    settings: prepared.settings,
    screen: options.screen,
    remark: options.remark,
    notice: noticeOf(prepared.notices),
    cost: (side, answer, batch) =>
      costOfAnswer(answer, prices.priceAt(side, { at: null, model: answer.model }), batch),
    summary: async () => (await currentSummary(store, comparison, prices)).text,
    retry: async (captureId) => {
      await learnFromFailures({ store, comparisonId: comparison.id, captureId, models, adapting });
      const again = liveReplay((onEvent) =>
        prepared.start({ signal: stop.signal, onEvent, only: [captureId], adapt: 'auto' }),
      );
      retries.add(again.done);
      return again;
    },
    replay,
    // Another run may produce the answers that this one lacks.
    watch: (listener) => watchStore(store, version, listener),
  });
  stop.abort();
  await replay.done;
  await Promise.allSettled(retries);
  const { summary, text } = await currentSummary(store, comparison, prices, {
    shown: withLargestEndpoints,
  });
  process.stdout.write(`${text}\n`);
  for (const { comparison: other } of others) {
    process.stdout.write(
      `To review ${printableLine(other.candidate)}: understudy review ${other.id}${options.storeFlag}\n`,
    );
  }
  if (end.next !== null) {
    process.stdout.write(
      `The other comparison: understudy review ${end.next}${options.storeFlag}\n`,
    );
  }
  const { comeBack } = options;
  const isWeighted = summary.sample.weighting !== 'equal';
  process.stdout.write(reviewClosing(end, summary, { comeBack, isWeighted }));
  return end.interrupted ? 130 : 0;
};

/** Returns the notice that is printed before the screen opens, and visible again when it closes. */
const noticeOf = ([first, ...more]: readonly string[]): string | null => {
  if (first === undefined) return null;
  return more.length === 0
    ? first
    : `${count(more.length + 1)} notes (printed before this screen): ${first}`;
};
