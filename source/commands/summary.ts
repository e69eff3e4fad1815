import { readConfiguration } from '../configuration/read-configuration.ts';
import { parseFilter } from '../filter/parse-filter.ts';
import type { Filter } from '../filter/filter.ts';
import { costOfAnswer, loadPrices } from '../models/prices.ts';
import { findCandidates } from '../store/comparisons/comparisons.ts';
import { openToRead } from '../store/open.ts';
import { candidatesJson, summaryJson } from '../summary/summary-json.ts';
import type { Summary } from '../summary/gather-summary.ts';
import { count } from '../text/numbers.ts';
import { printableLine } from '../text/printable.ts';
import { cellWidth } from '../text/width.ts';
import { UserError } from '../text/user-error.ts';
import type { Command } from './flags/command-table.ts';
import { readFlags, storeFile } from './flags/read-flags.ts';
import { comparisonPrices } from '../money/prices-to-pay.ts';
import { reviewerName } from './reviewer-name.ts';
import { currentSummary, summariesText } from './texts/current-summary.ts';

/** Runs `understudy summary [COMPARISON]`: prints the numbers of a comparison. */
export const summary: Command<'summary'> = async (argv) => {
  const { given, input, flags } = readFlags('summary', argv);
  if (flags.json && given.has('format') && flags.format !== 'json') {
    throw new UserError(
      `--json and --format ${flags.format} contradict each other. Name one of them.`,
    );
  }
  const filter = flags.filter === undefined ? null : readFilter(flags.filter);
  const format = flags.json ? 'json' : flags.format;
  const { providers, prices: own } = await readConfiguration(flags.config, process.env);
  const store = await openToRead(storeFile(flags.db, process.env));
  try {
    const now = new Date();
    const comparisons = await findCandidates(store, input[0] ?? null, flags.candidate);
    const book = await loadPrices(own);
    const reviewer = flags.reviewer ?? null;
    const summaries: Summary[] = [];
    for (const comparison of comparisons) {
      const prices = comparisonPrices(book, comparison, now, providers);
      const { summary: found } = await currentSummary(store, comparison, prices, {
        reviewer,
        filter:
          filter === null
            ? null
            : {
                filter,
                me: reviewer ?? reviewerName(undefined),
                cost: (side, answer, batch) =>
                  costOfAnswer(
                    answer,
                    prices.priceAt(side, { at: null, model: answer.model }),
                    batch,
                  ),
              },
      });
      summaries.push(found);
    }
    if (reviewer !== null) requireReviewer(reviewer, summaries);
    process.stdout.write(format === 'json' ? documentOf(summaries) : summariesText(summaries));
    return 0;
  } finally {
    await store.close();
  }
};

/** Reads the filter. Throws UserError if it is wrong, and prints a mark below the place before. */
const readFilter = (text: string): Filter | null => {
  const parsed = parseFilter(text);
  if (parsed.kind === 'filter') return parsed.filter;
  if (parsed.kind === 'none') return null;
  const { at, message } = parsed.problem;
  const before = cellWidth(printableLine(text.slice(0, at)));
  process.stderr.write(`  ${printableLine(text)}\n  ${' '.repeat(before)}^\n`);
  throw new UserError(`The filter is wrong at the mark: ${message}.`);
};

/** Returns one document: a summary or, of several candidates, their summaries. */
const documentOf = (summaries: readonly Summary[]): string => {
  const [first, ...others] = summaries;
  return first === undefined || others.length > 0 ? candidatesJson(summaries) : summaryJson(first);
};

/** Throws UserError if nobody of this name has judged a pair of the comparisons. */
const requireReviewer = (reviewer: string, summaries: readonly Summary[]): void => {
  const names = [
    ...new Set(summaries.flatMap(({ reviewers }) => reviewers.map((one) => one.reviewer))),
  ];
  if (names.includes(reviewer)) return;
  const asked = JSON.stringify(printableLine(reviewer));
  const shown = names.slice(0, 10).map(printableLine).join(', ');
  const more = names.length > 10 ? ` and ${count(names.length - 10)} more` : '';
  throw new UserError(
    names.length === 0
      ? `There is no verdict of ${asked}, because nobody has judged a pair of this comparison. Leave out --reviewer.`
      : `There is no verdict of ${asked} in this comparison. There are verdicts of: ${shown}${more}.`,
  );
};
