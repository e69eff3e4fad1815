import { noMarks, type Entry } from '../session/entry.ts';
import type { ReviewServices } from './services.ts';

/** The pairs as the store lists them now, without what reviewers said of them. */
export const listEntries = async ({
  listPairs,
}: Pick<ReviewServices, 'listPairs'>): Promise<readonly Entry[]> =>
  (await listPairs()).map(({ baseline, candidate, captureId, endpoint, outcome }) => ({
    ...noMarks,
    captureId,
    endpoint,
    status: { baseline, candidate },
    outcome,
  }));

/** The captures whose answers are not what they were before, or were not there. */
export const changedCaptures = (
  before: readonly Entry[],
  now: readonly Entry[],
): readonly string[] => {
  const known = new Map(before.map((entry) => [entry.captureId, entry]));
  return now
    .filter(({ captureId, status, outcome }) => {
      const was = known.get(captureId);
      return (
        was?.outcome !== outcome ||
        was.status.baseline !== status.baseline ||
        was.status.candidate !== status.candidate
      );
    })
    .map(({ captureId }) => captureId);
};
