import { setImmediate } from 'node:timers/promises';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { isConflict, opinionsIn, type UnmarkedEntry } from '../session/entry.ts';
import { upcomingPairs } from '../session/next-pair.ts';
import { PairCollector, PairList } from '../session/pair-list.ts';
import type { Session } from '../session/session.ts';
import type { ReviewServices } from './services.ts';

/** The pairs of a review without its marks, and what other reviewers say of them. */
export type ReadQueue = {
  readonly entries: PairList;
  /** Whether these are only the first pairs of the queue. */
  readonly isBeginning: boolean;
  readonly others: Session['others'];
  /** How the review measures itself. */
  readonly controls: Session['controls'];
};

/** What a queue is read with. `replay` is null unless a replay is running. */
type QueueSources = Pick<
  ReviewServices,
  | 'listPairs'
  | 'queueFacts'
  | 'listOthers'
  | 'listElsewhere'
  | 'listNoise'
  | 'conflicts'
  | 'repeats'
> & { readonly replay: unknown };

/** The pairs of a page: a few milliseconds. */
const pageSize = 500;

/** The beginning of a queue has this many pairs to judge, unless it reaches the greatest length. */
const pairsToJudge = 50;
const longestBeginning = 5_000;

/**
 * Reads the pairs of a review, or only the first of many: enough to judge while the rest is being read.
 * `standing`: the reviewer's events, which tell how far the review is.
 */
export const readBeginning = async (
  services: QueueSources,
  standing: readonly VerdictEvent[],
): Promise<ReadQueue> => {
  const elsewhere = await services.listElsewhere();
  const others = opinionsIn(await services.listOthers());
  const list = async (part: Parameters<ReviewServices['listPairs']>[0]) => {
    const rows = await services.listPairs(part);
    const entries = rows.map(
      ({ byRule, captureId, endpoint, outcome, withheld, ...states }): UnmarkedEntry => ({
        captureId,
        endpoint,
        status: {
          baseline: withheld.includes('baseline') ? 'withheld' : states.baseline,
          candidate: withheld.includes('candidate') ? 'withheld' : states.candidate,
        },
        outcome,
        byRule,
        elsewhere: elsewhere.has(captureId),
      }),
    );
    return { entries, last: rows.at(-1)?.position };
  };
  if (services.conflicts !== null) {
    const resolved = await services.conflicts.listResolved();
    const isOpen = (captureId: string): boolean =>
      !resolved.has(captureId) && isConflict(others.get(captureId) ?? []);
    const { entries } = await list({ captureIds: [...others.keys()].filter(isOpen) });
    return { entries: PairList.of(entries), isBeginning: false, others, controls: null };
  }
  const share = services.repeats;
  const controls = share === null ? null : { share, noise: await services.listNoise() };
  const entries: UnmarkedEntry[] = [];
  for (let after = ''; ;) {
    const page: Awaited<ReturnType<typeof list>> = await list({ after, limit: pageSize });
    entries.push(...page.entries);
    const isBeginning = page.entries.length === pageSize;
    after = page.last ?? '';
    const read = PairList.of(entries);
    const waiting = upcomingPairs(read.withMarks(standing), services.replay !== null, pairsToJudge);
    // Which control pair comes next depends on all pairs.
    const isEnough =
      controls === null && (waiting.length === pairsToJudge || entries.length >= longestBeginning);
    if (!isBeginning || isEnough) return { entries: read, isBeginning, others, controls };
  }
};

/**
 * Reads all pairs of a review. Keys and frames have their turn in between. Resolves to null if `isOver`
 * meanwhile.
 */
export const readQueue = async (
  services: QueueSources,
  standing: readonly VerdictEvent[],
  isOver: () => boolean,
): Promise<ReadQueue | null> => {
  const beginning = await readBeginning(services, standing);
  if (!beginning.isBeginning) return beginning;
  const collector = new PairCollector();
  for await (const facts of services.queueFacts()) {
    collector.addFacts(facts);
    await setImmediate();
    if (isOver()) return null;
  }
  collector.leave(await services.listElsewhere());
  const { controls, others } = beginning;
  return { entries: collector.list(), isBeginning: false, others, controls };
};
