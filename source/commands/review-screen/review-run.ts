import type { ReviewTheme } from '../../configuration/configuration-schema.ts';
import { costOfAnswer } from '../../models/prices.ts';
import { count } from '../../text/numbers.ts';
import { learnFromFailures } from '../../replay/prepare/retry-pair.ts';
import type { OpenedComparison } from '../../replay/prepare/open-comparisons.ts';
import type { PreparedReplay } from '../../replay/prepare/prepare-replay.ts';
import type { Summary } from '../../summary/gather-summary.ts';
import { announceRun } from '../run-replay.ts';
import { liveReplay } from './live-replay.ts';
import {
  reviewKeys,
  reviewOnTerminal,
  watchStore,
  type PerComparison,
  type ReviewedComparison,
  type ScreenSettings,
} from './review-screen.ts';
import { currentSummary, summariesText } from '../texts/current-summary.ts';
import { writeLines } from '../terminal/write-lines.ts';
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
    /** The rate of no worse to reach, as a fraction of 1; null, the default: none. */
    readonly target?: number | null;
    /** Shown next to the models' names, such as `simulated`; null for none. */
    readonly remark: string | null;
    /** The command for returning to the review. */
    readonly comeBack: string;
    /** ` --db FILE` as given, or empty. */
    readonly storeFlag: string;
  },
): Promise<0 | 2 | 130> => {
  const { adapting, comparisons, store } = prepared;
  const [first, ...others] = comparisons;
  // A comparison of the baseline with itself measures noise and needs no person.
  const shared = others.filter(({ comparison }) => comparison.baseline !== comparison.candidate);
  const opened: PerComparison<OpenedComparison> = [first, ...shared];
  const isAlone = shared.length === 0;
  // A mistake in the keys is found before anything is sent.
  reviewKeys(prepared.settings);
  announceRun(prepared);
  const version = await store.engine.dataVersion();
  const stop = new AbortController();
  const replay = liveReplay(
    (onEvent) => prepared.start({ signal: stop.signal, ending: stop.signal, onEvent }),
    {
      verb: prepared.arrivals === null ? 'replaying' : 'following',
      ...(isAlone ? { comparisonId: first.comparison.id } : {}),
    },
  );
  const retries = new Set<Promise<unknown>>();
  const reviewedOf = ({ comparison, models }: OpenedComparison): ReviewedComparison => {
    const prices = prepared.pricesOf(comparison);
    return {
      comparison,
      cost: (side, answer, batch) =>
        costOfAnswer(answer, prices.priceAt(side, { at: null, model: answer.model }), batch),
      retry: async (captureId) => {
        await learnFromFailures({
          store,
          comparisonId: comparison.id,
          captureId,
          models,
          adapting,
        });
        const again = liveReplay((onEvent) =>
          prepared.start({ signal: stop.signal, onEvent, only: [captureId], adapt: 'auto' }),
        );
        retries.add(again.done);
        return again;
      },
    };
  };
  const gather = async (): Promise<readonly Summary[]> => {
    const summaries: Summary[] = [];
    for (const { comparison } of opened) {
      const prices = prepared.pricesOf(comparison);
      const target = options.target ?? null;
      summaries.push((await currentSummary(store, comparison, prices, { target })).summary);
    }
    return summaries;
  };
  const end = await reviewOnTerminal(store, [reviewedOf(first), ...shared.map(reviewedOf)], {
    reviewer: options.reviewer,
    blind: options.blind ?? false,
    theme: options.theme,
    repeats: options.repeats ?? null,
    target: options.target ?? null,
    settings: prepared.settings,
    screen: options.screen,
    remark: options.remark,
    notice: noticeOf(prepared.notices),
    summary: async () => summariesText(await gather(), Number.POSITIVE_INFINITY),
    replay,
    // Another run may produce the answers that this one lacks.
    watch: (listener) => {
      const { arrivals } = prepared;
      // Pairs that this process adds do not change the version that it sees.
      const versionNow = async (): Promise<number> =>
        (await store.engine.dataVersion()) + (arrivals?.taken ?? 0);
      return watchStore(store, version, listener, versionNow);
    },
  });
  stop.abort();
  await replay.done;
  await Promise.allSettled(retries);
  const summaries = await gather();
  process.stdout.write(`${summariesText(summaries.map(withLargestEndpoints))}\n`);
  if (end.next !== null) {
    process.stdout.write(
      `The other comparison: understudy review ${end.next}${options.storeFlag}\n`,
    );
  }
  writeLines(process.stdout, reviewClosing(end, summaries, options.comeBack));
  return end.interrupted ? 130 : 0;
};

/** Returns the notice that is printed before the screen opens, and visible again when it closes. */
const noticeOf = ([first, ...more]: readonly string[]): string | null => {
  if (first === undefined) return null;
  return more.length === 0
    ? first
    : `${count(more.length + 1)} notes (printed before this screen): ${first}`;
};
