import type { RecordCounts } from '../store/captures/captures.ts';
import { harmless } from '../text/harmless.ts';
import type { FileReport, ReasonCount } from '../traffic/import.ts';

/** The lines that say what an import did: one for each file, the sum, what the store holds now. */
export const importText = (
  reports: readonly FileReport[],
  storeName: string,
  held: RecordCounts,
): string => {
  const lines = [...reports.flatMap(fileLines), sumLine(reports)];
  lines.push(
    `${storeName} now holds ${counted(held.replayable, 'capture')} and ${number(held.notReplayable)} not replayable${listed(held.reasons)}.`,
  );
  return `${lines.join('\n')}\n`;
};

/** One line for each file, and one for each problem that is named. */
export const fileLines = (report: FileReport): readonly string[] => {
  const parts = [`${number(report.read)} read`, `${number(report.added)} added`];
  const push = (count: number, text: string): void => {
    if (count > 0) parts.push(`${number(count)} ${text}`);
  };
  push(report.merged, 'joined to captures');
  push(report.withoutAnswer, 'without an answer');
  push(report.duplicates, 'already there');
  push(report.notReplayable, `not replayable${listed(report.reasons)}`);
  const other = report.ignored.reduce((sum, { count }) => sum + count, 0);
  push(other, `no request to a model${listed(report.ignored)}`);
  push(report.invalidUtf8, 'with bytes that are not UTF-8, now �');
  const name = harmless(report.file);
  const lines = [`${name}: ${report.format}; ${parts.join(', ')}`];
  for (const { line, reason } of report.problems) {
    lines.push(`  ${name}:${line}: ${harmless(reason)}`);
  }
  const more = report.notReplayable - report.problems.length;
  if (more > 0) lines.push(`  and ${number(more)} more`);
  return lines;
};

/** The document of `--json`. */
export const importJson = (reports: readonly FileReport[], store: string, held: RecordCounts) => ({
  schema: 'understudy.import/1',
  ...sum(reports),
  files: reports,
  store: { file: store, ...held },
});

/** The records that are new, apart from those that the store had. */
export const sum = (reports: readonly FileReport[]) => {
  const total = (key: 'added' | 'notReplayable' | 'duplicates' | 'merged'): number =>
    reports.reduce((all, report) => all + report[key], 0);
  const reasons = new Map<string, number>();
  for (const { reason, count } of reports.flatMap((report) => report.reasons)) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  }
  return {
    imported: total('added') + total('notReplayable'),
    replayable: total('added'),
    notReplayable: total('notReplayable'),
    reasons: Array.from(reasons, ([reason, count]) => ({ reason, count })),
    duplicates: total('duplicates'),
    merged: total('merged'),
  };
};

const sumLine = (reports: readonly FileReport[]): string => {
  const { imported, replayable, notReplayable, reasons, duplicates } = sum(reports);
  const apart = duplicates > 0 ? `; ${number(duplicates)} already there, not counted` : '';
  return `imported ${number(imported)} = ${number(replayable)} replayable + ${number(notReplayable)} not replayable${listed(reasons)}${apart}`;
};

const listed = (reasons: readonly ReasonCount[]): string =>
  reasons.length === 0
    ? ''
    : ` (${reasons.map(({ reason, count }) => `${harmless(reason)}: ${number(count)}`).join('; ')})`;

const counted = (count: number, noun: string): string =>
  `${number(count)} ${noun}${count === 1 ? '' : 's'}`;

const number = (count: number): string => count.toLocaleString('en-US');
