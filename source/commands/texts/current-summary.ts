import { demoNote } from '../../demo/simulation-notes.ts';
import type { ComparisonPrices } from '../../money/prices-to-pay.ts';
import type { ComparisonRecord } from '../../store/comparisons/comparisons.ts';
import type { Store } from '../../store/open.ts';
import { gatherSummary, type Summary, type SummaryFilter } from '../../summary/gather-summary.ts';
import { summaryText } from '../../summary/summary-text.ts';

/**
 * The current summary of a comparison, and its text for a terminal. `reviewer`: whose verdicts count; by
 * default everybody's.
 */
export const currentSummary = async (
  store: Store,
  comparison: ComparisonRecord,
  prices: ComparisonPrices,
  reviewer: string | null = null,
  filter: SummaryFilter | null = null,
): Promise<{ readonly summary: Summary; readonly text: string }> => {
  const summary = await gatherSummary(store, comparison, {
    ...prices,
    at: new Date().toISOString(),
    reviewer,
    filter,
  });
  const note = demoNote(comparison);
  return { summary, text: `${summaryText(summary)}${note === null ? '' : `\n${note}\n`}` };
};
