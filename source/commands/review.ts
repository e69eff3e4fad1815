import { readConfiguration } from '../configuration/read-configuration.ts';
import { demoRemark } from '../demo/models.ts';
import { demoModelOf } from '../money/simulated-models.ts';
import { UserError } from '../text/user-error.ts';
import { findComparison } from '../store/comparisons/comparisons.ts';
import { openStore } from '../store/open.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { lazyPrices } from './review-screen/lazy-prices.ts';
import { hasTerminal, reviewerName, reviewOnTerminal } from './review-screen/review-screen.ts';
import { watchStore } from './review-screen/watch-store.ts';

/** `understudy review [COMPARISON]`: go on reviewing. */
export const review: Command<'review'> = async (argv) => {
  const { input, flags } = readFlags('review', argv);
  if (!hasTerminal()) {
    throw new UserError(
      'The review needs a terminal, and this is none. Open it in one; understudy summary prints the numbers anywhere.',
    );
  }
  const settings = await readConfiguration(flags.config, process.env);
  const store = await openStore(storeFile(flags.db, process.env), { mustExist: true });
  try {
    const comparison = await findComparison(store, input[0] ?? null);
    const prices = lazyPrices(comparison, settings);
    const version = await store.engine.dataVersion();
    const stop = new AbortController();
    const retries = new Set<Promise<unknown>>();
    const end = await reviewOnTerminal(store, comparison, {
      reviewer: reviewerName(flags.reviewer),
      notice: null,
      remark: demoModelOf(comparison.baseline) === null ? null : demoRemark,
      cost: prices.cost,
      summary: async () => {
        const { summaryOf } = await import('./texts/summary-of.ts');
        return (await summaryOf(store, comparison, await prices.known())).text;
      },
      retry: async (captureId) => {
        const { preparePairRetry } = await import('../replay/prepare/retry-pair.ts');
        const { liveReplay } = await import('./review-screen/live-replay.ts');
        const { notice, start } = await preparePairRetry({
          store,
          comparison,
          settings,
          prices: await prices.known(),
          captureId,
          environment: process.env,
        });
        const again = liveReplay((on) => start({ signal: stop.signal, on }));
        retries.add(again.done);
        return { ...again, notice };
      },
      replay: null,
      watch: (listener) => {
        prices.known().then(listener.pricesKnown, listener.failed);
        return watchStore(store, version, listener);
      },
    });
    stop.abort();
    await Promise.allSettled(retries);
    const { summaryOf } = await import('./texts/summary-of.ts');
    const { sentence } = await import('../summary/sentence.ts');
    const { summary } = await summaryOf(store, comparison, await prices.known());
    process.stdout.write(
      `${sentence(summary)}\nThe numbers: understudy summary ${comparison.id}\n`,
    );
    return end.interrupted ? 130 : 0;
  } finally {
    await store.close();
  }
};
