import { readConfiguration } from '../configuration/read-configuration.ts';
import { loadPrices } from '../models/prices.ts';
import { findComparison } from '../store/comparisons/comparisons.ts';
import { openStore } from '../store/open.ts';
import { summaryJson } from '../summary/json.ts';
import { harmlessLine } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import { readFlags, storeFile } from './flags.ts';
import type { Command } from './main.ts';
import { priceOfLabel } from '../money/price-of-label.ts';
import { summaryOf } from './texts/summary-of.ts';

/** `understudy summary [COMPARISON]`: the numbers of a comparison. */
export const summary: Command = async (argv) => {
  const { input, flags } = readFlags('summary', argv, {
    db: { type: 'string' },
    format: { type: 'string' },
    json: { type: 'boolean' },
    config: { type: 'string' },
  });
  if (input.length > 1) {
    throw new UserError(
      'summary takes one comparison, by its id or name. See understudy summary --help.',
    );
  }
  const format = flags.format ?? (flags.json ? 'json' : 'text');
  if (format !== 'text' && format !== 'json') {
    throw new UserError(
      `There is no format ${JSON.stringify(harmlessLine(format))}. Formats: text, json.`,
    );
  }
  if (flags.json && format !== 'json') {
    throw new UserError(`--json and --format ${format} contradict each other. Name one of them.`);
  }
  const { providers, prices: own } = await readConfiguration(flags.config, process.env);
  const store = await openStore(storeFile(flags.db, process.env), { mustExist: true });
  try {
    const now = new Date();
    const comparison = await findComparison(store, input[0] ?? null);
    const book = await loadPrices(own);
    const prices = {
      baseline: priceOfLabel(book, comparison.baseline, now, providers),
      candidate: priceOfLabel(book, comparison.candidate, now, providers),
    };
    const { summary: found, text } = await summaryOf(store, comparison, prices);
    process.stdout.write(format === 'json' ? summaryJson(found) : text);
    return 0;
  } finally {
    await store.close();
  }
};
