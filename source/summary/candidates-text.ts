import type { RateInterval } from '../statistics/wilson.ts';
import { count, dollars, isKnown, percent, unknown } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { cellWidth, truncateCells } from '../text/width.ts';
import { wrappedLines } from '../text/wrap.ts';
import { paragraph } from './paragraph.ts';
import type { Summary } from './gather-summary.ts';
import { bounds, costRatio, pairedText, sentence, times } from './sentence.ts';

const width = 80;
/** The cells of the names of the figures, and of a candidate's figures. */
const nameCells = 18;
const columnCells = 21;
/** The number of candidates beside each other. */
const candidatesAbreast = Math.floor((width - nameCells) / columnCells);

/**
 * Returns the figures of several candidates for one baseline side by side: the sentence of each, then one
 * column for each. Safe to print, with a final line feed. Its texts are wrapped to `columns`, by default 80;
 * its tables fit into 80.
 */
export const candidatesText = (summaries: readonly Summary[], columns = width): string => {
  const [first] = summaries;
  if (first === undefined) return '';
  const blocks = Array.from(
    { length: Math.ceil(summaries.length / candidatesAbreast) },
    (_, block) => summaries.slice(block * candidatesAbreast, (block + 1) * candidatesAbreast),
  );
  const sections = [
    summaries.flatMap((summary) =>
      paragraph(`${printableLine(summary.comparison.candidate)}: ${sentence(summary)}`, ''),
    ),
    [
      truncateCells(
        `${count(summaries.length)} candidates for ${printableLine(first.comparison.baseline)}`,
        width,
      ),
    ],
    ...blocks.map(tableLines),
    [
      ...paragraph(
        'Rates: of the requests; judged: of the pairs judged in the random order. Intervals: 95 %, Wilson. Latency and cost: the candidate compared with the baseline; by pair: the median of the pairs. What is known of none is left out.',
        '  ',
      ),
      ...summaries.flatMap(({ comparison }) =>
        paragraph(
          `understudy summary ${comparison.id} has all figures of ${printableLine(comparison.candidate)}`,
          '  ',
        ),
      ),
    ],
  ];
  return `${sections.map((lines) => wrappedLines(lines, columns).join('\n')).join('\n\n')}\n`;
};

const tableLines = (summaries: readonly Summary[]): readonly string[] => {
  const row = (name: string, value: (summary: Summary) => string): readonly string[] => {
    const texts = summaries.map(value);
    return isKnown(texts) ? [name.padEnd(nameCells) + texts.map(cell).join('')] : [];
  };
  return [
    row('', ({ comparison }) => shortName(printableLine(comparison.candidate))),
    row('no worse', ({ noWorse }) => percent(noWorse.rate)),
    row('', ({ noWorse }) => ofText(noWorse)),
    row('agreement', ({ agreement }) => percent(agreement.rate)),
    row('', ({ agreement }) => bounds(agreement)),
    row('judged: no worse', ({ judgedRates }) => percent(judgedRates.noWorse.rate)),
    row('', ({ judgedRates }) => ofText(judgedRates.noWorse)),
    row('judged: agreement', ({ judgedRates }) => percent(judgedRates.agreement.rate)),
    row('', ({ judgedRates }) => bounds(judgedRates.agreement)),
    row('agree', ({ verdicts }) => count(verdicts.agree)),
    row('worse', ({ verdicts }) => count(verdicts.worse)),
    row('better', ({ verdicts }) => count(verdicts.better)),
    row('both bad', ({ verdicts }) => count(verdicts.bothBad)),
    row('unjudged', ({ counts }) => count(counts.unjudged)),
    row('by machine', ({ counts }) => count(counts.settledByMachine)),
    ...(summaries.some(({ counts }) => counts.settledByRule > 0)
      ? [row('by rules', ({ counts }) => count(counts.settledByRule))]
      : []),
    row('failed', ({ failedBy }) => count(failedBy.candidate + failedBy.both)),
    row('first token p95', ({ latency }) => times(latency.timeToFirstToken.p95)),
    row('total p95', ({ latency }) => times(latency.total.p95)),
    row('total, by pair', pairedText),
    row('cost', ({ cost }) => dollars(cost.candidate)),
    row('', ({ cost }) => costRatio(cost.ratio)),
  ]
    .flat()
    .map((line) => line.trimEnd());
};

/** `87.4–95.9 of 150`. */
const ofText = (rate: RateInterval): string =>
  rate.n === 0 ? unknown : `${bounds(rate)} of ${count(rate.n)}`;

/** A value at the right edge of its column. */
const cell = (text: string): string =>
  ' '.repeat(Math.max(1, columnCells - cellWidth(text))) + text;

/** The end of a long name: candidates differ there. */
const shortName = (name: string): string => {
  const room = columnCells - 2;
  if (cellWidth(name) <= room) return name;
  const characters = Array.from(name);
  while (cellWidth(characters.join('')) > room - 1) characters.shift();
  return `…${characters.join('')}`;
};
