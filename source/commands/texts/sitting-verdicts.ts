import { listMarks } from '../../store/comparisons/pair-marks.ts';
import type { Store } from '../../store/open.ts';
import type { ReviewEnd } from '../../review/screen/controller.ts';
import { jsonDocument } from '../../text/json-document.ts';

/**
 * Returns the verdicts of one sitting that still stand, a JSON object on each line, as `understudy verdicts`
 * reads them. They come by comparison, in the order in which they were given.
 */
export const sittingVerdicts = async (
  store: Store,
  comparisonIds: readonly string[],
  { given }: Pick<ReviewEnd, 'given'>,
  reviewer: string,
): Promise<string> => {
  const own = new Set(given.map(({ eventId }) => eventId));
  const lines: { readonly id: string; readonly line: string }[] = [];
  for (const comparison of comparisonIds) {
    const marks = await listMarks(store, comparison, reviewer);
    for (const [capture, { resolvers, reviewers }] of marks) {
      for (const { comment, tags, verdict } of [...reviewers, ...resolvers]) {
        if (verdict === null || !own.has(verdict.id)) continue;
        const line = {
          comparison,
          capture,
          reviewer,
          verdict: verdict.verdict,
          tags,
          comment: comment === '' ? null : comment,
          time: verdict.at,
        };
        lines.push({ id: verdict.id, line: jsonDocument(line, 'one line') });
      }
    }
  }
  return lines
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ line }) => line)
    .join('');
};
