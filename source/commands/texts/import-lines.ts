import { harmless, harmlessLine } from '../../text/harmless.ts';
import { count } from '../../text/numbers.ts';
import type { FileReport, ReasonCount } from '../../intake/import-tally.ts';
import type { Vote } from '../../intake/inspect-files.ts';
import { totalRedactions, type RedactionCounts } from '../../traffic/redaction-counts.ts';

/** What a file was taken for: `Langfuse`, or `Langfuse: 18 of the first 20 records, 2 unknown`. */
export const formatText = (format: string, { looked, formats, unknown }: Vote): string => {
  const mine = formats.find((one) => one.format === format)?.records ?? 0;
  if (mine === looked) return format;
  const others = formats
    .filter((one) => one.format !== format)
    .map((one) => `${count(one.records)} ${one.format}`);
  const rest = [...others, ...(unknown > 0 ? [`${count(unknown)} unknown`] : [])];
  return `${format}: ${count(mine)} of the first ${count(looked)} records, ${rest.join(', ')}`;
};

/** What an import beside a replay says: a line for each file, and one for each problem that is named. */
export const fileLines = (report: FileReport): readonly string[] => {
  const parts = [`${count(report.read)} read`, `${count(report.added)} added`];
  const push = (number: number, text: string): void => {
    if (number > 0) parts.push(`${count(number)} ${text}`);
  };
  push(report.merged, 'joined to captures');
  push(report.withoutAnswer, 'without an answer');
  push(report.duplicates, 'already there');
  push(report.earlierTurns, earlierTurn);
  push(report.notReplayable, `not replayable${listed(report.reasons)}`);
  const other = report.ignored.reduce((sum, one) => sum + one.count, 0);
  push(other, `no request to a model${listed(report.ignored)}`);
  push(report.invalidUtf8, 'with bytes that are not UTF-8, now �');
  push(report.forgottenTurns, forgottenTurns);
  const redacted = redactionText(report.redactions);
  if (redacted !== '') parts.push(redacted);
  const name = harmless(report.file);
  return [
    `${name}: ${formatText(report.format, report.vote)}; ${parts.join(', ')}`,
    ...problemLines(report),
  ];
};

/** The first records that cannot be replayed, each with its line, and how many there are more. */
const problemLines = (report: FileReport): readonly string[] => {
  const more = report.notReplayable - report.problems.length;
  return [
    ...report.problems.map(
      ({ line, reason }) => `  ${harmless(report.file)}:${line}: ${harmlessLine(reason)}`,
    ),
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
  ];
};

/** `4 values redacted (email 3, card 1)`, the most first; nothing where there are none. */
export const redactionText = (redactions: RedactionCounts): string => {
  const rules = Object.entries(redactions).toSorted(([, a], [, b]) => b - a);
  const total = totalRedactions(redactions);
  if (total === 0) return '';
  const listing = rules
    .map(([rule, values]) => `${harmlessLine(rule)} ${count(values)}`)
    .join(', ');
  return `${count(total)} ${total === 1 ? 'value' : 'values'} redacted (${listing})`;
};

export const earlierTurn = 'an earlier turn of a conversation (--last-turn)';

export const forgottenTurns =
  'hold more turns than can be kept in mind: some earlier turns may not be left out';

const listed = (reasons: readonly ReasonCount[]): string =>
  reasons.length === 0
    ? ''
    : ` (${reasons.map((one) => `${harmlessLine(one.reason)}: ${count(one.count)}`).join('; ')})`;
