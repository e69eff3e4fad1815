import type { Side } from '../comparison/outcome.ts';
import { readConfiguration } from '../configuration/read-configuration.ts';
import type { ReviewTheme } from '../configuration/configuration-schema.ts';
import type { Settings } from '../configuration/settings.ts';
import { demoRemark } from '../demo/simulation-notes.ts';
import { demoModelOf } from '../money/simulated-models.ts';
import type { Answer } from '../models/answer.ts';
import type { ComparisonPrices } from '../money/prices-to-pay.ts';
import { shellWord, storeFlagText } from '../text/shell.ts';
import { UserError } from '../text/user-error.ts';
import { findCandidates, type ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { openStore, type Store } from '../store/open.ts';
import type { ReviewEnd } from '../review/screen/controller.ts';
import { followRules } from '../replay/prepare/follow-rules.ts';
import type { Summary } from '../summary/gather-summary.ts';
import { reviewerName } from './reviewer-name.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile, type ReadFlags } from './flags/read-flags.ts';
import { keepHeapSteady } from './terminal/heap.ts';
import { writeLines } from './terminal/write-lines.ts';
import { canOpenTerminal } from './review-screen/controlling-terminal.ts';
import {
  changeOverlap,
  hasConflict,
  readOverlap,
  readRepeats,
  readTarget,
  reviewOnTerminal,
  watchStore,
  type PerComparison,
  type ReviewedComparison,
  type ScreenSettings,
} from './review-screen/review-screen.ts';

/** Runs `understudy review [COMPARISON]`: continues a review. */
export const review: Command<'review'> = async (argv) => {
  const { input, flags } = readFlags('review', argv);
  if (!canOpenTerminal()) {
    throw new UserError(
      'The review needs a terminal, and this is not one. understudy summary prints the numbers anywhere.',
    );
  }
  const overlap = readOverlap(flags.overlap);
  const repeats = readRepeats(flags.repeats, flags);
  const target = readTarget(flags.target);
  keepHeapSteady();
  const settings = await readConfiguration(flags.config, process.env);
  const store = await openStore(storeFile(flags.db, process.env), { mustExist: true });
  try {
    const reviewer = reviewerName(flags.reviewer);
    let asked = input[0] ?? null;
    let candidates: readonly string[] = flags.candidate;
    for (;;) {
      const comparisons = await findCandidates(store, asked, candidates);
      let hasConflicts = false;
      for (const { id } of comparisons) {
        await changeOverlap(store, id, overlap);
        await followRules(store, id, settings);
        if (flags.conflicts) hasConflicts ||= await hasConflict(store, id, reviewer);
      }
      if (flags.conflicts && !hasConflicts) {
        process.stdout.write(
          'There is no conflict to resolve: no pair has verdicts of several reviewers without that of more than half of them, or all of these are resolved.\n',
        );
        return 0;
      }
      const end = await reviewTogether(store, comparisons, {
        settings,
        reviewer,
        conflicts: flags.conflicts,
        blind: flags.blind,
        theme: flags.theme,
        screen: flags,
        repeats,
        target,
        storeFlag: storeFlagText(flags.db),
        sameFlags: sameFlags(flags),
        output: flags.stdout ? 'verdicts' : 'text',
      });
      if (end.next === null) return end.interrupted ? 130 : 0;
      asked = end.next;
      candidates = [];
    }
  } finally {
    await store.close();
  }
};

/** Reviews one or several candidates until the user leaves, and prints the result. */
const reviewTogether = async (
  store: Store,
  comparisons: PerComparison<ComparisonRecord>,
  options: {
    readonly settings: Settings;
    readonly reviewer: string;
    readonly conflicts: boolean;
    readonly blind: boolean;
    readonly theme: ReviewTheme | undefined;
    readonly screen: ScreenSettings;
    readonly repeats: number | null;
    readonly target: number | null;
    /** ` --db FILE` as given, or empty. */
    readonly storeFlag: string;
    /** The flags that a review needs again to go on as it was, as given, or empty. */
    readonly sameFlags: string;
    /** What goes to stdout after the review. */
    readonly output: 'verdicts' | 'text';
  },
): Promise<ReviewEnd> => {
  const { blind, conflicts, repeats, reviewer, screen, settings, storeFlag, target, theme } =
    options;
  const version = await store.engine.dataVersion();
  const stop = new AbortController();
  const retries = new Set<Promise<unknown>>();
  const [first, ...others] = comparisons.map((comparison) => ({
    comparison,
    prices: lazyPrices(comparison, settings),
  }));
  if (first === undefined) throw new Error('A review has a comparison.');
  const priced = [first, ...others] as const;
  const reviewedOf = ({ comparison, prices }: typeof first): ReviewedComparison => ({
    comparison,
    cost: prices.cost,
    retry: async (captureId) => {
      const { preparePairRetry } = await import('../replay/prepare/retry-pair.ts');
      const { liveReplay } = await import('./review-screen/live-replay.ts');
      const { notice, start } = await preparePairRetry({
        store,
        comparison,
        settings,
        ...(await prices.known()),
        captureId,
        environment: process.env,
      });
      const again = liveReplay((onEvent) => start({ signal: stop.signal, onEvent }));
      retries.add(again.done);
      return { ...again, notice };
    },
  });
  const gather = async (): Promise<readonly Summary[]> => {
    const { currentSummary } = await import('./texts/current-summary.ts');
    const summaries: Summary[] = [];
    for (const { comparison, prices } of priced) {
      const known = await prices.known();
      summaries.push((await currentSummary(store, comparison, known, { target })).summary);
    }
    return summaries;
  };
  const end = await reviewOnTerminal(store, [reviewedOf(first), ...others.map(reviewedOf)], {
    reviewer,
    conflicts,
    blind,
    theme,
    repeats,
    target,
    settings,
    screen,
    notice: null,
    remark: demoModelOf(first.comparison.baseline) === null ? null : demoRemark,
    summary: async () => {
      const { summariesText } = await import('./texts/current-summary.ts');
      return summariesText(await gather(), Number.POSITIVE_INFINITY);
    },
    replay: null,
    watch: (listener) => {
      for (const { prices } of priced) prices.known().then(listener.pricesKnown, listener.failed);
      return watchStore(store, version, listener);
    },
  });
  stop.abort();
  await Promise.allSettled(retries);
  const { reviewClosing } = await import('./texts/review-closing.ts');
  const summaries = await gather();
  const named = `${first.comparison.id}${candidateFlags(comparisons)}${storeFlag}`;
  if (options.output === 'verdicts') {
    const { sittingVerdicts } = await import('./texts/sitting-verdicts.ts');
    const ids = comparisons.map(({ id }) => id);
    process.stdout.write(await sittingVerdicts(store, ids, end, reviewer));
  }
  const closing = options.output === 'verdicts' ? process.stderr : process.stdout;
  writeLines(
    closing,
    `The numbers: understudy summary ${named}\n${reviewClosing(
      end,
      summaries.map((summary) => ({ ...summary, byEndpoint: [] })),
      `understudy review ${named}${options.sameFlags}`,
      conflicts ? 'conflicts' : 'queue',
    )}`,
  );
  return end;
};

/** Returns the flags that name several candidates to a shell; empty for one comparison. */
const candidateFlags = (comparisons: readonly ComparisonRecord[]): string =>
  comparisons.length === 1
    ? ''
    : comparisons.map(({ candidate }) => ` --candidate ${shellWord(candidate)}`).join('');

/**
 * Returns the flags without which the next sitting would be another review: one that gives the verdicts to
 * somebody else, or shows the models.
 */
const sameFlags = (flags: ReadFlags<'review'>['flags']): string => {
  const switches = [
    flags.conflicts ? ' --conflicts' : '',
    flags.blind ? ' --blind' : '',
    flags.screenReader ? ' --screen-reader' : '',
    flags.mouse ? '' : ' --no-mouse',
  ];
  const values = (['reviewer', 'repeats', 'target', 'theme', 'config'] as const).map((name) => {
    const value = flags[name];
    return value === undefined ? '' : ` --${name} ${shellWord(value)}`;
  });
  return [...values, ...switches].join('');
};

/**
 * The prices of a comparison's models, loaded after the first screen because they take most of a
 * start.
 */
type LazyPrices = {
  /**
   * USD as reported by the provider, otherwise by the price; null while the price or the usage is
   * unknown.
   */
  readonly cost: (
    side: Side,
    answer: Pick<Answer, 'usage' | 'cost' | 'model'>,
    batch: boolean,
  ) => number | null;
  readonly known: () => Promise<ComparisonPrices>;
};

/** The time for which the first screen has the processor to itself. */
const headStartMs = 100;

/** Creates the prices. Loads nothing before `known` is called. */
const lazyPrices = (
  models: Readonly<Record<Side, string>>,
  settings: Pick<Settings, 'prices' | 'providers'>,
): LazyPrices => {
  let cost: LazyPrices['cost'] = (_, answer) => answer.cost;
  const load = async (): Promise<ComparisonPrices> => {
    await new Promise((resolve) => setTimeout(resolve, headStartMs));
    const { costOfAnswer, loadPrices } = await import('../models/prices.ts');
    const { comparisonPrices } = await import('../money/prices-to-pay.ts');
    const book = await loadPrices(settings.prices);
    const prices = comparisonPrices(book, models, new Date(), settings.providers);
    cost = (side, answer, batch) =>
      costOfAnswer(answer, prices.priceAt(side, { at: null, model: answer.model }), batch);
    return prices;
  };
  let loading: ReturnType<typeof load> | null = null;
  return {
    cost: (side, answer, batch) => cost(side, answer, batch),
    known: () => (loading ??= load()),
  };
};
