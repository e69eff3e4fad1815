import { openInput } from '../intake/inspect-files.ts';
import { takeVerdicts, type VerdictReport, type WrongVerdicts } from '../intake/take-verdicts.ts';
import { findComparison, type ComparisonRecord } from '../store/comparisons/comparisons.ts';
import { openStore } from '../store/open.ts';
import { jsonDocument } from '../text/json-document.ts';
import { count } from '../text/numbers.ts';
import { printable, printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import { wrapped } from '../text/wrap.ts';
import { findLayout } from '../traffic/reading/layout.ts';
import { readChunks } from '../traffic/reading/read-chunks.ts';
import { readLines } from '../traffic/reading/read-lines.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { reviewerName } from './reviewer-name.ts';

/** Runs `understudy verdicts FILE`: takes in verdicts that were given elsewhere. */
export const importVerdicts: Command<'verdicts'> = async (argv) => {
  const { flags, input } = readFlags('verdicts', argv);
  const [file = ''] = input;
  const { found, name, path } = await openInput(file);
  if (!found.isFile()) throw new UserError(`${printable(name)} is not a file of verdicts.`);
  await requireUtf8(path, name);
  const layout = await findLayout(path, name);
  const store = await openStore(storeFile(flags.db, process.env), { mustExist: true });
  try {
    const comparison = await findComparison(store, flags.comparison ?? null);
    const report = await takeVerdicts(
      store,
      comparison,
      { path, name, layout },
      {
        reviewer: flags.reviewer === undefined ? null : reviewerName(flags.reviewer),
        nowMs: Date.now(),
      },
    );
    if (report.read === 0) {
      throw new UserError(
        `${printable(name)} holds no verdicts: it has neither JSON objects nor rows of CSV with a header. A line is {"capture": "…", "reviewer": "…", "verdict": "agree"}.`,
      );
    }
    const { id } = comparison;
    process.stdout.write(
      flags.json
        ? jsonDocument(
            {
              schema: 'understudy.verdicts/1',
              file: name,
              comparison: { id, name: comparison.name },
              ...report,
            },
            'one line',
          )
        : reportText(report, name, comparison),
    );
    return report.wrong.length === 0 ? 0 : 2;
  } finally {
    await store.close();
  }
};

/** Throws UserError if a file is in another encoding, in which names and comments would be other ones. */
const requireUtf8 = async (path: string, name: string): Promise<void> => {
  for await (const lines of readLines(readChunks(path))) {
    const wrong = lines.find((line) => line.kind === 'line' && !line.validUtf8);
    if (wrong === undefined) continue;
    throw new UserError(
      `${printable(name)} is not text in UTF-8 (line ${wrong.line}). No verdict was stored. Save it as UTF-8 and run the command again.`,
    );
  }
};

const reportText = (
  report: VerdictReport,
  file: string,
  { id, name }: ComparisonRecord,
): string => {
  const { ahead, alreadyThere, read, reviewers, stored, withoutVerdict, wrong } = report;
  const width = count(read).length;
  // What became of the verdicts: the parts of `read`.
  const row = (number: number, words: string): readonly string[] =>
    number === 0 ? [] : [`    ${count(number).padStart(width)} ${words}`];
  return [
    ...wrapped(`${printableLine(file)}, for the comparison ${printableLine(name)} (${id})`, ''),
    `  ${count(read)} ${readText(read, withoutVerdict)}`,
    ...row(stored, reviewers.length === 0 ? 'stored' : `stored, of ${named(reviewers)}`),
    ...row(alreadyThere, 'already there'),
    ...row(withoutVerdict, `${withoutVerdict === 1 ? 'pair' : 'pairs'} without a verdict`),
    ...wrong.flatMap((one) => row(one.count, `not used: ${wrongText(one)}`)),
    ...(ahead === 0
      ? []
      : wrapped(
          `${ahead === stored ? 'They count' : `${count(ahead)} of them count`} as given ahead of the random order: a verdict is in the rates once the order has come to its pair.`,
          '',
        )),
    '',
  ].join('\n');
};

/** Pairs of an export that nobody has judged are read, too, and are no verdicts. */
const readText = (read: number, withoutVerdict: number): string => {
  if (withoutVerdict > 0) return 'verdicts and pairs without one read';
  return `${read === 1 ? 'verdict' : 'verdicts'} read`;
};

const named = (reviewers: readonly string[]): string => {
  const shown = reviewers.slice(0, 5).map(printableLine).join(', ');
  return reviewers.length > 5 ? `${shown} and ${count(reviewers.length - 5)} more` : shown;
};

const wrongText = ({ count: number, lines, reason }: WrongVerdicts): string => {
  const shown = lines.map(({ line, value }) =>
    value === null ? `${line}` : `${line} (${JSON.stringify(printableLine(value.slice(0, 40)))})`,
  );
  const more = number > lines.length ? ', …' : '';
  return `${reason}, ${number === 1 ? 'line' : 'lines'} ${shown.join(', ')}${more}`;
};
