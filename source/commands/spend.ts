import { readConfiguration } from '../configuration/read-configuration.ts';
import { loadPrices, tiersOf } from '../models/prices.ts';
import { ledger, orderedInBatches } from '../store/ledger.ts';
import { openStore } from '../store/open.ts';
import { parseMoment } from '../traffic/selection/read-selection.ts';
import type { Command } from './flags/command-table.ts';
import { notThat, readFlags, storeFile } from './flags/read-flags.ts';
import { pricesToPay } from '../money/prices-to-pay.ts';
import { spendJson } from './texts/spend-json.ts';
import { spendReport } from '../money/spend-report.ts';
import { spendText } from './texts/spend-text.ts';

/** `understudy spend`: what was paid, from the ledger of the store. */
export const spend: Command<'spend'> = async (argv) => {
  const { flags } = readFlags('spend', argv);
  const now = new Date();
  const since = sinceOf(flags.since, now);
  const settings = await readConfiguration(flags.config, process.env);
  const store = await openStore(storeFile(flags.db, process.env), { mustExist: true });
  try {
    const at = now.toISOString();
    const book = await loadPrices(settings.prices);
    const { providers } = settings;
    const priceOf = pricesToPay(book, now, providers);
    const tiers = (label: string): readonly number[] => tiersOf(priceOf(label));
    const month = at.slice(0, 7);
    const report = spendReport({
      entries: await ledger(store, { since: since ?? '', tiersOf: tiers }),
      thisMonth: await ledger(store, { since: month, tiersOf: tiers }),
      by: flags.by ?? null,
      month,
      perMonth: settings.budgetPerMonth,
      orderedAtMost: await orderedInBatches(store, []),
      priceOf,
      providers,
    });
    const prices =
      settings.file !== null && [...settings.prices.values()].some((own) => own.size > 0)
        ? `${settings.file}, then ${book.source}`
        : book.source;
    process.stdout.write(
      flags.json ? spendJson(report, { at, prices, since }) : spendText(report, prices),
    );
    return 0;
  } finally {
    await store.close();
  }
};

/** A time as `--since` of a replay takes it, or a month for its first day; ISO 8601 in UTC. */
const sinceOf = (flag: string | undefined, now: Date): string | null => {
  if (flag === undefined) return null;
  const day = /^\d{4}-\d{2}$/.test(flag) ? `${flag}-01` : flag;
  const moment = parseMoment(day, 'first', now);
  if (moment !== null) return moment;
  throw notThat(
    '--since',
    'a month, a date, a date with a time (UTC) or an age, such as 2026-11, 2026-11-24 or 7d',
    flag,
  );
};
