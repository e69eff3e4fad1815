import type { DifferencePattern } from '../../comparison/difference-pattern.ts';
import { parseFilter } from '../../filter/parse-filter.ts';
import type { IndexProgress } from '../../store/search/find-text.ts';
import { count } from '../../text/numbers.ts';
import { knownMatches, pairsAt } from '../session/known-matches.ts';
import { pairId, type PairSet } from '../session/pair-key.ts';
import { PatternCollector } from '../session/pattern-rows.ts';
import { hitsText } from '../session/search.ts';
import { currentEntry, type Session } from '../session/session.ts';
import type { Action, Effect } from '../session/step.ts';
import { lookingTexts } from '../session/text-lines.ts';
import type { ReviewedComparisons } from './reviewed-comparisons.ts';

type QueueEffect = Extract<
  Effect,
  {
    kind: 'filter' | 'search' | 'list_pairs' | 'read_numbers' | 'list_patterns' | 'check_pattern';
  }
>;

type QuestionKind = 'filter' | 'search' | 'list' | 'pattern';

type QuestionOptions = {
  readonly comparisons: ReviewedComparisons;
  readonly session: () => Session;
  readonly act: (action: Action) => void;
  /** Resolves once the pairs are read that the review did not begin with. */
  readonly restIsRead: () => Promise<void>;
  readonly isClosed: () => boolean;
  readonly fail: (error: unknown) => void;
};

/** The first pairs that a filter shows while others are put together. */
const firstPairs = 500;

/** The time between two reports on the index. */
const progressMs = 250;

/**
 * The time between two counts of the patterns so far; the first one comes earlier. A count of many pairs holds
 * keys up, so the next one waits for so many times as long as it took.
 */
const interimCounts = { firstMs: 100, laterMs: 1000, times: 30 } as const;

/** What a session asks the store about the whole queue. Of each kind, only the last question is answered. */
export class QueueQuestions {
  readonly #options: QuestionOptions;
  readonly #asked = new Map<QuestionKind, AbortController>();
  /** The count of patterns that goes on, and whether what it counts has changed meanwhile. */
  #counting: { isOutdated: boolean } | null = null;

  constructor(options: QuestionOptions) {
    this.#options = options;
  }

  perform(effect: QueueEffect): void {
    switch (effect.kind) {
      case 'filter':
        void this.#ask('filter', (signal, act) => this.#filter(effect.text, signal, act));
        return;
      case 'search':
        void this.#ask('search', (signal, act) => this.#search(effect.text, signal, act));
        return;
      case 'list_pairs':
        void this.#listPairs(effect);
        return;
      case 'read_numbers':
        void this.#ask('list', (signal) => this.#readNumbers(effect, signal));
        return;
      case 'list_patterns':
        if (effect.isAgain === true && this.#counting !== null) this.#counting.isOutdated = true;
        else void this.#ask('list', (signal, act) => this.#countPatterns(effect, signal, act));
        return;
      case 'check_pattern':
        void this.#ask('pattern', () => this.#checkPattern(effect));
    }
  }

  /** Stops the questions that a session has no use for any more. */
  follow(before: Session, now: Session): void {
    const isLeft = (earlier: boolean | undefined, later: boolean | undefined): boolean =>
      earlier === true && later !== true;
    if (isLeft(before.walk?.isBeginning, now.walk?.isBeginning)) this.#asked.get('filter')?.abort();
    if (isLeft(before.search?.isBeginning, now.search?.isBeginning)) {
      this.#asked.get('search')?.abort();
    }
    if (before.mode.kind !== now.mode.kind && isCounted(before)) this.#asked.get('list')?.abort();
  }

  async #ask(
    kind: QuestionKind,
    question: (signal: AbortSignal, act: (action: Action) => void) => Promise<Action>,
  ): Promise<void> {
    this.#asked.get(kind)?.abort();
    const own = new AbortController();
    this.#asked.set(kind, own);
    const act = (action: Action): void => {
      if (!own.signal.aborted && !this.#options.isClosed()) this.#options.act(action);
    };
    try {
      const action = await question(own.signal, act);
      // The answer may be about pairs that are still being read.
      await this.#options.restIsRead();
      act(action);
    } catch (error) {
      if (!own.signal.aborted && !this.#options.isClosed()) this.#options.fail(error);
    }
  }

  async #filter(text: string, signal: AbortSignal, act: (action: Action) => void): Promise<Action> {
    const parsed = parseFilter(text);
    if (parsed.kind !== 'filter') throw new Error('The review asked for a filter that is none.');
    const { comparisons } = this.#options;
    const session = this.#options.session();
    const { entries } = session;
    // What a walk over conflicts shows of a pair is not what a filter asks for, and later pairs are not known yet.
    const isListed = !session.isBeginning && !session.resolving;
    const all = Uint32Array.from({ length: entries.length }, (_, index) => index);
    const { matching, unknown } = isListed
      ? knownMatches(entries, parsed.filter)
      : { matching: new Uint32Array(), unknown: all };
    let hasBegun = false;
    const onFirst = (pairs: PairSet): void => {
      if (this.#options.session().entries.indexesOf(pairs).length === 0) return;
      hasBegun = true;
      act({ kind: 'filtered', text, pairs, part: 'first' });
    };
    if (matching.length > 0 && matching.length + unknown.length > firstPairs) {
      onFirst(pairsAt(entries, matching.subarray(0, firstPairs)));
      await new Promise((resolve) => setTimeout(resolve, headStartMs));
      signal.throwIfAborted();
    }
    const known = pairsAt(entries, matching);
    if (isListed && unknown.length === 0) {
      return { kind: 'filtered', text, pairs: known, ...(hasBegun ? { part: 'all' } : {}) };
    }
    // To name most pairs is slower than to go through all of them.
    const isPart = isListed && unknown.length < entries.length / 4;
    const asked = isPart ? pairsAt(entries, unknown) : null;
    const pairs = await comparisons.find(
      known,
      ({ id, queue }, onFound) =>
        queue.filter(parsed.filter, asked === null ? 'all' : [...(asked.get(id) ?? [])], {
          ...this.#looking(signal, act),
          onFirst: onFound,
        }),
      onFirst,
    );
    return { kind: 'filtered', text, pairs, ...(hasBegun ? { part: 'all' } : {}) };
  }

  async #search(text: string, signal: AbortSignal, act: (action: Action) => void): Promise<Action> {
    let hasBegun = false;
    const start = currentEntry(this.#options.session())?.captureId ?? '';
    const pairs = await this.#options.comparisons.find(
      new Map(),
      ({ queue }, onFound) =>
        queue.search(text, start, { ...this.#looking(signal, act), onFirst: onFound }),
      (first) => {
        if (this.#options.session().entries.indexesOf(first).length === 0) return;
        hasBegun = true;
        act({ kind: 'found', text, pairs: first, part: 'first' });
      },
    );
    return { kind: 'found', text, pairs, ...(hasBegun ? { part: 'all' } : {}) };
  }

  #looking(signal: AbortSignal, act: (action: Action) => void) {
    let said: string | null = null;
    let nextMs = 0;
    const onProgress = ({ all, done }: IndexProgress): void => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + progressMs;
      const { keymap, notice, search } = this.#options.session();
      const hits = search?.isBeginning === true ? hitsText(search, keymap) : null;
      const isOurs = [said, hits, ...lookingTexts].includes(notice?.text ?? null);
      // A remark on a key stays.
      if (notice !== null && !isOurs) return;
      const progress = `making the index for searches: ${count(done)} of ${count(all)} texts`;
      said = hits === null ? progress : `${hits} · ${progress}`;
      act({ kind: 'notice', notice: { text: said, tone: 'plain' } });
    };
    return { onProgress, signal };
  }

  /** Loads rows of a list. Those of several questions belong together. */
  async #listPairs({ pairs }: Extract<QueueEffect, { kind: 'list_pairs' }>): Promise<void> {
    const { act, comparisons, fail, isClosed } = this.#options;
    try {
      const listed = await comparisons.listTraits(pairs);
      if (!isClosed()) act({ kind: 'pairs_listed', pairs: listed });
    } catch (error) {
      if (!isClosed()) fail(error);
    }
  }

  async #readNumbers(
    { number }: Extract<QueueEffect, { kind: 'read_numbers' }>,
    signal: AbortSignal,
  ): Promise<Action> {
    await this.#options.restIsRead();
    const { entries } = this.#options.session();
    const values = new Float64Array(entries.length).fill(NaN);
    for (const comparisonId of this.#options.comparisons.ids) {
      const { queue } = this.#options.comparisons.of({ comparisonId });
      for await (const page of queue.listNumbers(number)) {
        signal.throwIfAborted();
        for (const { captureId, value } of page) {
          const index = entries.indexOf({ comparisonId, captureId });
          if (index >= 0 && value !== null) values[index] = value;
        }
      }
    }
    return { kind: 'numbers_read', number, values };
  }

  async #countPatterns(
    { isAgain = false }: Extract<QueueEffect, { kind: 'list_patterns' }>,
    signal: AbortSignal,
    act: (action: Action) => void,
  ): Promise<Action> {
    const counting = { isOutdated: false };
    this.#counting = counting;
    try {
      let counted = await this.#countOnce(signal, isAgain ? null : act);
      while (counting.isOutdated) {
        counting.isOutdated = false;
        act({ ...counted, isWhole: false });
        counted = await this.#countOnce(signal, null);
      }
      return counted;
    } finally {
      if (this.#counting === counting) this.#counting = null;
    }
  }

  /** Counts the patterns. `act`: called now and then with those so far; null: there are others to show. */
  async #countOnce(
    signal: AbortSignal,
    act: ((action: Action) => void) | null,
  ): Promise<Extract<Action, { kind: 'patterns_listed' }>> {
    await this.#options.restIsRead();
    const patterns = new PatternCollector(this.#options.session().entries);
    const counted = (isWhole: boolean) => ({
      kind: 'patterns_listed' as const,
      rows: patterns.rows(),
      entries: patterns.entries,
      fields: patterns.fields,
      isWhole,
    });
    let nextMs = performance.now() + interimCounts.firstMs;
    for (const comparisonId of this.#options.comparisons.ids) {
      const { queue } = this.#options.comparisons.of({ comparisonId });
      for await (const page of queue.listPatterns('all')) {
        signal.throwIfAborted();
        patterns.add(comparisonId, page);
        if (act === null || patterns.isEmpty || performance.now() < nextMs) continue;
        const startedMs = performance.now();
        act(counted(false));
        const tookMs = performance.now() - startedMs;
        nextMs = performance.now() + Math.max(interimCounts.laterMs, interimCounts.times * tookMs);
      }
    }
    return counted(true);
  }

  async #checkPattern({
    pairs,
    walk,
  }: Extract<QueueEffect, { kind: 'check_pattern' }>): Promise<Action> {
    const patterns = new Map<string, DifferencePattern>();
    const byComparison = Map.groupBy(pairs, ({ comparisonId }) => comparisonId);
    for (const [comparisonId, own] of byComparison) {
      const { queue } = this.#options.comparisons.of({ comparisonId });
      for await (const page of queue.listPatterns(own.map(({ captureId }) => captureId))) {
        for (const { captureId, pattern } of page) {
          patterns.set(pairId({ comparisonId, captureId }), pattern);
        }
      }
    }
    return { kind: 'pattern_checked', walk, patterns };
  }
}

/** The time that the first pairs of a filter have the processor to themselves, to be drawn. */
const headStartMs = 100;

/** Whether the store is asked about every pair for the open list. */
const isCounted = ({ mode }: Session): boolean => mode.kind === 'patterns' || mode.kind === 'pairs';
