import { jsonDocument } from '../text/json-document.ts';
import { readConfiguration } from '../configuration/read-configuration.ts';
import { gatherSpendReport, type SpendReport } from '../money/spend-report.ts';
import type { Spending } from '../money/spending.ts';
import { openToRead } from '../store/open.ts';
import { printableLine } from '../text/printable.ts';
import { count, counted, dollars } from '../text/numbers.ts';
import { tableText } from '../text/table.ts';
import { parseMoment } from '../traffic/selection/read-selection.ts';
import type { Command } from './flags/command-table.ts';
import { notThat, readFlags, storeFile } from './flags/read-flags.ts';

/** Runs `understudy spend`: prints what was paid, from the ledger of the store. */
export const spend: Command<'spend'> = async (argv) => {
  const { flags } = readFlags('spend', argv);
  const now = new Date();
  const start = parseSince(flags.since, now);
  const settings = await readConfiguration(flags.config, process.env);
  const store = await openToRead(storeFile(flags.db, process.env));
  try {
    const grouping = flags.by ?? null;
    const { prices, report } = await gatherSpendReport(store, { start, grouping, settings, now });
    process.stdout.write(
      flags.json
        ? spendJson(report, { at: now.toISOString(), prices, start })
        : spendText(report, prices),
    );
    return 0;
  } finally {
    await store.close();
  }
};

/**
 * Parses a time in the format of a replay's `--since`, or a month as its first day; ISO 8601 in
 * UTC.
 */
const parseSince = (flag: string | undefined, now: Date): string | null => {
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

/** Returns the report as one JSON document, with a final line feed. */
const spendJson = (
  report: SpendReport,
  source: { readonly at: string; readonly prices: string; readonly start: string | null },
): string =>
  jsonDocument({ schema: 'understudy.spend/1', ...source, currency: 'USD', ...report }, 'indented');

/** Returns the report for a terminal, with a final line feed. `prices` names the price lists. */
const spendText = (report: SpendReport, prices: string): string => {
  const { groupings, rows, total, simulatedCalls, budget } = report;
  const notes: string[] = [];
  if (total.unknownCalls > 0) {
    notes.push(
      `The cost of ${count(total.unknownCalls)} of ${count(total.calls)} calls is unknown: their tokens were not counted, or their model has no price.`,
    );
  }
  if (total.failed > 0) {
    notes.push(`${count(total.failed)} of the calls failed but were charged.`);
  }
  if (total.brokenCalls > 0) {
    const calls = counted(total.brokenCalls, 'more call');
    notes.push(`${calls} broke off without a count of tokens, and may have been charged.`);
  }
  if (total.reportedUsd > 0)
    notes.push(`${dollars(total.reportedUsd)} of it was reported by the provider.`);
  if (total.batchCalls > 0) {
    notes.push(
      `${count(total.batchCalls)} of the calls were made in batches, at batch prices: ${dollars(total.batchUsd)}.`,
    );
  }
  if (simulatedCalls > 0) {
    notes.push(`${count(simulatedCalls)} calls of the demo are simulated: they cost nothing.`);
  }
  if (budget !== null) {
    const ordered =
      budget.orderedAtMost > 0 ? `, ${dollars(budget.orderedAtMost)} set aside for batches` : '';
    notes.push(
      `Budget of ${budget.month}: ${dollars(budget.perMonth)}, at most ${dollars(budget.spentAtMost)} spent${ordered}, ${dollars(budget.remaining)} left.`,
    );
  }
  notes.push(
    total.calls === 0
      ? 'Nothing was paid for.'
      : `Computed when shown, from the tokens and the prices of ${printableLine(prices)}.`,
  );
  if (total.calls === 0) return `${notes.join('\n')}\n`;
  const columns = spendingColumns.filter(
    ({ title }) => title !== 'cache writes' || total.cacheWrite > 0,
  );
  const cells = (spending: Spending): readonly string[] =>
    columns.map(({ cell }) => cell(spending));
  const table = tableText(
    [...groupings, ...columns.map(({ title }) => title)],
    [
      ...rows.map((row) => [
        ...groupings.map((grouping) => printableLine(row[grouping] ?? '')),
        ...cells(row),
      ]),
      ...(rows.length > 1 ? [['total', ...groupings.slice(1).map(() => ''), ...cells(total)]] : []),
    ],
    columns.map((_, index) => groupings.length + index),
  );
  return `${table}\n\n${notes.join('\n')}\n`;
};

/** Formats `$1.20`; `≥ $1.20` if some calls of unknown cost are, or may be, charged; `—` if no cost is known. */
const usdText = ({ usd, unknownCalls, brokenCalls }: Spending): string =>
  `${usd !== null && unknownCalls + brokenCalls > 0 ? '≥ ' : ''}${dollars(usd)}`;

const spendingColumns: readonly {
  readonly title: string;
  readonly cell: (spending: Spending) => string;
}[] = [
  { title: 'calls', cell: ({ calls }) => count(calls) },
  { title: 'tokens in', cell: ({ input }) => count(input) },
  { title: 'cached', cell: ({ cachedInput }) => count(cachedInput) },
  { title: 'cache writes', cell: ({ cacheWrite }) => count(cacheWrite) },
  { title: 'tokens out', cell: ({ output }) => count(output) },
  { title: 'USD', cell: usdText },
];
