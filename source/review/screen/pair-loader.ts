import { chatRequestOf } from '../../traffic/chat-request.ts';
import { setImmediate } from 'node:timers/promises';
import type { Side } from '../../comparison/outcome.ts';
import type { Pair } from '../../store/comparisons/pairs.ts';
import type { PairView } from '../pair-view.ts';
import { diffIfSmall, type AnswerDiff, type Compared, type DiffThread } from './answer-diff.ts';
import type { AnswerCost, LoadedPair } from './services.ts';

/** The number of cached pairs: the one on the screen, the next ones and some recent ones. */
const keptPairs = 16;

type PairLoaderOptions = {
  readonly loadPair: (captureId: string) => Promise<LoadedPair>;
  readonly diffThread: Pick<DiffThread, 'diff'>;
  readonly cost: AnswerCost;
  /** Called when a wanted pair is ready, completely or except for its diff. */
  readonly onReady: (captureId: string) => void;
  readonly onError: (error: unknown) => void;
};

/** Loads pairs and diffs their answers before they are shown. */
export class PairLoader {
  readonly #options: PairLoaderOptions;
  /** Ordered from least to most recently used. */
  readonly #views = new Map<string, PairView>();
  /** Pairs that have changed in the store since they were loaded. */
  readonly #stale = new Set<string>();
  /** The ids of the loads in progress. A pair that changes meanwhile is loaded again. */
  readonly #loading = new Map<string, number>();
  #loads = 0;
  #wanted: readonly string[] = [];
  #isWorking = false;

  constructor(options: PairLoaderOptions) {
    this.#options = options;
  }

  /** Returns the loaded part of the pair; null while it is loading. */
  get(captureId: string): PairView | null {
    return this.#views.get(captureId) ?? null;
  }

  /** The captures of the loaded pairs. */
  get captureIds(): readonly string[] {
    return [...this.#views.keys()];
  }

  /** Loads these pairs, most important first, and drops the least recently used ones. */
  want(captureIds: readonly string[]): void {
    for (const captureId of captureIds) {
      const view = this.#views.get(captureId);
      if (view !== undefined) this.#keep(captureId, view);
    }
    this.#wanted = captureIds;
    void this.#work();
  }

  /** Marks the pair as changed in the store: it stays unchanged until it is loaded again. */
  forget(captureId: string): void {
    if (this.#views.has(captureId)) this.#stale.add(captureId);
    this.#loading.delete(captureId);
  }

  /** Marks every pair as changed in the store. */
  forgetAll(): void {
    for (const captureId of this.#views.keys()) this.forget(captureId);
    this.#loading.clear();
  }

  /** Recomputes all costs after prices have become known. */
  updateCosts(): void {
    for (const [captureId, view] of this.#views) {
      this.#views.set(captureId, { ...view, cost: this.#costs(view.sides) });
    }
  }

  /** Loads the wanted pairs one by one. Keys and frames are handled between two pairs. */
  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      for (;;) {
        const next = this.#wanted.find((captureId) => this.#isMissing(captureId));
        if (next === undefined) return;
        if (next !== this.#wanted[0]) await setImmediate();
        if (this.#isMissing(next)) await this.#load(next);
      }
    } finally {
      this.#isWorking = false;
    }
  }

  #isMissing(captureId: string): boolean {
    const isUsable = this.#views.has(captureId) && !this.#stale.has(captureId);
    return !isUsable && !this.#loading.has(captureId);
  }

  async #load(captureId: string): Promise<void> {
    const load = ++this.#loads;
    this.#loading.set(captureId, load);
    try {
      const pair = await this.#options.loadPair(captureId);
      if (this.#isCurrent(captureId, load)) this.#diff(captureId, load, pair);
    } catch (error) {
      if (this.#isCurrent(captureId, load)) this.#loading.delete(captureId);
      // Otherwise the pair would be loaded again and again.
      this.#wanted = [];
      this.#options.onError(error);
    }
  }

  /** Diffs small pairs at once and large ones in the thread, without delaying the next pair. */
  #diff(captureId: string, load: number, pair: LoadedPair): void {
    const { baseline, candidate } = pair.sides;
    if (baseline.kind !== 'answered' || candidate.kind !== 'answered') {
      this.#finish(captureId, pair, null);
      return;
    }
    const compared = comparedPart(pair);
    const diff = diffIfSmall(baseline.answer, candidate.answer, compared);
    if (diff !== null) {
      this.#finish(captureId, pair, diff);
      return;
    }
    this.#keep(captureId, this.#view(pair, null));
    this.#options.onReady(captureId);
    void this.#options.diffThread
      .diff(baseline.answer, candidate.answer, compared)
      .then((later) => {
        if (this.#isCurrent(captureId, load)) this.#finish(captureId, pair, later);
      });
  }

  #isCurrent(captureId: string, load: number): boolean {
    return this.#loading.get(captureId) === load;
  }

  #finish(captureId: string, pair: LoadedPair, diff: AnswerDiff | null): void {
    this.#loading.delete(captureId);
    this.#stale.delete(captureId);
    this.#keep(captureId, this.#view(pair, diff));
    this.#options.onReady(captureId);
  }

  #view(pair: LoadedPair, diff: AnswerDiff | null): PairView {
    return {
      capture: pair.capture,
      conversation: pair.conversation,
      sides: pair.sides,
      live: { baseline: null, candidate: null },
      comparison: pair.comparison,
      alignment: diff?.alignment ?? null,
      refused: diff?.refused ?? null,
      fields: diff?.fields ?? null,
      headline: diff?.headline ?? [],
      visible: diff?.visible ?? [],
      covered: diff?.covered ?? new Set(),
      settledBy: diff?.settledBy ?? [],
      cost: this.#costs(pair.sides),
    };
  }

  #costs(sides: Pair['sides']): PairView['cost'] {
    const cost = (side: Side): number | null => {
      const record = sides[side];
      return record.kind === 'answered'
        ? this.#options.cost(side, record.answer, record.batch)
        : null;
    };
    return { baseline: cost('baseline'), candidate: cost('candidate') };
  }

  #keep(captureId: string, view: PairView): void {
    this.#views.delete(captureId);
    this.#views.set(captureId, view);
    for (const oldest of this.#views.keys()) {
      if (this.#views.size <= keptPairs) break;
      this.#views.delete(oldest);
      this.#stale.delete(oldest);
    }
  }
}

/** Leaves out the messages of the request, so that they are not copied to the thread. */
const comparedPart = ({ capture, comparison, rules }: Pair): Compared => {
  const { tools = null, functions = null, response_format: format = null } = chatRequestOf(capture);
  return { comparison, rules, request: { tools, functions, response_format: format } };
};
