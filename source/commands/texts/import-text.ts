import type { RecordCounts } from '../../store/captures/captures.ts';
import { harmless, harmlessLine } from '../../text/harmless.ts';
import { count } from '../../text/numbers.ts';
import { wrapped } from '../../text/wrap.ts';
import type { FileReport, ReasonCount } from '../../intake/import-tally.ts';
import {
  RedactionTally,
  totalRedactions,
  type RedactionCounts,
} from '../../traffic/redaction-counts.ts';
import { earlierTurn, forgottenTurns, formatText, redactionText } from './import-lines.ts';

/** What an import did, for a terminal of 80 columns: each file, the sum, what the store holds now. */
export const importText = (
  reports: readonly FileReport[],
  storeName: string,
  held: RecordCounts,
): string => {
  const sums = [
    ...wrapped(sumText(reports), ''),
    ...(hasKnownIds(reports, held) ? wrapped(knownIds, '') : []),
    ...wrapped(
      `${harmless(storeName)} now holds ${counted(held.replayable, 'capture')} and ${count(held.notReplayable)} not replayable.`,
      '',
    ),
  ];
  return `${[...reports.map(reportText), sums.join('\n')].join('\n\n')}\n`;
};

/** Whether records were refused because of what the store may have had under their ids before. */
const hasKnownIds = (reports: readonly FileReport[], held: RecordCounts): boolean => {
  const { reasons, replayable } = sum(reports);
  const refused = reasons.some(({ reason }) => reason.startsWith('same id as another capture'));
  return refused && held.replayable > replayable;
};

const knownIds =
  'What the store has under an id stays. The same record is another one where it was imported with other rules of redaction, or with none; understudy scrub applies the rules of today to the store.';

/**
 * What was in a file, without a line end: every record is counted in one line, and what the lines
 * below it tell is part of it.
 */
export const reportText = (report: FileReport): string => {
  const other = report.ignored.reduce((sum, one) => sum + one.count, 0);
  const lines = [
    harmless(report.file),
    ...wrapped(formatText(report.format, report.vote), '  '),
    ...row(report.read + other, `record${report.read + other === 1 ? '' : 's'}`, 0),
    ...row(report.added, 'new, replayable'),
    ...cameAlong(report),
    ...some(report.merged, 'with more recorded answers to captures'),
    ...some(report.duplicates, 'already there'),
    ...some(report.withoutAnswer, 'without an answer to a request that is known'),
    ...some(report.earlierTurns, earlierTurn),
    ...some(report.notReplayable, 'not replayable'),
    ...report.reasons.flatMap(reasonRow),
    ...some(other, 'no request to a model'),
    ...report.ignored.flatMap(reasonRow),
    ...notes(report),
    ...problemRows(report),
  ];
  return lines.join('\n');
};

const cameAlong = ({ partial, recorded, added, merged }: FileReport): readonly string[] => {
  const lost = partial.parts.map((part) => `${harmlessLine(part.reason)} ${count(part.count)}`);
  if (added + merged === 0) return [];
  return [
    ...some(partial.captures, `partial, the recording lost: ${lost.join(', ')}`, 2),
    ...some(recorded.answers, 'with a recorded answer', 2),
    ...some(recorded.errors, 'with a recorded error', 2),
    ...some(recorded.timings, 'with a recorded time', 2),
  ];
};

const notes = ({
  forgottenTurns: turns,
  invalidUtf8,
  redactions,
}: FileReport): readonly string[] => [
  ...(totalRedactions(redactions) > 0 ? wrapped(redactionText(redactions), '  ') : []),
  ...(invalidUtf8 > 0
    ? wrapped(`${count(invalidUtf8)} records have bytes that are not UTF-8, now �`, '  ')
    : []),
  ...(turns > 0 ? wrapped(`${count(turns)} records ${forgottenTurns}`, '  ') : []),
];

/** Where the first records stand that cannot be replayed. */
const problemRows = ({ problems, notReplayable }: FileReport): readonly string[] => {
  const more = notReplayable - problems.length;
  return [
    ...problems.flatMap(({ line, reason }) =>
      wrapped(`line ${line}: ${harmlessLine(reason)}`, '  '),
    ),
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
  ];
};

/** A count and what it is of; a deeper level is part of what stands above it. */
const row = (number: number, text: string, level = 1): readonly string[] => {
  const column = 11 + level * 4;
  const lead = count(number).padStart(column);
  const [first = '', ...rest] = wrapped(text, ' '.repeat(column + 2), 80);
  return [`${lead}  ${first.trimStart()}`, ...rest];
};

const some = (number: number, text: string, level = 1): readonly string[] =>
  number === 0 ? [] : row(number, text, level);

const reasonRow = (one: ReasonCount): readonly string[] =>
  row(one.count, harmlessLine(one.reason), 2);

/** The document of `--json`. */
export const importJson = (reports: readonly FileReport[], store: string, held: RecordCounts) => ({
  schema: 'understudy.import/1',
  ...sum(reports),
  files: reports,
  store: { file: store, ...held },
});

/** The records that are new, apart from those that the store had. */
export const sum = (reports: readonly FileReport[]) => {
  const total = (key: 'added' | 'notReplayable' | 'duplicates' | 'merged' | 'earlierTurns') =>
    reports.reduce((all, report) => all + report[key], 0);
  return {
    imported: total('added') + total('notReplayable'),
    replayable: total('added'),
    notReplayable: total('notReplayable'),
    reasons: added(reports.flatMap((report) => report.reasons)),
    duplicates: total('duplicates'),
    merged: total('merged'),
    earlierTurns: total('earlierTurns'),
    partial: reports.reduce((all, { partial }) => all + partial.captures, 0),
    ignored: added(reports.flatMap((report) => report.ignored)),
    redactions: redactionsIn(reports),
  };
};

const redactionsIn = (reports: readonly FileReport[]): RedactionCounts => {
  const tally = new RedactionTally();
  for (const { redactions } of reports) tally.add(redactions);
  return tally.counts();
};

const added = (reasons: readonly ReasonCount[]): readonly ReasonCount[] => {
  const sums = new Map<string, number>();
  for (const one of reasons) sums.set(one.reason, (sums.get(one.reason) ?? 0) + one.count);
  return Array.from(sums, ([reason, number]) => ({ reason, count: number })).sort(
    (a, b) => b.count - a.count,
  );
};

/** `imported 6 = 3 replayable + 3 not replayable`, and what is apart from that. */
export const sumText = (reports: readonly FileReport[]): string => {
  const { imported, replayable, notReplayable, duplicates, earlierTurns } = sum(reports);
  const apart = [
    ...(duplicates > 0 ? [`${count(duplicates)} already there, not counted`] : []),
    ...(earlierTurns > 0 ? [`${count(earlierTurns)} earlier turns left out`] : []),
  ];
  return `imported ${count(imported)} = ${count(replayable)} replayable + ${count(notReplayable)} not replayable${apart.map((text) => `; ${text}`).join('')}`;
};

const counted = (number: number, noun: string): string =>
  `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
