import type { Spending } from '../../money/spending.ts';
import { harmlessLine } from '../../text/harmless.ts';
import { count, dollars } from '../../text/numbers.ts';
import { tableText } from '../../text/table.ts';
import type { SpendReport } from '../../money/spend-report.ts';

/** The ledger for a terminal; ends in a line end. `prices`: the lists that it was reckoned with. */
export const spendText = (report: SpendReport, prices: string): string => {
  const { by, rows, total, simulatedCalls, budget } = report;
  const notes: string[] = [];
  if (total.unknownCalls > 0) {
    notes.push(
      `Of ${count(total.unknownCalls)} of ${count(total.calls)} calls the cost is not known: nobody counted their tokens, or their model has no price.`,
    );
  }
  if (total.failed > 0) {
    notes.push(`${count(total.failed)} of the calls failed and were charged for.`);
  }
  if (total.saidUsd > 0) notes.push(`${dollars(total.saidUsd)} of it was said by the provider.`);
  if (total.batchCalls > 0) {
    notes.push(
      `${count(total.batchCalls)} of the calls came in batches and count at the price of batches: ${dollars(total.batchUsd)}.`,
    );
  }
  if (simulatedCalls > 0) {
    notes.push(`${count(simulatedCalls)} calls of the demo are simulated: they cost nothing.`);
  }
  if (budget !== null) {
    const ordered =
      budget.orderedAtMost > 0 ? `, ${dollars(budget.orderedAtMost)} set aside for batches` : '';
    notes.push(
      `Budget of ${budget.month}: ${dollars(budget.perMonth)}, at most ${dollars(budget.spentAtMost)} spent${ordered}, ${dollars(budget.left)} left.`,
    );
  }
  notes.push(
    total.calls === 0
      ? 'Nothing was paid for.'
      : `Reckoned when shown, from the tokens and the prices of ${harmlessLine(prices)}.`,
  );
  if (total.calls === 0) return `${notes.join('\n')}\n`;
  const table = tableText(
    [...by, 'calls', 'tokens in', 'cached', 'tokens out', 'USD'],
    [
      ...rows.map((row) => [
        ...by.map((grouping) => harmlessLine(row[grouping] ?? '')),
        ...figuresOf(row),
      ]),
      ...(rows.length > 1 ? [['total', ...by.slice(1).map(() => ''), ...figuresOf(total)]] : []),
    ],
    [0, 1, 2, 3, 4].map((column) => by.length + column),
  );
  return `${table}\n\n${notes.join('\n')}\n`;
};

const figuresOf = (spending: Spending): readonly string[] => [
  count(spending.calls),
  count(spending.input),
  count(spending.cachedInput),
  count(spending.output),
  usdText(spending),
];

/** `$1.20`; `≥ $1.20` when some calls could not be counted; `—` when none could. */
const usdText = ({ usd, unknownCalls }: Spending): string =>
  `${usd !== null && unknownCalls > 0 ? '≥ ' : ''}${dollars(usd)}`;
