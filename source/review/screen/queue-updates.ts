import type { Entry } from '../session/entry.ts';
import type { PairList } from '../session/pair-list.ts';
import type { Session } from '../session/session.ts';
import type { Action } from '../session/step.ts';
import { listOwnEvents, readQueue } from './queue-reader.ts';
import type { ReviewedComparisons } from './reviewed-comparisons.ts';
import type { ReviewServices } from './services.ts';

/** The parts of a review that its queue is read for. */
type QueueScreen = {
  readonly services: ReviewServices;
  readonly comparisons: ReviewedComparisons;
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
