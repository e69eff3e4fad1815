import type { VerdictEvent } from '../../store/verdicts.ts';
import { blindRank } from '../session/blind.ts';
import { joinQueues } from '../session/candidates.ts';
import type { Controls } from '../session/controls.ts';
import { isConflict, opinionsIn, type Opinion, type UnmarkedEntry } from '../session/entry.ts';
import { ofPair, pairId, type PairKey, type PairMap } from '../session/pair-key.ts';
import type { ComparisonServices, ReviewServices } from './services.ts';

type Listed = {
  readonly entries: readonly UnmarkedEntry[];
  readonly others: PairMap<readonly Opinion[]>;
};

/** Lists the pairs of the review in their order, and what other reviewers say of them. */
export const listEntries = async ({
  blind,
  comparisons,
  queuePosition,
  repeats,
  reviewer,
}: ReviewServices): Promise<Listed & { readonly controls: Controls | null }> => {
  const lists: Listed[] = [];
  for (const comparison of comparisons) lists.push(await listComparison(comparison));
  const queues = lists.map(({ entries }) => entries);
  return {
    entries: joinQueues(queues, {
      position: queuePosition,
      rank: blind ? blindRank(reviewer) : null,
    }),
    others: new Map(lists.flatMap(({ others }) => [...others])),
    controls: repeats === null ? null : { share: repeats, noise: await comparisons[0].listNoise() },
  };
};

const listComparison = async (services: ComparisonServices): Promise<Listed> => {
  const { id: comparisonId } = services;
  const rows = await services.listPairs();
  const elsewhere = await services.listElsewhere();
  const others = opinionsIn(await services.listOthers());
  const entries = rows.map(
    ({ captureId, endpoint, outcome, withheld, ...states }): UnmarkedEntry => ({
      comparisonId,
      captureId,
      endpoint,
      status: {
        baseline: withheld.includes('baseline') ? 'withheld' : states.baseline,
        candidate: withheld.includes('candidate') ? 'withheld' : states.candidate,
      },
      outcome,
      elsewhere: elsewhere.has(captureId),
    }),
  );
  if (services.conflicts === null) return { entries, others };
  const resolved = await services.conflicts.listResolved();
  const isUnresolved = (entry: UnmarkedEntry): boolean =>
    !resolved.has(entry.captureId) && isConflict(ofPair(others, entry) ?? []);
  return { entries: entries.filter(isUnresolved), others };
};

/** Lists this reviewer's events in all comparisons, in their order. */
export const listAllEvents = async (
  comparisons: ReviewServices['comparisons'],
): Promise<readonly VerdictEvent[]> => {
  const lists: (readonly VerdictEvent[])[] = [];
  for (const services of comparisons) lists.push(await services.listEvents());
  const [first = [], ...others] = lists;
  if (others.length === 0) return first;
  return lists.flat().toSorted((a, b) => (a.id < b.id ? -1 : 1));
};

/** Returns the pairs whose answers or outcome are new or have changed. */
export const changedPairs = (
  before: readonly UnmarkedEntry[],
  now: readonly UnmarkedEntry[],
): readonly PairKey[] => {
  const known = new Map(before.map((entry) => [pairId(entry), entry]));
  return now.filter((entry) => {
    const earlier = known.get(pairId(entry));
    return (
      earlier?.outcome !== entry.outcome ||
      earlier.status.baseline !== entry.status.baseline ||
      earlier.status.candidate !== entry.status.candidate
    );
  });
};
