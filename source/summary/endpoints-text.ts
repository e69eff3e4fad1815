import { sides } from '../comparison/outcome.ts';
import { count, dollars, percent, unknown } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { cellWidth, padCells, truncateCells } from '../text/width.ts';
import type { Figures } from './figures.ts';
import type { Summary } from './gather-summary.ts';
import { shortCount } from './monthly-cost.ts';
import { bounds, costRatio, times } from './sentence.ts';

/** The rates, latency and cost of each endpoint; empty with a single one. */
export const endpointLines = ({ byEndpoint }: Summary): readonly string[] => {
  if (byEndpoint.length < 2) return [];
  const line = (name: string, figures: Figures): string => {
    const { counts, noWorse, latency, cost } = figures;
    const rate = noWorse.rate === null ? unknown : `${percent(noWorse.rate)} (${bounds(noWorse)})`;
    return [
      padCells(name, 26),
      count(counts.answered).padStart(8),
      count(counts.judged).padStart(7),
      ' '.repeat(Math.max(1, 22 - cellWidth(rate))) + rate,
      times(latency.total.paired).padStart(8),
      costRatio(cost.ratio).padStart(8),
    ].join('');
  };
  return [
    `${'By endpoint'.padEnd(26)}${'answered'.padStart(8)}${'judged'.padStart(7)}${'no worse'.padStart(22)}${'latency'.padStart(8)}${'cost'.padStart(8)}`,
    ...byEndpoint.map(({ endpoint, ...figures }) => line(printableLine(endpoint), figures)),
  ];
};

/** Tokens and cost of both sides by endpoint; empty with a single one. */
export const endpointBillLines = ({ byEndpoint }: Summary): readonly string[] => {
  if (byEndpoint.length < 2) return [];
  const cells = (texts: readonly string[]): string =>
    texts.map((text, index) => text.padStart(index % 3 === 2 ? 11 : 9)).join('');
  return [
    `${' '.repeat(22)}${'baseline'.padStart(29)}${'candidate'.padStart(29)}`,
    `${'Bill by endpoint'.padEnd(22)}${cells(['in', 'out', 'cost', 'in', 'out', 'cost'])}`,
    ...byEndpoint.map(
      ({ cost, endpoint, tokens }) =>
        padCells(truncateCells(printableLine(endpoint), 22), 22) +
        cells(
          sides.flatMap((side) => [
            shortCount(tokens[side].input),
            shortCount(tokens[side].output),
            dollars(cost[side]),
          ]),
        ),
    ),
  ];
};
