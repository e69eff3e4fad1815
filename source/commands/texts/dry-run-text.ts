import { isRoutine } from '../../models/adaptation/warnings.ts';
import { defaultOutputTokens } from '../../replay/limits/cost-bound.ts';
import type { Price } from '../../models/model.ts';
import { printableLine } from '../../text/printable.ts';
import { count, dollars, duration, unknown } from '../../text/numbers.ts';
import { tableText } from '../../text/table.ts';
import type { DryRunReport, SideReport } from '../../replay/estimate/report.ts';

/** Returns the text of a dry run for a terminal, with a final line feed. */
export const dryRunText = (report: DryRunReport): string => {
  const paragraphs = [
    'Dry run: nothing was sent, and nothing was stored.',
    `${report.selected ?? `${count(report.captures)} captures, all that there are`}\n${callsText(report)}`,
    ...replayParagraphs(report),
  ];
  return `${paragraphs.join('\n\n')}\n`;
};

/**
 * Describes what a replay would send and cost; without the baseline if it is only production's
 * answers.
 */
export const replayParagraphs = (
  report: DryRunReport,
  { baseline = true }: { readonly baseline?: boolean } = {},
): readonly string[] => {
  const called = calledIn(report).filter(({ side }) => baseline || side !== 'baseline');
  const row = (name: string, cell: (side: Called) => string): readonly string[] => [
    name,
    ...called.map((side) => (side.live ? cell(side) : '')),
  ];
  const estimate = report.countedAll ? '' : '≈ ';
  const table = tableText(
    ['', ...called.map(({ side }) => side)],
    [
      ['', ...called.map(({ label }) => printableLine(label))],
      ['calls', ...called.map(({ live, calls }) => (live ? count(calls) : 'none, recorded'))],
      ...pathRows(called, row),
      row('input tokens', (side) => `${inputMark(side) || estimate}${count(side.input)}`),
      row(
        'output tokens, expected',
        ({ expectedOutput }) => `${approximately(expectedOutput)}${count(expectedOutput)}`,
      ),
      row('  at most', ({ mostOutput }) => `${estimate}${count(mostOutput)}`),
      row('cost, expected', (side) => money(side.expectedCost, side, '≈ ')),
      row('  at most', (side) => money(side.mostCost, side, inputMark(side) || estimate)),
    ],
    called.map((_, index) => index + 1),
  );
  const paragraphs = [
    [table],
    [...costLines(report), durationLine(report)],
    noteLines(report),
    ...called.map(unsentLines),
    ...called.map(adaptationLines),
  ];
  return paragraphs.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
};

/** A side with its name. */
type Called = SideReport & { readonly side: string };

const calledIn = ({ baseline, candidate, more }: DryRunReport): readonly Called[] => [
  { side: 'baseline', ...baseline },
  ...[candidate, ...more].map((one, index, all) => ({
    side: candidateName(index, all, baseline.label),
    ...one,
  })),
];

/** With `--noise`, the last candidate is the baseline, which is asked again. */
const candidateName = (index: number, all: readonly SideReport[], baseline: string): string => {
  if (all[index]?.label === baseline) return 'baseline again';
  return all.filter(({ label }) => label !== baseline).length === 1
    ? 'candidate'
    : `candidate ${index + 1}`;
};

const callsText = (report: DryRunReport): string => {
  const { captures, calls, samples } = report;
  const wanted = calledIn(report).reduce(
    (sum, side) => (side.live ? sum + side.captures * samples : sum),
    0,
  );
  const unsent = calledIn(report).reduce((sum, side) => sum + unsentCalls(side), 0);
  const there = wanted - calls - unsent;
  const repeated = samples > 1 ? `, ${samples} answers of each model to each` : '';
  return `${count(calls)} calls for ${count(captures)} ${captures === 1 ? 'capture' : 'captures'}${repeated}${there > 0 ? `; ${count(there)} answers are there already` : ''}${unsent > 0 ? `; ${count(unsent)} not replayable` : ''}`;
};

/** Returns `≥` if something is not counted, `≈` if something is estimated. */
const inputMark = ({ tokenizer, estimatedCalls, attachments }: SideReport): string => {
  if (attachments > 0) return '≥ ';
  return tokenizer?.own === false || estimatedCalls > 0 ? '≈ ' : '';
};

const approximately = (value: number | null): string => (value === null ? '' : '≈ ');

const money = (cost: number | null, side: SideReport, mark: string): string => {
  if (side.calls === 0) return '$0';
  return cost === null ? unknown : `${side.attachments > 0 ? '≥ ' : mark}${dollars(cost)}`;
};

const costLines = (report: DryRunReport): readonly string[] => [
  `Total cost: expected ${dollars(report.cost.expected)}, at most ${dollars(report.cost.most)} not counting failed attempts.`,
  ...calledIn(report).flatMap(({ live, label, price, highestPrice }) => {
    if (!live) return [];
    if (price === null) return [`  ${printableLine(label)}: the price is not known`];
    const tiers = price.tiers === undefined ? '' : ', more for long prompts, which is counted';
    const when =
      price.moment === undefined
        ? ''
        : `, the price of ${price.moment.slice(0, 16).replace('T', ' ')} UTC, which depends on the moment of a call${highestText(price, highestPrice)}`;
    return [
      `  ${printableLine(label)}: ${dollars(price.input)} in, ${dollars(price.output)} out per million tokens${report.batch ? ' in a batch' : ''}${tiers}${when} (${printableLine(price.source)}, ${price.date})`,
    ];
  }),
];

/** Where a call of the day may cost more: the rates by which "at most" is reckoned. */
const highestText = (price: Price, highest: Price | null): string =>
  highest === null || (highest.input === price.input && highest.output === price.output)
    ? ''
    : `; at most: ${dollars(highest.input)} in, ${dollars(highest.output)} out, the highest of the next 24 hours`;

const durationLine = ({ calls, duration: expected }: DryRunReport): string => {
  if (calls === 0) return 'There is nothing to send.';
  if (expected === null) return 'Duration: up to a day or more; providers process batches later.';
  const each =
    expected.latencyFrom === 'recorded'
      ? `${duration(expected.latencyMs)}, the median of the recorded ones`
      : `${duration(expected.latencyMs)}, assumed, because no latency is recorded`;
  return `Duration: about ${duration(expected.ms)} at ${expected.limitedBy}, when a call takes ${each}.`;
};

const noteLines = (report: DryRunReport): readonly string[] => {
  const lines: string[] = [];
  if (!report.countedAll) {
    lines.push(
      `Estimated from ${count(report.countedCaptures)} captures drawn at random${calledIn(report).some((side) => unsentCalls(side) > 0) ? '' : '; the calls are exact'}.`,
    );
  }
  for (const called of calledIn(report)) {
    const { attachments, calls, estimatedCalls, label, live, missingKey, side, ...one } = called;
    if (!live || calls === 0) continue;
    const who = `${side}: `;
    if (one.tokenizer?.own === false) {
      lines.push(
        `${who}${printableLine(label)} has its own tokenizer; counted with ${one.tokenizer.encoding}, and the difference between them is unknown.`,
      );
    }
    if (estimatedCalls > 0) {
      lines.push(
        `${who}${count(estimatedCalls)} calls contain tool calls, a schema or nested parameters, for which no exact count is published.`,
      );
    }
    if (attachments > 0) {
      lines.push(`${who}${count(attachments)} images, sounds or files are not counted in tokens.`);
    }
    if (one.recordedCalls > 0 && one.recordedCalls < calls) {
      lines.push(
        `${who}expected output is that of ${count(one.recordedCalls)} recorded answers, and their mean for the other calls.`,
      );
    }
    if (one.recordedCalls === 0) {
      lines.push(`${who}no answer is recorded, so the expected output is unknown.`);
    }
    if (one.unlimitedCalls > 0) {
      lines.push(
        `${who}${count(one.unlimitedCalls)} calls set no output limit; ${count(defaultOutputTokens)} tokens are assumed for each.`,
      );
    }
    if (missingKey !== null) lines.push(`${who}${missingKey} is not set; a replay needs it.`);
  }
  return lines;
};

const unsentCalls = ({ notReplayable }: SideReport): number =>
  notReplayable.reduce((sum, { calls }) => sum + calls, 0);

/** How the calls reach their models, where any of them is not asked in its own dialect. */
const pathRows = (
  called: readonly Called[],
  row: (name: string, cell: (side: Called) => string) => readonly string[],
): readonly (readonly string[])[] => {
  const isAnyTranslated = called.some(
    (side) => side.live && side.paths.native < side.calls + unsentCalls(side),
  );
  if (!isAnyTranslated) return [];
  return [
    row('  native', ({ paths }) => count(paths.native)),
    row('  bridged', ({ paths }) => count(paths.bridged)),
    row('  bridged, lossy', ({ paths }) => count(paths.lossy)),
    row('not replayable', (side) => count(unsentCalls(side))),
  ];
};

const unsentLines = ({ notReplayable, side }: Called): readonly string[] =>
  notReplayable.length === 0
    ? []
    : [
        `Not replayable, ${side}:`,
        ...notReplayable.map(
          ({ calls, reason }) =>
            `  ${printableLine(reason)} (${count(calls)} ${calls === 1 ? 'request' : 'requests'})`,
        ),
      ];

const adaptationLines = ({ adaptations, calls, side }: Called): readonly string[] => {
  const news = adaptations.filter((one) => !isRoutine(one));
  if (news.length === 0) return [];
  return [
    `Changes and warnings, ${side}:`,
    ...news.map(
      ({ action, parameter, reason, ...one }) =>
        `  ${action === 'kept' ? 'warning' : action}${one.lossy === true ? ', lossy:' : ''} ${printableLine(parameter)}: ${printableLine(reason)} (${one.calls === calls ? 'every call' : `${count(one.calls)} calls`})`,
    ),
  ];
};
