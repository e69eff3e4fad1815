import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { readConfiguration } from '../configuration/read-configuration.ts';
import { csvRows } from '../export/csv-rows.ts';
import type { ExportFormat } from '../export/export-format.ts';
import { jsonLines } from '../export/export-format.ts';
import { exportPairs, type ExportCounts } from '../export/export-pairs.ts';
import { llmComparator } from '../export/llm-comparator.ts';
import { mtBenchVotes } from '../export/mt-bench-votes.ts';
import { preferencePairs } from '../export/preference-pairs.ts';
import { promptfooTests } from '../export/promptfoo-tests.ts';
import { costOfAnswer, loadPrices } from '../models/prices.ts';
import { comparisonPrices } from '../money/prices-to-pay.ts';
import { findComparison } from '../store/comparisons/comparisons.ts';
import { listReviewers } from '../store/verdicts.ts';
import { openToRead, type Store } from '../store/open.ts';
import { Interrupted } from '../text/interrupted.ts';
import { entryOf } from '../text/json.ts';
import { count } from '../text/numbers.ts';
import { printable, printableLine } from '../text/printable.ts';
import { UserError } from '../text/user-error.ts';
import type { Command } from './flags/command-table.ts';
import { readFilterFlag } from './flags/filter-flag.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { reviewerName } from './reviewer-name.ts';
import { catchInterrupt } from './terminal/signals.ts';

const formats = {
  jsonl: jsonLines((pair) => pair),
  csv: csvRows,
  dpo: preferencePairs,
  'llm-comparator': llmComparator,
  promptfoo: promptfooTests,
  'mt-bench': mtBenchVotes,
} as const satisfies Readonly<Record<string, ExportFormat>>;

/** Runs `understudy export [COMPARISON]`: writes pairs and verdicts for other tools. */
export const exportComparison: Command<'export'> = async (argv) => {
  const { flags, input } = readFlags('export', argv);
  const filter = readFilterFlag(flags.filter);
  const { prices: own, providers } = await readConfiguration(flags.config, process.env);
  const store = await openToRead(storeFile(flags.db, process.env));
  try {
    const comparison = await findComparison(store, input[0] ?? null);
    const reviewer = flags.reviewer ?? null;
    if (reviewer !== null) await requireReviewer(store, comparison.id, reviewer);
    const book = await loadPrices(own);
    const prices = comparisonPrices(book, comparison, new Date(), providers);
    const counts = await writeTo(flags.output, (write) =>
      exportPairs(
        store,
        comparison,
        {
          format: formats[flags.format],
          filter,
          me: reviewer ?? reviewerName(undefined),
          reviewer,
          cost: (side, answer, batch) =>
            costOfAnswer(answer, prices.priceAt(side, { at: null, model: answer.model }), batch),
          costAtCall: (side, { answer, at, batch, recorded }, capture) => {
            const call = { at: recorded ? capture.timestamp : at, model: answer.model };
            return costOfAnswer(answer, prices.priceAt(side, call), batch);
          },
        },
        write,
      ),
    );
    process.stderr.write(countsText(counts, flags.output));
    return 0;
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    throw error;
  } finally {
    await store.close();
  }
};

/** Throws UserError if a reviewer has done nothing in a comparison. */
const requireReviewer = async (
  store: Store,
  comparisonId: string,
  reviewer: string,
): Promise<void> => {
  const names = await listReviewers(store, comparisonId);
  if (names.includes(reviewer)) return;
  const shown = names.slice(0, 10).map(printableLine).join(', ');
  throw new UserError(
    `There is no verdict of ${JSON.stringify(printableLine(reviewer))} in this comparison. ${
      names.length === 0 ? 'Leave out --reviewer.' : `There are verdicts of: ${shown}.`
    }`,
  );
};

type Write = (text: string) => Promise<void>;

/**
 * Gives `work` what writes to a new file or, without one, to standard output. A file that could not be
 * written whole is removed.
 */
const writeTo = async <Result>(
  file: string | undefined,
  work: (write: Write) => Promise<Result>,
): Promise<Result> => (file === undefined ? writeOut(work) : writeFile(file, work));

/** Nobody reads the rest of standard output. */
class OutputClosed extends Error {}

const writeOut = async <Result>(work: (write: Write) => Promise<Result>): Promise<Result> => {
  const closed = new AbortController();
  process.stdout.once('error', () => closed.abort());
  return work(async (text) => {
    if (closed.signal.aborted) throw new OutputClosed();
    // A terminal would obey controls, which CSV cannot escape.
    const shown = process.stdout.isTTY ? printable(text.replaceAll('\r\n', '\n')) : text;
    if (process.stdout.write(shown)) return;
    await once(process.stdout, 'drain').catch(() => {
      throw new OutputClosed();
    });
  });
};

const writeFile = async <Result>(
  file: string,
  work: (write: Write) => Promise<Result>,
): Promise<Result> => {
  const interrupt = catchInterrupt();
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
    throw cannotWrite(file, error);
  });
  let isWhole = false;
  try {
    const result = await work(async (text) => {
      if (interrupt.signal.aborted) throw new Interrupted('Stopped. Nothing was exported.');
      try {
        await handle.appendFile(text);
      } catch (error) {
        throw cannotWrite(file, error);
      }
    });
    isWhole = true;
    return result;
  } finally {
    await handle.close();
    if (!isWhole) await rm(file, { force: true });
    interrupt.release();
  }
};

const cannotWrite = (file: string, error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const name = printable(file);
  const reasons: Readonly<Record<string, string>> = {
    EEXIST: `${name} exists and is not replaced. Name another file, or remove it.`,
    ENOENT: `${name} cannot be written: there is no such directory.`,
    ENOTDIR: `${name} cannot be written: there is no such directory.`,
    EACCES: `${name} cannot be written: no permission.`,
    EISDIR: `${name} is a directory. Name a file.`,
    EROFS: `${name} cannot be written: the disk is read-only.`,
    ENOSPC: `${name} cannot be written: the disk is full.`,
  };
  const reason = entryOf(reasons, code);
  return reason === undefined ? error : new UserError(reason, { cause: error });
};

const countsText = ({ leftOut, pairs }: ExportCounts, file: string | undefined): string => {
  const where = file === undefined ? '' : ` to ${printableLine(file)}`;
  const others = leftOut.reduce((sum, one) => sum + one.pairs, 0);
  const reasons = leftOut.map((one) => `${count(one.pairs)} ${one.reason}`).join(', ');
  return `Exported ${count(pairs)} ${pairs === 1 ? 'pair' : 'pairs'}${where}.${
    others === 0 ? '' : ` Left out ${count(others)}: ${reasons}.`
  }\n`;
};
