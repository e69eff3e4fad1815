import { countRecords } from '../store/captures/captures.ts';
import { discardRejected } from '../store/captures/rejected-records.ts';
import { dropEmptyComparison } from '../store/comparisons/comparisons.ts';
import type { Store } from '../store/open.ts';
import { harmless, harmlessLine } from '../text/harmless.ts';
import { count } from '../text/numbers.ts';
import { UserError } from '../text/user-error.ts';
import type { FileReport } from './import-tally.ts';
import { sum } from '../commands/texts/import-text.ts';

/**
 * Throws UserError, and takes the comparison away again, when it has no captures: what was imported, or
 * the store where no file was named, holds none that can be replayed.
 */
export const requireCaptures = async (
  store: Store,
  comparisonId: string,
  imported: {
    readonly files: number;
    readonly reports: readonly FileReport[];
    readonly at: string;
  },
): Promise<void> => {
  if (!(await dropEmptyComparison(store, comparisonId))) return;
  const { files, reports, at } = imported;
  const { notReplayable, reasons } = files === 0 ? await countRecords(store) : sum(reports);
  if (files > 0) await discardRejected(store, at);
  const why = reasons.slice(0, 3).map(({ reason }) => harmlessLine(reason));
  const what =
    notReplayable === 0
      ? ''
      : ` ${count(notReplayable)} ${notReplayable === 1 ? 'record is' : 'records are'} not replayable: ${why.join('; ')}.`;
  throw new UserError(
    files === 0
      ? `${harmless(store.file)} holds no captures that could be replayed.${what} Name a file of captured traffic.`
      : `There are no captures in ${files === 1 ? 'this file' : 'these files'} that could be replayed.${what} See understudy import --help for the formats.`,
  );
};
