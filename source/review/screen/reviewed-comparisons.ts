import type { ReplayEvent } from '../../replay/replay-event.ts';
import type { ListedPair } from '../../store/comparisons/pair-traits.ts';
import type { PairView } from '../pair-view.ts';
import { candidatesAt } from '../session/candidates.ts';
import type { Entry } from '../session/entry.ts';
import { isSamePair, type PairKey, type PairSet } from '../session/pair-key.ts';
import { currentEntry, type Session } from '../session/session.ts';
import type { Action, EventPair } from '../session/step.ts';
import type { CandidateView } from '../view/candidate-panes.ts';
import type { DiffThread } from './answer-diff.ts';
import { LiveCalls } from './live-calls.ts';
import { PairLoader } from './pair-loader.ts';
import { ReplayNews } from './replay-news.ts';
import type { ComparisonServices, ReviewServices } from './services.ts';

/** A comparison with its loaded pairs and its calls in flight. */
type Reviewed = {
  readonly services: ComparisonServices;
  readonly loader: PairLoader;
  /** Loads the pairs of the baseline with itself. */
  readonly noiseLoader: PairLoader;
  readonly live: LiveCalls;
  readonly news: ReplayNews;
};

type ReviewedOptions = {
  readonly diffThread: DiffThread;
  readonly session: () => Session;
  readonly step: (action: Action) => void;
  /** Called when a wanted pair of the capture on the screen is ready, but perhaps for its diff. */
  readonly onReady: (pair: EventPair) => void;
  /** Called once a second while a requested pair shows a countdown. */
  readonly onSecond: () => void;
  readonly onError: (error: unknown) => void;
  readonly nowMs: () => number;
};

/** The comparisons of a review, one for each candidate: their pairs, calls, events and reservations. */
export class ReviewedComparisons {
  /** The candidates by comparison; empty if there is one. */
  readonly names: ReadonlyMap<string, string>;
  readonly #first: ComparisonServices;
  readonly #session: () => Session;
  readonly #byId: ReadonlyMap<string, Reviewed>;

  constructor(comparisons: ReviewServices['comparisons'], options: ReviewedOptions) {
    this.#first = comparisons[0];
    this.#session = options.session;
    this.names = new Map(
      comparisons.length === 1 ? [] : comparisons.map(({ id, title }) => [id, title.candidate]),
    );
    this.#byId = new Map(
      comparisons.map((services) => [services.id, this.#reviewed(services, options)]),
    );
  }

  /** The comparison of the pair on the screen; without one, the first. */
  get current(): ComparisonServices {
    const entry = currentEntry(this.#session());
    return entry === null ? this.#first : this.of(entry);
  }

  /** Returns the comparison of a pair. */
  of({ comparisonId }: Pick<PairKey, 'comparisonId'>): ComparisonServices {
    return this.#byId.get(comparisonId)?.services ?? this.#first;
  }

  /** Returns a pair with its calls in flight; null while it is loading. */
  view({ captureId, comparisonId, control }: EventPair): PairView | null {
    const own = this.#byId.get(comparisonId);
    if (control?.kind === 'noise') return own?.noiseLoader.get(captureId) ?? null;
    const stored = own?.loader.get(captureId) ?? null;
    return own === undefined || stored === null ? null : own.live.view(captureId, stored);
  }

  /** Returns all candidates of the capture on the screen; none in a review of one candidate. */
  candidates(): readonly CandidateView[] {
    if (this.#byId.size < 2) return [];
    return this.#shown().map((entry) => ({
      entry,
      view: this.view(entry),
      title: this.of(entry).title,
    }));
  }

  /** Loads the pair on the screen, the other candidates of its capture, and then these. */
  want(next: readonly EventPair[]): void {
    const current = currentEntry(this.#session());
    const others = this.#shown().filter((entry) => !isSamePair(entry, current));
    const wanted = [...(current === null ? [] : [current]), ...others, ...next];
    for (const [id, { loader, noiseLoader }] of this.#byId) {
      const own = wanted.filter(({ comparisonId }) => comparisonId === id);
      const [noise, pairs] = [true, false].map((isNoise) =>
        own.filter(({ control }) => (control?.kind === 'noise') === isNoise),
      );
      loader.want((pairs ?? []).map(({ captureId }) => captureId));
      noiseLoader.want((noise ?? []).map(({ captureId }) => captureId));
    }
  }

  hear(event: ReplayEvent): void {
    for (const { news } of this.#byId.values()) news.take(event);
  }

  /** The pairs that are loaded. */
  loaded(): readonly PairKey[] {
    return Array.from(this.#byId, ([comparisonId, { loader }]) =>
      loader.captureIds.map((captureId) => ({ comparisonId, captureId })),
    ).flat();
  }

  /** Marks every pair as changed in the store. */
  forgetAll(): void {
    for (const { loader } of this.#byId.values()) loader.forgetAll();
  }

  /** Marks a pair as changed in the store. */
  forget({ captureId, comparisonId }: PairKey): void {
    this.#byId.get(comparisonId)?.loader.forget(captureId);
  }

  /** Drops the texts of calls that have ended, which the store has by now. */
  dropEnded(): void {
    for (const { live } of this.#byId.values()) live.dropEnded();
  }

  /** Computes all costs again after prices have become known. */
  updateCosts(): void {
    for (const { loader, noiseLoader } of this.#byId.values()) {
      loader.updateCosts();
      noiseLoader.updateCosts();
    }
  }

  /** The ids of the comparisons. */
  get ids(): readonly string[] {
    return [...this.#byId.keys()];
  }

  /** Loads what a list shows of pairs. */
  async listTraits(pairs: readonly PairKey[]): Promise<readonly ListedPair[]> {
    const lists = await this.#each(({ id, queue }) => {
      const own = pairs.filter(({ comparisonId }) => comparisonId === id);
      return own.length === 0 ? [] : queue.listTraits(own.map(({ captureId }) => captureId));
    });
    return lists.flat();
  }

  /**
   * Finds pairs in every comparison, besides those that are `known`. `find` may call its second argument with
   * the captures that it found so far; they come to `onFirst` with all other pairs.
   */
  async find(
    known: PairSet,
    find: (
      comparison: ComparisonServices,
      onFirst: (captureIds: ReadonlySet<string>) => void,
    ) => Promise<ReadonlySet<string>>,
    onFirst: (pairs: PairSet) => void,
  ): Promise<PairSet> {
    const found = new Map(known);
    const withMore = (id: string, captureIds: ReadonlySet<string>): ReadonlySet<string> =>
      new Set([...(known.get(id) ?? []), ...captureIds]);
    await this.#each(async (comparison) => {
      const { id } = comparison;
      const all = await find(comparison, (first) =>
        onFirst(new Map(found).set(id, withMore(id, first))),
      );
      found.set(id, withMore(id, all));
    });
    return found;
  }

  /**
   * Reserves the capture on the screen for all its candidates, which are judged one after the other. False
   * if another reviewer has one of them.
   */
  async reserve(): Promise<boolean> {
    const shown = this.#shown();
    let areOurs = true;
    for (const entry of shown) {
      const isOurs = await this.of(entry).reservations?.reserve(entry.captureId);
      if (isOurs === false) areOurs = false;
    }
    return areOurs;
  }

  async release(): Promise<void> {
    await this.#each(async ({ reservations }) => reservations?.release());
  }

  close(): void {
    for (const { live, loader, noiseLoader } of this.#byId.values()) {
      live.close();
      loader.want([]);
      noiseLoader.want([]);
    }
  }

  /** The pairs of the capture on the screen. */
  #shown(): readonly Entry[] {
    const { current, entries } = this.#session();
    return current === null
      ? []
      : candidatesAt(entries, current).flatMap((index) => entries.at(index) ?? []);
  }

  async #each<Value>(
    ask: (services: ComparisonServices) => Promise<Value> | Value,
  ): Promise<readonly Value[]> {
    const values: Value[] = [];
    for (const { services } of this.#byId.values()) values.push(await ask(services));
    return values;
  }

  #reviewed(services: ComparisonServices, options: ReviewedOptions): Reviewed {
    const { nowMs, onError, onReady, onSecond, step } = options;
    const { id: comparisonId } = services;
    const live = new LiveCalls({ nowMs, onSecond });
    const loading = { diffThread: options.diffThread, cost: services.cost, onError };
    const loader = new PairLoader({
      ...loading,
      loadPair: services.loadPair,
      onReady: (captureId) => onReady({ comparisonId, captureId }),
    });
    const noiseLoader = new PairLoader({
      ...loading,
      loadPair: services.loadNoisePair,
      onReady: (captureId) => onReady({ comparisonId, captureId, control: { kind: 'noise' } }),
    });
    const news = new ReplayNews({
      comparisonId,
      models: services.title,
      live,
      step,
      forget: (captureId) => loader.forget(captureId),
      shownCapture: () =>
        this.#shown().find((entry) => entry.comparisonId === comparisonId)?.captureId ?? null,
      nowMs,
    });
    return { services, loader, noiseLoader, live, news };
  }
}
