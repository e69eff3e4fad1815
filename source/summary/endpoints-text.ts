import { sides, type Side } from '../comparison/outcome.ts';
import { count, dollars, isKnown, percent, unknown } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { cellWidth, padCells, truncateCells } from '../text/width.ts';
import type { Figures } from './figures.ts';
import type { Summary } from './gather-summary.ts';
import { shortCount } from './monthly-cost.ts';
import { bounds, costRatio, times } from './sentence.ts';

/** A name, a width in cells, and what an endpoint has there. */
type Column = readonly [string, number, (figures: Figures) => string];

/** The columns that say something of any endpoint. */
const knownColumns = (
  columns: readonly Column[],
  endpoints: readonly Figures[],
): readonly Column[] => columns.filter(([, , text]) => isKnown(endpoints.map(text)));

const rightAligned = (text: string, width: number): string =>
  ' '.repeat(Math.max(1, width - cellWidth(text))) + text;

/** The rates, latency and cost of each endpoint; empty with a single one. */
export const endpointLines = ({ byEndpoint }: Summary): readonly string[] => {
  if (byEndpoint.length < 2) return [];
  const columns: readonly Column[] = [
    ['answered', 8, ({ counts }) => count(counts.answered)],
    ['judged', 7, ({ counts }) => count(counts.judged)],
    [
      'no worse',
      22,
      ({ noWorse }) =>
        noWorse.rate === null ? unknown : `${percent(noWorse.rate)} (${bounds(noWorse)})`,
    ],
    ['latency', 8, ({ latency }) => times(latency.total.paired)],
    ['cost', 8, ({ cost }) => costRatio(cost.ratio)],
  ];
  const shown = knownColumns(columns, byEndpoint);
  return [
    padCells('By endpoint', 26) + shown.map(([name, width]) => name.padStart(width)).join(''),
    ...byEndpoint.map(({ endpoint, ...figures }) => {
      const cells = shown.map(([, width, text]) => rightAligned(text(figures), width));
      return padCells(printableLine(endpoint), 26) + cells.join('');
    }),
  ];
};

/** Tokens and cost of both sides by endpoint; empty with a single one, and if nothing is known of them. */
export const endpointBillLines = ({ byEndpoint }: Summary): readonly string[] => {
  if (byEndpoint.length < 2) return [];
  const names = [
    ['in', 9, (figures: Figures, side: Side) => shortCount(figures.tokens[side].input)],
    ['out', 9, (figures: Figures, side: Side) => shortCount(figures.tokens[side].output)],
    ['cost', 11, (figures: Figures, side: Side) => dollars(figures.cost[side])],
  ] as const;
  const shown = names.filter(([, , text]) =>
    isKnown(byEndpoint.flatMap((figures) => sides.map((side) => text(figures, side)))),
  );
  if (shown.length === 0) return [];
  const width = shown.reduce((sum, [, cells]) => sum + cells, 0);
  const heads = shown.map(([name, cells]) => name.padStart(cells)).join('');
  return [
    ' '.repeat(22) + sides.map((side) => side.padStart(width)).join(''),
    padCells('Bill by endpoint', 22) + heads.repeat(sides.length),
    ...byEndpoint.map((figures) => {
      const cells = sides.flatMap((side) =>
        shown.map(([, own, text]) => rightAligned(text(figures, side), own)),
      );
      return padCells(truncateCells(printableLine(figures.endpoint), 22), 22) + cells.join('');
    }),
  ];
};
