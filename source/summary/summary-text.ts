import { sides } from '../comparison/outcome.ts';
import { asksForVerdicts } from '../filter/filter.ts';
import { parseFilter } from '../filter/parse-filter.ts';
import { selectionText } from '../traffic/selection/selection.ts';
import { printableLine } from '../text/printable.ts';
import { cellWidth, truncateCells } from '../text/width.ts';
import { wrappedLines } from '../text/wrap.ts';
import { paragraph } from './paragraph.ts';
import { callTexts, conversationTexts } from './conversation-text.ts';
import { endpointBillLines, endpointLines } from './endpoints-text.ts';
import { dayOf, period } from './evidence.ts';
import type { Summary } from './gather-summary.ts';
import { judgeTexts } from './judges-text.ts';
import { noiseLines } from './noise-text.ts';
import { pairLines, ruleLines } from './pair-counts-text.ts';
import { rateLines } from './rates-text.ts';
import { blindLines, reviewerLines, selfAgreementLines } from './reviewers-text.ts';
import { sentence } from './sentence.ts';
import { sideLines } from './sides-text.ts';
import { slicesLines } from './slices-text.ts';

const width = 80;

/**
 * The summary, safe to print, with a final line feed. Its texts are wrapped to `columns`, by default 80; its
 * tables fit into 80.
 */
export const summaryText = (summary: Summary, columns = width): string => {
  const sections = [
    paragraph(sentence(summary), ''),
    heading(summary),
    rateLines(summary),
    [...conversationTexts(summary), ...callTexts(summary)].flatMap((text) => paragraph(text, '')),
    ruleLines(summary),
    reviewerLines(summary),
    noiseLines(summary.noise),
    blindLines(summary),
    selfAgreementLines(summary),
    judgeLines(summary),
    pairLines(summary),
    sideLines(summary),
    endpointLines(summary),
    slicesLines(summary.by),
    endpointBillLines(summary),
    evidenceLines(summary),
  ];
  const filled = sections
    .filter((lines) => lines.length > 0)
    .map((lines) => wrappedLines(lines, columns).join('\n'));
  return `${filled.join('\n\n')}\n`;
};

/** The id stands whole, because commands take it. */
const comparisonHeading = ({ id, name }: Summary['comparison']): string => {
  const [before, after] = ['Comparison ', ` · ${id}`];
  const room = width - cellWidth(before) - cellWidth(after);
  return `${before}${truncateCells(printableLine(name), room)}${after}`;
};

const heading = ({ comparison, filter }: Summary): readonly string[] => [
  comparisonHeading(comparison),
  ...sides.map((side) =>
    truncateCells(`  ${side.padEnd(11)}${printableLine(comparison[side])}`, width),
  ),
  ...filterLines(filter),
  ...(comparison.selection === null
    ? []
    : paragraph(`selected ${selectionText(comparison.selection)}`, '  ')),
];

const isOnVerdicts = (filter: string): boolean => {
  const parsed = parseFilter(filter);
  return parsed.kind === 'filter' && asksForVerdicts(parsed.filter);
};

const filterLines = (filter: string | null): readonly string[] =>
  filter === null
    ? []
    : paragraph(
        `only pairs that match ${printableLine(filter)}: the numbers are of these pairs and stand for no others${isOnVerdicts(filter) ? '. Their verdicts are part of the filter, so rates of agreement say nothing' : ''}`,
        '  ',
      );

/** What judges say, which are models, and how far that can be relied on. */
const judgeLines = ({ judgedRates, judges }: Summary): readonly string[] =>
  judgeTexts(judges, judgedRates).flatMap(([first = '', ...others]) => [
    ...paragraph(printableLine(first), ''),
    ...others.flatMap((text) => paragraph(text, '  ')),
  ]);

/** How old the evidence is, and what has changed since. */
const evidenceLines = ({
  evidence: { answeredAt, judgedAt, notes },
}: Summary): readonly string[] => {
  const { first, last } = answeredAt;
  if (first === null || last === null) return [];
  const verdict = judgedAt.last === null ? '' : `, the last verdict of ${dayOf(judgedAt.last)}`;
  return [
    `Evidence: answers of ${period(first, last)}${verdict}.`,
    ...notes.flatMap((note) => paragraph(printableLine(note), '  ')),
  ];
};
