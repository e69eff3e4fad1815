import { setImmediate } from 'node:timers/promises';
import type { Side } from '../../comparison/outcome.ts';
import type { VerdictEvent } from '../../store/verdicts.ts';
import { blindRank } from '../session/blind.ts';
import { joinQueues } from '../session/candidates.ts';
import {
  isConflict,
  opinionsIn,
  withJudgements,
  type Entry,
  type Opinion,
  type SideStatus,
  type UnmarkedEntry,
} from '../session/entry.ts';
import { upcomingPairs } from '../session/next-pair.ts';
import { ofPair } from '../session/pair-key.ts';
import { PairCollector, PairList } from '../session/pair-list.ts';
import type { Session } from '../session/session.ts';
import type { ComparisonServices, ReviewServices } from './services.ts';
import type { Action } from '../session/step.ts';
import type { ReviewedComparisons } from './reviewed-comparisons.ts';

/** The pairs of a review without its marks, and what other reviewers say of them. */
type ReadQueue = {
  readonly entries: PairList;
  /** Whether these are only the first pairs of the queue. */
  readonly isBeginning: boolean;
  readonly others: Session['others'];
  /** How the review measures itself. */
  readonly controls: Session['controls'];
};

/** The sources of a queue. `replay` is null unless a replay is running. */
type QueueSources = Pick<ReviewServices, 'blind' | 'queuePosition' | 'repeats' | 'reviewer'> & {
  readonly comparisons: readonly [ComparisonSources, ...ComparisonSources[]];
  readonly replay: unknown;
};

type ComparisonSources = Pick<
  ComparisonServices,
  | 'id'
  | 'listPairs'
  | 'queueFacts'
  | 'listOthers'
  | 'listJudgements'
  | 'listElsewhere'
  | 'listInFlight'
  | 'listNoise'
  | 'conflicts'
>;

/** The pairs of a page: a few milliseconds. The first screen waits for the first page, which is smaller. */
const pageSize = 500;
const firstPageSize = 100;

/** The beginning of a queue has this many pairs to judge, unless it reaches the greatest length. */
const pairsToJudge = 50;
const longestBeginning = 5_000;

/**
 * Reads the pairs of a review, or only the first of many: enough to judge while the rest is being read. A
 * review of several candidates is read whole. `standing`: the reviewer's events, which tell how far the
 * review is.
 */
export const readBeginning = async (
  sources: QueueSources,
  standing: readonly VerdictEvent[],
): Promise<ReadQueue> => {
  const { comparisons, repeats: share, replay } = sources;
  const [only, ...more] = comparisons;
  if (more.length > 0) return readSeveral(sources);
  if (only.conflicts !== null) {
    const { entries, others } = await readConflicts(only);
    return { entries: PairList.of(entries), isBeginning: false, others, controls: null };
  }
  const others = await opinionsOf(only);
  const controls = share === null ? null : { share, noise: await only.listNoise() };
  const entries: UnmarkedEntry[] = [];
  for await (const page of pagesOf(only)) {
    entries.push(...page.entries);
    // Which control pair comes next depends on all pairs.
    if (page.isLast || controls !== null) continue;
    const read = PairList.of(entries);
    const waiting = upcomingPairs(read.withMarks(standing), replay !== null, pairsToJudge);
    if (waiting.length === pairsToJudge || entries.length >= longestBeginning) {
      return { entries: read, isBeginning: true, others, controls };
    }
  }
  return { entries: PairList.of(entries), isBeginning: false, others, controls };
};

/**
 * Reads all pairs of a review. Keys and frames have their turn in between. Resolves to null if `isOver`
 * meanwhile.
 */
export const readQueue = async (
  sources: QueueSources,
  standing: readonly VerdictEvent[],
  isOver: () => boolean,
): Promise<ReadQueue | null> => {
  const beginning = await readBeginning(sources, standing);
  if (!beginning.isBeginning) return beginning;
  const [only] = sources.comparisons;
  const collector = new PairCollector(only.id);
  for await (const facts of only.queueFacts()) {
    collector.addFacts(facts);
    await setImmediate();
    if (isOver()) return null;
  }
  collector.leave(await only.listElsewhere());
  collector.send(await only.listInFlight());
  const { controls, others } = beginning;
  return { entries: collector.list(), isBeginning: false, others, controls };
};

/** Reads the queues of several candidates as one. */
const readSeveral = async ({
  blind,
  comparisons,
  queuePosition,
  reviewer,
}: QueueSources): Promise<ReadQueue> => {
  const queues: (readonly UnmarkedEntry[])[] = [];
  const others = new Map<string, ReadonlyMap<string, readonly Opinion[]>>();
  for (const comparison of comparisons) {
    const read =
      comparison.conflicts === null ? await readWhole(comparison) : await readConflicts(comparison);
    queues.push(read.entries);
    for (const [id, opinions] of read.others) others.set(id, opinions);
  }
  const rank = blind ? blindRank(reviewer) : null;
  const entries = PairList.of(joinQueues(queues, { position: queuePosition, rank }));
  return { entries, isBeginning: false, others, controls: null };
};

/** What others and judges say, which is shown after this reviewer's verdict. */
const opinionsOf = async (comparison: ComparisonSources): Promise<Session['others']> =>
  withJudgements(
    opinionsIn(await comparison.listOthers()),
    comparison.id,
    await comparison.listJudgements(),
  );

type ReadComparison = {
  readonly entries: readonly UnmarkedEntry[];
  readonly others: Session['others'];
};

const readWhole = async (comparison: ComparisonSources): Promise<ReadComparison> => {
  const others = await opinionsOf(comparison);
  const entries: UnmarkedEntry[] = [];
  for await (const page of pagesOf(comparison)) {
    entries.push(...page.entries);
    await setImmediate();
  }
  return { entries, others };
};

/** Reads the pairs whose conflict nobody has resolved. */
const readConflicts = async (comparison: ComparisonSources): Promise<ReadComparison> => {
  const { id: comparisonId } = comparison;
  const others = opinionsIn(await comparison.listOthers());
  const resolved = (await comparison.conflicts?.listResolved()) ?? new Set();
  const isOpen = (captureId: string): boolean =>
    !resolved.has(captureId) && isConflict(ofPair(others, { comparisonId, captureId }) ?? []);
  const captureIds = [...(others.get(comparisonId)?.keys() ?? [])].filter(isOpen);
  const { entries } = await listPart(
    comparison,
    { elsewhere: new Set(), inFlight: new Set() },
    { captureIds },
  );
  return { entries, others };
};

/** Yields the pairs of a comparison in pages, in their order. */
async function* pagesOf(comparison: ComparisonSources): AsyncGenerator<{
  readonly entries: readonly UnmarkedEntry[];
  readonly isLast: boolean;
}> {
  const elsewhere = await comparison.listElsewhere();
  const inFlight = new Set((await comparison.listInFlight()).map(sideKey));
  let limit = firstPageSize;
  for (let after: string | undefined = ''; after !== undefined;) {
    const part: Awaited<ReturnType<typeof listPart>> = await listPart(
      comparison,
      { elsewhere, inFlight },
      { after, limit },
    );
    const isLast = part.entries.length < limit;
    limit = pageSize;
    yield { entries: part.entries, isLast };
    after = isLast ? undefined : part.last;
  }
}

const listPart = async (
  { id: comparisonId, listPairs }: ComparisonSources,
  { elsewhere, inFlight }: Record<'elsewhere' | 'inFlight', ReadonlySet<string>>,
  part: Parameters<ComparisonServices['listPairs']>[0],
): Promise<{ readonly entries: readonly UnmarkedEntry[]; readonly last: string | undefined }> => {
  const rows = await listPairs(part);
  const statusOf = (row: (typeof rows)[number], side: Side): SideStatus => {
    if (row[side] !== 'answered' && inFlight.has(sideKey({ ...row, side }))) return 'sent';
    return row.withheld.includes(side) ? 'withheld' : row[side];
  };
  const entries = rows.map((row): UnmarkedEntry => {
    const { byRule, captureId, endpoint, outcome } = row;
    const status = { baseline: statusOf(row, 'baseline'), candidate: statusOf(row, 'candidate') };
    const isIn = (one: SideStatus): boolean => status.baseline === one || status.candidate === one;
    return {
      comparisonId,
      captureId,
      endpoint,
      status,
      // A failed side that is being sent again has no outcome yet, unless the other one failed, too.
      outcome: isIn('failed') ? 'failed' : isIn('sent') ? null : outcome,
      byRule,
      elsewhere: elsewhere.has(captureId),
    };
  });
  return { entries, last: rows.at(-1)?.position };
};

/** A text that names a side of a pair. */
const sideKey = ({ captureId, side }: { readonly captureId: string; readonly side: Side }) =>
  `${side} ${captureId}`;

/** Lists this reviewer's events in all comparisons, in their order. */
export const listOwnEvents = async (
  comparisons: readonly Pick<ComparisonServices, 'listEvents'>[],
): Promise<readonly VerdictEvent[]> => {
  const lists: (readonly VerdictEvent[])[] = [];
  for (const services of comparisons) lists.push(await services.listEvents());
  const [first = [], ...others] = lists;
  if (others.length === 0) return first;
  return lists.flat().toSorted((a, b) => (a.id < b.id ? -1 : 1));
};

/** The parts of a review that its queue is read for. */
type QueueScreen = {
  readonly services: QueueSources & {
    readonly comparisons: readonly Pick<ComparisonServices, 'listEvents'>[];
    readonly rules: Pick<ReviewServices['rules'], 'inForce'>;
  };
  readonly comparisons: Pick<ReviewedComparisons, 'forget' | 'forgetAll' | 'loaded'>;
  readonly session: () => Session;
  readonly step: (action: Action) => void;
  /** Called with the pairs and the marks that the review began with, once all pairs are read. */
  readonly onRest: (entries: PairList) => void;
  readonly isClosed: () => boolean;
  readonly fail: (error: unknown) => void;
};

/** Reads the queue again while a review runs, without losing the news that arrive meanwhile. */
export class QueueUpdates {
  readonly #screen: QueueScreen;
  /** The news since each reading of the queue began, which what it read may not contain. */
  readonly #newsSince = new Set<Action[]>();
  /** The reading of the pairs after those that the review began with. */
  #rest: Promise<void> | null = null;
  /** The rules in force when the outcomes were read last. */
  #rules = '';

  constructor(screen: QueueScreen) {
    this.#screen = screen;
  }

  /** Takes note of what the session was told, for readings that have begun. */
  note(action: Action): void {
    if (action.kind !== 'side' && action.kind !== 'outcome') return;
    for (const news of this.#newsSince) news.push(action);
  }

  /** Reads the pairs after those that the review began with. Further calls do nothing. */
  readRest(): void {
    this.#rest ??= this.#readRest();
  }

  async #readRest(): Promise<void> {
    const { fail, onRest, session } = this.#screen;
    try {
      const { standing } = session();
      if (await this.read('pairs')) onRest(session().entries.withMarks(standing));
    } catch (error) {
      fail(error);
    }
  }

  /** Resolves once the pairs are read that `readRest` has begun to read. */
  async restIsRead(): Promise<void> {
    await this.#rest;
  }

  /**
   * Reads all pairs, and this reviewer's events if they may have changed. False: the review is over, or a
   * verdict was being saved, so that the events may not contain it.
   */
  async read(what: 'pairs' | 'pairs and events'): Promise<boolean> {
    const { comparisons, isClosed, services, session, step } = this.#screen;
    const news: Action[] = [];
    this.#newsSince.add(news);
    try {
      const queue = await readQueue(services, session().standing, isClosed);
      const { standing } = session();
      const events = what === 'pairs' ? null : await listOwnEvents(services.comparisons);
      const rules = events === null ? this.#rules : await services.rules.inForce();
      if (queue === null || isClosed()) return false;
      const { pending, standing: standingNow } = session();
      if (events !== null && (pending !== null || standingNow !== standing)) return false;
      const { controls, entries, others } = queue;
      if (rules !== this.#rules) comparisons.forgetAll();
      this.#rules = rules;
      for (const pair of comparisons.loaded()) {
        const before = session().entries.find(pair);
        if (hasChanged(before, entries.find(pair))) comparisons.forget(pair);
      }
      step({ kind: 'entries', entries, events, others, controls });
      // A step is news for every reading that goes on, which this one does not any more.
      this.#newsSince.delete(news);
      for (const action of news) step(action);
      return true;
    } finally {
      this.#newsSince.delete(news);
    }
  }
}

/** Whether the answers or the outcome of a pair are not those that they were. */
const hasChanged = (before: Entry | undefined, now: Entry | undefined): boolean =>
  before?.outcome !== now?.outcome ||
  (before?.byRule ?? false) !== (now?.byRule ?? false) ||
  before?.status.baseline !== now?.status.baseline ||
  before?.status.candidate !== now?.status.candidate;
