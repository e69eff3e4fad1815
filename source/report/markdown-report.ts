import { sides, type Side } from '../comparison/outcome.ts';
import type { RateInterval } from '../statistics/wilson.ts';
import type { Figures } from '../summary/figures.ts';
import { callTexts, conversationTexts } from '../summary/conversation-text.ts';
import { gateText } from '../summary/decision-gate.ts';
import { otherCallsText } from '../summary/bill.ts';
import { judgeTexts } from '../summary/judges-text.ts';
import { conditionsText } from '../summary/latency-conditions.ts';
import { monthlyText } from '../summary/monthly-cost.ts';
import { excessOfTwiceText, noiseResults, noiseRows, pointsText } from '../summary/noise-text.ts';
import { bounds, costRatio, sentence, skipText, times } from '../summary/sentence.ts';
import { slicesTable } from '../summary/slices-text.ts';
import { coverageText } from '../summary/sides-text.ts';
import { unknownText } from '../summary/unknown-figures.ts';
import { count, dollars, duration, isKnown, percent } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { limitsOf, type Report } from './report-contents.ts';

/** The most endpoints in the table. */
const listedEndpoints = 30;

/**
 * Formats a report as Markdown for a pull request: the sentence, the rates, the cost, the endpoints and
 * what the figures cannot tell. Names are escaped. It has no pairs.
 */
export const markdownReport = ({ gate, note, summary }: Report): string => {
  const { byEndpoint, comparison, cost, counts, evidence, latency, tokens } = summary;
  const rate = (name: string, formula: string, figures: RateInterval): readonly string[] => [
    name,
    formula,
    percent(figures.rate),
    bounds(figures),
    count(figures.n),
  ];
  const side = (name: string, value: (side: Side) => string, ratio: string): readonly string[] => [
    name,
    ...sides.map(value),
    ratio,
  ];
  const endpoints = byEndpoint
    .toSorted((a, b) => b.counts.answered - a.counts.answered)
    .slice(0, listedEndpoints);
  const more = byEndpoint.length - endpoints.length;
  const sections = [
    `### ${escaped(comparison.baseline)} → ${escaped(comparison.candidate)}`,
    escaped(sentence(summary)),
    ...(note === null ? [] : [`> ${escaped(note)}`]),
    ...(gate === null ? [] : [`\`\`\`text\n${gateText(gate)}\`\`\``]),
    ...knownTable(
      ['rate', 'is', '%', 'interval (95 %)', 'n'],
      [
        rate('no worse', 'agree, better or equally bad, of all requests', summary.noWorse),
        rate('agreement', 'agree, of all requests', summary.agreement),
        rate('no worse, judged', 'of the judged pairs', summary.judgedRates.noWorse),
        rate('agreement, judged', 'of the judged pairs', summary.judgedRates.agreement),
      ],
      [2, 3],
    ),
    ...knownTable(
      ['', 'baseline', 'candidate', 'the candidate is'],
      [
        side('cost', (one) => dollars(cost[one]), costRatio(cost.ratio)),
        side('tokens in', (one) => count(tokens[one].input), ''),
        side('tokens out', (one) => count(tokens[one].output), ''),
        side(
          'first token, p95',
          (one) => duration(latency[one].timeToFirstToken.p95),
          times(latency.timeToFirstToken.p95),
        ),
        side('total, p95', (one) => duration(latency[one].total.p95), times(latency.total.p95)),
      ],
      [1, 2],
    ),
    ...[
      coverageText(summary),
      conditionsText(summary.latencyConditions),
      monthlyText(cost),
      otherCallsText(cost),
      unknownText(summary),
    ].flatMap((text) => (text === null ? [] : [escaped(text)])),
    `${count(counts.imported)} imported = ${count(counts.replayable)} replayable + ${count(counts.notReplayable)} not replayable; ${count(counts.answered)} answered = ${count(counts.settledByMachine)} settled by the machine + ${count(counts.settledByRule)} settled by rules + ${count(counts.judged)} judged + ${count(counts.unjudged)} unjudged + ${count(counts.notCompared)} not yet compared; ${count(counts.failed)} failed, ${count(counts.notSent)} not sent.`,
    ...(byEndpoint.length < 2
      ? []
      : [
          details(
            'By endpoint',
            [
              table(
                [
                  'endpoint',
                  'answered',
                  'failed',
                  'judged',
                  'no worse',
                  'interval',
                  'latency',
                  'cost',
                  'baseline: in, out, USD',
                  'candidate: in, out, USD',
                ],
                endpoints.map((one) => [
                  escaped(one.endpoint),
                  count(one.counts.answered),
                  count(one.counts.failed),
                  count(one.counts.judged),
                  percent(one.noWorse.rate),
                  bounds(one.noWorse),
                  times(one.latency.total.paired),
                  costRatio(one.cost.ratio),
                  ...sides.map((of) => tokensAndCost(one, of)),
                ]),
              ),
              ...(more > 0 ? [`And ${count(more)} more.`] : []),
            ].join('\n\n'),
          ),
        ]),
    ...sliceSections(summary),
    ...judgeTexts(summary.judges, summary.judgedRates).map((texts) => escaped(texts.join(' '))),
    ...[...conversationTexts(summary), ...callTexts(summary)].map(escaped),
    ...(summary.skips.pairs === 0 ? [] : [escaped(`Of the unjudged pairs, ${skipText(summary)}.`)]),
    ...noiseSections(summary),
    ...(evidence.notes.length === 0
      ? []
      : [evidence.notes.map((one) => `- ${escaped(one)}`).join('\n')]),
    details(
      'What this cannot tell you',
      limitsOf(summary)
        .map((text) => `- ${escaped(text)}`)
        .join('\n'),
    ),
    `<sub>${escaped(`${comparison.id} · ${summary.at.slice(0, 10)} · prices: ${cost.prices ?? 'unknown'}`)}</sub>`,
  ];
  return `${sections.join('\n\n')}\n`;
};

/** The figures by the property that was asked for. */
const sliceSections = ({ by }: Report['summary']): readonly string[] => {
  const found = slicesTable(by);
  if (found === null) return [];
  const { columns, notes, rows, title } = found;
  const comments = rows.flatMap(({ cells: [name], comments: own }) =>
    own.map((comment) => `- ${escaped(`${name?.text}: ${comment}`)}`),
  );
  const parts = [
    ...(rows.length === 0
      ? []
      : [
          table(
            columns,
            rows.map(({ cells }) => cells.map(({ text }) => escaped(text))),
          ),
        ]),
    ...(comments.length === 0 ? [] : [comments.join('\n')]),
    ...notes.map(escaped),
  ];
  return [details(title, parts.join('\n\n'))];
};

/** The candidate's differences against those of the baseline from itself. */
const noiseSections = ({ noise }: Report['summary']): readonly string[] => {
  if (noise === null) return [];
  const rows = noiseRows(noise).map((one) => [
    escaped(one.endpoint),
    one.field === null ? '' : escaped(one.field),
    count(one.excess.n),
    percent(one.differing.candidate.rate),
    percent(one.differing.baseline.rate),
    pointsText(one.excess),
    noiseResults[one.result],
  ]);
  return [
    escaped(excessOfTwiceText(noise)),
    details(
      'Against the noise of the baseline',
      table(
        [
          'endpoint',
          'field',
          'requests',
          'candidate differs',
          'baseline from itself',
          'points',
          '',
        ],
        rows,
      ),
    ),
  ];
};

/** `1,204, 88, $0.31`. */
const tokensAndCost = ({ cost, tokens }: Figures, side: Side): string =>
  `${count(tokens[side].input)}, ${count(tokens[side].output)}, ${escaped(dollars(cost[side]))}`;

const details = (title: string, text: string): string =>
  `<details><summary>${title}</summary>\n\n${text}\n\n</details>`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
};

/** A table without the rows of which the columns with the values say nothing; empty without rows. */
const knownTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  values: readonly number[],
): readonly string[] => {
  const known = rows.filter((row) => isKnown(values.map((column) => row[column] ?? '')));
  return known.length === 0 ? [] : [table(head, known)];
};

/** Escapes text so that nothing in it is markup, a mention or a link. */
const escaped = (text: string): string =>
  printableLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_{}[\]#|~$!]/g, (character) => `\\${character}`)
    // A zero-width joiner after the sign prevents mentions and links.
    .replace(/@(?=\w)/g, '@&zwj;')
    .replaceAll('://', ':&#47;&#47;');
