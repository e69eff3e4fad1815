import {
  sumReports,
  type DialectCounts,
  type FileReport,
  type ReasonCount,
} from '../../intake/import-tally.ts';
import type { Vote } from '../../intake/inspect-files.ts';
import type { RecordCounts, RecordedModel } from '../../store/captures/captures.ts';
import { printable, printableLine } from '../../text/printable.ts';
import { storeFlagText } from '../../text/shell.ts';
import { count } from '../../text/numbers.ts';
import { wrapped } from '../../text/wrap.ts';
import { dialects } from '../../traffic/dialects/dialect.ts';
import { dialectTitles } from '../../traffic/dialects/dialect.ts';
import { totalRedactions, type RedactionCounts } from '../../traffic/redaction-counts.ts';

/**
 * Returns the results of an import, for a terminal of 80 columns: each file, the total, the store's
 * contents.
 */
export const importText = (
  reports: readonly FileReport[],
  storeName: string,
  held: RecordCounts,
): string => {
  const sums = [
    ...wrapped(sumText(reports), ''),
    ...(hasKnownIds(reports, held) ? wrapped(knownIds, '') : []),
    ...wrapped(
      `${printable(storeName)} now holds ${counted(held.replayable, 'capture')} and ${count(held.notReplayable)} not replayable.`,
      '',
    ),
  ];
  const files =
    reports.length <= fullReports
      ? reports.map(reportText)
      : [reports.flatMap(fileLines).join('\n'), ...totalText(reports)];
  return `${[...files, sums.join('\n')].join('\n\n')}\n`;
};

/** Of more files than this, each has a line and not a table. */
const fullReports = 5;

/** Why records of all files are not replayable; empty if they are. */
const totalText = (reports: readonly FileReport[]): readonly string[] => {
  const { notReplayable, reasons } = sumReports(reports);
  if (notReplayable === 0) return [];
  return [
    ['All files', ...row(notReplayable, 'not replayable', 0), ...reasons.flatMap(totalRow)].join(
      '\n',
    ),
  ];
};

const totalRow = (one: ReasonCount): readonly string[] => row(one.count, printableLine(one.reason));

/**
 * Returns a line with the next step after an import. Where two models' answers to most captures came along, it
 * compares them. `db` is the value of `--db`.
 */
export const nextStep = (
  db: string | undefined,
  store: { readonly recorded: readonly RecordedModel[]; readonly replayable: number },
): string => {
  const { recorded, replayable } = store;
  const production = recorded.filter((one) => one.production);
  const produced = production.reduce((sum, { captures }) => sum + captures, 0);
  // Two models that answered three quarters each have at least half of the captures in common.
  const areMost = (captures: number): boolean => 4 * captures >= 3 * replayable;
  const others = recorded.filter((one) => !one.production && areMost(one.captures));
  const [only] = production;
  const names = [
    // Production used more than one model: its answers have one name together.
    ...(only === undefined || !areMost(produced)
      ? []
      : [production.length > 1 ? 'recorded' : `recorded:${only.model}`]),
    ...others.map(({ model }) => `recorded:${model}`),
  ];
  const [baseline = '', candidate = ''] = names;
  const isPlain = [baseline, candidate].every((name) => /^[\w./:@#%+-]+$/.test(name));
  const models = isPlain
    ? `--baseline ${baseline} --candidate ${candidate}`
    : '--baseline MODEL --candidate MODEL';
  return `Next: understudy compare ${models}${storeFlagText(db)}\n`;
};

/** Whether records were rejected because of captures that the store may have had before. */
const hasKnownIds = (reports: readonly FileReport[], held: RecordCounts): boolean => {
  const { reasons, replayable } = sumReports(reports);
  const isRejected = reasons.some(({ reason }) => reason.startsWith('same id as another capture'));
  return isRejected && held.replayable > replayable;
};

const knownIds =
  'Existing ids keep their records. A record imported under other redaction rules, or none, counts as a different record; understudy scrub applies the current rules to the store.';

/**
 * Returns the contents of a file, without a final line feed. The counts below a file's records add
 * up to them.
 */
export const reportText = (report: FileReport): string => {
  const other = ignoredRecords(report);
  const lines = [
    printable(report.file),
    ...wrapped(formatText(report.format, report.vote), '  '),
    ...row(report.read + other, `record${report.read + other === 1 ? '' : 's'}`, 0),
    ...row(report.added, 'new, replayable'),
    ...dialectRows(report.dialects),
    ...recordedRows(report),
    ...some(report.merged, 'with more recorded answers to captures'),
    ...some(report.duplicates, 'already there'),
    ...some(report.withoutAnswer, 'without an answer to a request that is known'),
    ...(report.added + report.merged === 0
      ? some(report.recorded.errors, 'with a recorded error', 2)
      : []),
    ...some(report.earlierTurns, earlierTurn),
    ...some(report.notReplayable, 'not replayable'),
    ...report.reasons.flatMap(reasonRow),
    ...some(other, 'not requests to a model'),
    ...report.ignored.flatMap(reasonRow),
    ...notes(report),
    ...problemRows(report),
  ];
  return lines.join('\n');
};

const recordedRows = (report: FileReport): readonly string[] => {
  const { partial, recorded, added, merged, unreadTimes } = report;
  // A part and its number stay on one line.
  const lost = partial.parts.map(
    (part) => `${printableLine(part.reason)}\u00A0${count(part.count)}`,
  );
  if (added + merged === 0) return [];
  return [
    ...some(partial.captures, `partial, the recording lost: ${lost.join(', ')}`, 2),
    ...some(recorded.answers, 'with a recorded answer', 2),
    ...some(recorded.errors, 'with a recorded error', 2),
    ...some(recorded.unreadable, 'with a recorded answer that cannot be read', 2),
    ...some(recorded.timings, 'with a recorded time', 2),
    ...some(unreadTimes, unreadTime, 2),
  ];
};

/** A row for each dialect, if there is another than chat completions. */
const dialectRows = (counts: DialectCounts): readonly string[] =>
  hasOtherDialect(counts)
    ? dialects.flatMap((dialect) =>
        some(counts[dialect] ?? 0, `${dialectTitles[dialect]} (${dialect})`, 2),
      )
    : [];

const hasOtherDialect = (counts: DialectCounts): boolean =>
  Object.keys(counts).some((dialect) => dialect !== 'chat');

const notes = ({
  forgottenTurns: turns,
  invalidUtf8,
  redactions,
  trailingBytes,
}: FileReport): readonly string[] => [
  ...(totalRedactions(redactions) > 0 ? wrapped(redactionText(redactions), '  ') : []),
  ...(invalidUtf8 > 0
    ? wrapped(
        `${counted(invalidUtf8, 'record')} ${invalidUtf8 === 1 ? 'has' : 'have'} bytes that are not UTF-8, now �`,
        '  ',
      )
    : []),
  ...(trailingBytes > 0 ? wrapped(trailingText(trailingBytes), '  ') : []),
  ...(turns > 0 ? wrapped(`${counted(turns, 'record')} ${forgottenText(turns)}`, '  ') : []),
];

/** Returns the first records that cannot be replayed, with their lines. */
const problemRows = ({ problems, notReplayable }: FileReport): readonly string[] => {
  const more = notReplayable - problems.length;
  return [
    ...problems.flatMap(({ line, reason }) =>
      wrapped(`line ${line}: ${printableLine(reason)}`, '  '),
    ),
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
  ];
};

/**
 * Returns a row with a count and its label. A row of a deeper level is a part of the one above it.
 */
const row = (number: number, text: string, level = 1): readonly string[] => {
  const column = 11 + level * 4;
  const lead = count(number).padStart(column);
  const [first = '', ...rest] = wrapped(text, ' '.repeat(column + 2), 80);
  return [`${lead}  ${first.trimStart()}`, ...rest].map((line) => line.replaceAll('\u00A0', ' '));
};

const some = (number: number, text: string, level = 1): readonly string[] =>
  number === 0 ? [] : row(number, text, level);

const reasonRow = (one: ReasonCount): readonly string[] =>
  row(one.count, printableLine(one.reason), 2);

/** Returns the document of `import --json`. */
export const importJson = (reports: readonly FileReport[], store: string, held: RecordCounts) => ({
  schema: 'understudy.import/1',
  ...sumReports(reports),
  files: reports,
  store: { file: store, ...held },
});

/**
 * Formats `imported 6 = 3 replayable + 3 not replayable`, and the counts that are not in that sum.
 */
export const sumText = (reports: readonly FileReport[]): string => {
  const { imported, replayable, notReplayable, duplicates, earlierTurns } = sumReports(reports);
  const apart = [
    ...(duplicates > 0 ? [`${count(duplicates)} already there, not counted`] : []),
    ...(earlierTurns > 0 ? [`${count(earlierTurns)} earlier turns left out`] : []),
  ];
  return `imported ${count(imported)} = ${count(replayable)} replayable + ${count(notReplayable)} not replayable${apart.map((text) => `; ${text}`).join('')}`;
};

/**
 * Returns the output of a replay command for an imported file: a line, and one for each problem.
 */
export const fileLines = (report: FileReport): readonly string[] => {
  const added = `${count(report.added)} added${namedDialects(report.dialects)}`;
  const parts = [`${count(report.read)} read`, added];
  const push = (number: number, text: string): void => {
    if (number > 0) parts.push(`${count(number)} ${text}`);
  };
  push(report.merged, 'joined to captures');
  push(report.withoutAnswer, 'without an answer');
  push(report.duplicates, 'already there');
  push(report.earlierTurns, earlierTurn);
  push(report.notReplayable, `not replayable${listed(report.reasons)}`);
  push(ignoredRecords(report), `not requests to a model${listed(report.ignored)}`);
  push(report.unreadTimes, unreadTime);
  push(report.invalidUtf8, 'with bytes that are not UTF-8, now �');
  push(report.forgottenTurns, forgottenText(report.forgottenTurns));
  if (report.trailingBytes > 0) parts.push(trailingText(report.trailingBytes));
  const redacted = redactionText(report.redactions);
  if (redacted !== '') parts.push(redacted);
  const name = printable(report.file);
  return [
    `${name}: ${formatText(report.format, report.vote)}; ${parts.join(', ')}`,
    ...problemLines(report),
  ];
};

/** Formats ` (chat 12, messages 3)`; empty if all are chat completions. */
const namedDialects = (counts: DialectCounts): string => {
  if (!hasOtherDialect(counts)) return '';
  const named = dialects.flatMap((dialect) => {
    const captures = counts[dialect] ?? 0;
    return captures === 0 ? [] : [`${dialect} ${count(captures)}`];
  });
  return ` (${named.join(', ')})`;
};

const problemLines = ({ file, notReplayable, problems }: FileReport): readonly string[] => {
  const more = notReplayable - problems.length;
  return [
    ...problems.map(({ line, reason }) => `  ${printable(file)}:${line}: ${printableLine(reason)}`),
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
  ];
};

/**
 * Returns the detected format of a file: `Langfuse`, or `Langfuse: 18 of the first 20 records, 2
 * unknown`.
 */
const formatText = (format: string, { looked, formats, unknown }: Vote): string => {
  const mine = formats.find((one) => one.format === format)?.records ?? 0;
  if (mine === looked) return format;
  const others = formats
    .filter((one) => one.format !== format)
    .map((one) => `${count(one.records)} ${one.format}`);
  const rest = [...others, ...(unknown > 0 ? [`${count(unknown)} unknown`] : [])];
  return `${format}: ${count(mine)} of the first ${count(looked)} records, ${rest.join(', ')}`;
};

/**
 * Formats `4 values redacted (email 3, card 1)`, most frequent rule first; empty if there are none.
 */
const redactionText = (redactions: RedactionCounts): string => {
  const rules = Object.entries(redactions).toSorted(([, a], [, b]) => b - a);
  const total = totalRedactions(redactions);
  if (total === 0) return '';
  const listing = rules
    .map(([rule, values]) => `${printableLine(rule)} ${count(values)}`)
    .join(', ');
  return `${count(total)} ${total === 1 ? 'value' : 'values'} redacted (${listing})`;
};

const earlierTurn = 'an earlier turn of a conversation (--last-turn)';

const forgottenText = (records: number): string =>
  `${records === 1 ? 'has' : 'have'} more turns than can be remembered: some earlier turns may not be left out`;

const unreadTime = 'with a timestamp that cannot be read';

const trailingText = (bytes: number): string =>
  `${counted(bytes, 'byte')} after the end of the gzip data ${bytes === 1 ? 'was' : 'were'} not read`;

const ignoredRecords = ({ ignored }: FileReport): number =>
  ignored.reduce((sum, one) => sum + one.count, 0);

const listed = (reasons: readonly ReasonCount[]): string =>
  reasons.length === 0
    ? ''
    : ` (${reasons.map((one) => `${printableLine(one.reason)}: ${count(one.count)}`).join('; ')})`;

const counted = (number: number, noun: string): string =>
  `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
