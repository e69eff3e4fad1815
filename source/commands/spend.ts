import { readConfiguration } from '../configuration/read-configuration.ts';
import { loadPrices, tiersOf } from '../models/prices.ts';
import { ledger, orderedInBatches } from '../store/ledger.ts';
import { openStore } from '../store/open.ts';
import { harmlessLine } from '../text/harmless.ts';
import { UserError } from '../text/user-error.ts';
import { parseMoment } from '../traffic/selection/read-selection.ts';
import { readFlags, storeFile } from './flags.ts';
import type { Command } from './main.ts';
import { pricesToPay } from '../money/price-to-pay.ts';
import { spendJson } from './texts/spend-json.ts';
import { groupings, spendReport, type Grouping } from '../money/spend-report.ts';
import { spendText } from './texts/spend-text.ts';

/** `understudy spend`: what was paid, from the ledger of the store. */
export const spend: Command = async (argv) => {
  const { input, flags } = readFlags('spend', argv, {
    by: { type: 'string' },
    since: { type: 'string' },
    json: { type: 'boolean' },
    config: { type: 'string' },
    db: { type: 'string' },
  });
  if (input.length > 0) {
    throw new UserError(
      `spend takes no argument "${harmlessLine(input[0] ?? '')}". See understudy spend --help.`,
    );
  }
  const by = groupingOf(flags.by);
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
      by,
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
      flags.json === true ? spendJson(report, { at, prices, since }) : spendText(report, prices),
    );
    return 0;
  } finally {
    await store.close();
  }
};

const groupingOf = (flag: string | undefined): Grouping | null => {
  if (flag === undefined) return null;
  const found = groupings.find((grouping) => grouping === flag);
  if (found !== undefined) return found;
  throw new UserError(
    `--by is one of ${groupings.join(', ')}, and ${JSON.stringify(harmlessLine(flag))} is none.`,
  );
};

/** A moment as everywhere, or a month for its first day. Times in the store are ISO 8601 in UTC. */
const sinceOf = (flag: string | undefined, now: Date): string | null => {
  if (flag === undefined) return null;
  const day = /^\d{4}-\d{2}$/.test(flag) ? `${flag}-01` : flag;
  const moment = parseMoment(day, 'first', now);
  if (moment !== null) return moment;
  throw new UserError(
    `--since is a month, a date, a date with a time (UTC), or a time before now, such as 2026-11, 2026-11-24 or 7d, and ${JSON.stringify(harmlessLine(flag))} is none.`,
  );
};
