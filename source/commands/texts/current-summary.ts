import { demoNote } from '../../demo/simulation-notes.ts';
import type { ComparisonPrices } from '../../money/prices-to-pay.ts';
import type { ComparisonRecord } from '../../store/comparisons/comparisons.ts';
import type { Store } from '../../store/open.ts';
import { candidatesText } from '../../summary/candidates-text.ts';
import { gatherSummary, type Summary, type SummaryFilter } from '../../summary/gather-summary.ts';
import type { SliceDimension } from '../../summary/slice-dimensions.ts';
import { summaryText } from '../../summary/summary-text.ts';

/** Returns the current summary of a comparison, and its text for a terminal. */
export const currentSummary = async (
  store: Store,
  comparison: ComparisonRecord,
  prices: ComparisonPrices,
  options: {
    /** Whose verdicts count; null for everybody's, which is the default. */
    readonly reviewer?: string | null;
    /** The pairs that are also counted apart; none by default. */
    readonly filter?: SummaryFilter | null;
    /** A rate that overall is to reach, as a fraction of 1; none by default. */
    readonly target?: number | null;
    /** The requests of a month of this traffic; by default their captured rate. */
    readonly monthlyRequests?: number | null;
    /** The property by which the pairs are counted apart; none by default. */
    readonly by?: SliceDimension | null;
  } = {},
): Promise<{ readonly summary: Summary; readonly text: string }> => {
  const summary = await gatherSummary(store, comparison, {
    ...prices,
    at: new Date().toISOString(),
    reviewer: options.reviewer ?? null,
    filter: options.filter ?? null,
    target: options.target ?? null,
    by: options.by ?? null,
    monthlyRequests: options.monthlyRequests ?? null,
  });
  return { summary, text: summariesText([summary]) };
};

/**
 * Returns the text of a summary or, of several candidates, their figures side by side. `columns`: where texts
 * are wrapped, by default after 80.
 */
export const summariesText = (summaries: readonly Summary[], columns?: number): string => {
  const [first, ...others] = summaries;
  if (first === undefined) return '';
  const note = demoNote(first.comparison);
  const text =
    others.length === 0 ? summaryText(first, columns) : candidatesText(summaries, columns);
  return `${text}${note === null ? '' : `\n${note}\n`}`;
};
