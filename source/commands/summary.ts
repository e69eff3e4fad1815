import { readConfiguration } from '../configuration/read-configuration.ts';
import { loadPrices } from '../models/prices.ts';
import { findComparison } from '../store/comparisons/comparisons.ts';
import { openToRead } from '../store/open.ts';
import { summaryJson } from '../summary/summary-json.ts';
import { UserError } from '../text/user-error.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { priceOfLabel } from '../money/prices-to-pay.ts';
import { currentSummary } from './texts/current-summary.ts';

/** `understudy summary [COMPARISON]`: prints the numbers of a comparison. */
export const summary: Command<'summary'> = async (argv) => {
  const { given, input, flags } = readFlags('summary', argv);
  if (flags.json && given.has('format') && flags.format !== 'json') {
    throw new UserError(
      `--json and --format ${flags.format} contradict each other. Name one of them.`,
    );
  }
  const format = flags.json ? 'json' : flags.format;
  const { providers, prices: own } = await readConfiguration(flags.config, process.env);
  const store = await openToRead(storeFile(flags.db, process.env));
  try {
    const now = new Date();
    const comparison = await findComparison(store, input[0] ?? null);
    const book = await loadPrices(own);
    const prices = {
      baseline: priceOfLabel(book, comparison.baseline, now, providers),
      candidate: priceOfLabel(book, comparison.candidate, now, providers),
    };
    const { summary: found, text } = await currentSummary(store, comparison, prices);
    process.stdout.write(format === 'json' ? summaryJson(found) : text);
    return 0;
  } finally {
    await store.close();
  }
};
