import { setImmediate } from 'node:timers/promises';
import type { Side } from '../../comparison/outcome.ts';
import type { Answer } from '../../models/answer.ts';
import type { Pair } from '../../store/comparisons/pairs.ts';
import type { PairView } from '../pair-view.ts';
import type { SetBeside, SetBesideResult } from './answer-diff.ts';

/** Loads pairs and sets their answers beside each other, ahead of the person who will read them. */
export type PairLoader = {
  /** The pair as far as it is ready; null while it is being loaded. */
  readonly get: (captureId: string) => PairView | null;
  /** Has these pairs loaded, in this order of importance, and forgets those long unused. */
  readonly want: (captureIds: readonly string[]) => void;
  /** Something of the pair has changed in the store: what is known stays until it is loaded again. */
  readonly forget: (captureId: string) => void;
  /** Prices have become known. */
  readonly costAgain: () => void;
};

/** Pairs kept: the one on the screen, the next ones, and some of those just left. */
const kept = 16;

export const createPairLoader = (options: {
  readonly loadPair: (captureId: string) => Promise<Pair>;
  readonly setBeside: SetBeside;
  readonly cost: (
    side: Side,
    answer: Pick<Answer, 'usage' | 'cost'>,
    batch: boolean,
  ) => number | null;
  /** A pair that was wanted has become ready, or more of it has. */
  readonly onReady: (captureId: string) => void;
  readonly onError: (error: unknown) => void;
}): PairLoader => {
  const views = new Map<string, PairView>();
  // A pair that changes while it is being loaded is loaded again: the number tells the loads apart.
  const loading = new Map<string, number>();
  const stale = new Set<string>();
  let loads = 0;

  const load = async (captureId: string): Promise<void> => {
    const number = ++loads;
    loading.set(captureId, number);
    const isCurrent = (): boolean => loading.get(captureId) === number;
    try {
      const pair = await options.loadPair(captureId);
      if (!isCurrent()) return;
      const { baseline, candidate } = pair.sides;
      let beside: SetBesideResult | null = null;
      if (baseline.kind === 'answered' && candidate.kind === 'answered') {
        beside = options.setBeside.now(baseline.answer, candidate.answer);
        if (beside === null) {
          keep(captureId, viewOf(pair, null));
          options.onReady(captureId);
          // The thread works beside us: the next pair need not wait for it.
          const later = options.setBeside.later(baseline.answer, candidate.answer);
          void finish(captureId, number, pair, later);
          return;
        }
      }
      ready(captureId, viewOf(pair, beside));
    } catch (error) {
      if (isCurrent()) loading.delete(captureId);
      // What could not be loaded is not asked for again and again.
      wanted = [];
      options.onError(error);
    }
  };

  const finish = async (
    captureId: string,
    number: number,
    pair: Pair,
    later: Promise<SetBesideResult>,
  ): Promise<void> => {
    const beside = await later;
    if (loading.get(captureId) === number) ready(captureId, viewOf(pair, beside));
  };

  const ready = (captureId: string, view: PairView): void => {
    loading.delete(captureId);
    stale.delete(captureId);
    keep(captureId, view);
    options.onReady(captureId);
  };

  const isMissing = (captureId: string): boolean =>
    (!views.has(captureId) || stale.has(captureId)) && !loading.has(captureId);

  let wanted: readonly string[] = [];
  let working = false;

  /** Loads what is wanted, one pair at a time; before each but the first, keys and frames have their turn. */
  const work = async (): Promise<void> => {
    if (working) return;
    working = true;
    try {
      for (;;) {
        const next = wanted.find(isMissing);
        if (next === undefined) return;
        if (next !== wanted[0]) await setImmediate();
        if (isMissing(next)) await load(next);
      }
    } finally {
      working = false;
    }
  };

  const viewOf = (pair: Pair, beside: SetBesideResult | null): PairView => {
    return {
      capture: pair.capture,
      sides: pair.sides,
      live: { baseline: null, candidate: null },
      comparison: pair.comparison,
      alignment: beside?.alignment ?? null,
      refused: beside?.refused ?? null,
      fields: beside?.fields ?? null,
      cost: costOf(pair.sides),
    };
  };

  const costOf = (sides: Pair['sides']): PairView['cost'] => {
    const cost = (side: Side): number | null => {
      const record = sides[side];
      return record.kind === 'answered' ? options.cost(side, record.answer, record.batch) : null;
    };
    return { baseline: cost('baseline'), candidate: cost('candidate') };
  };

  const keep = (captureId: string, view: PairView): void => {
    views.delete(captureId);
    views.set(captureId, view);
    for (const oldest of views.keys()) {
      if (views.size <= kept) break;
      views.delete(oldest);
      stale.delete(oldest);
    }
  };

  return {
    get: (captureId) => views.get(captureId) ?? null,
    want: (captureIds) => {
      for (const captureId of captureIds) {
        const view = views.get(captureId);
        if (view !== undefined) keep(captureId, view);
      }
      wanted = captureIds;
      void work();
    },
    forget: (captureId) => {
      if (views.has(captureId)) stale.add(captureId);
      loading.delete(captureId);
    },
    costAgain: () => {
      for (const [captureId, view] of views) {
        views.set(captureId, { ...view, cost: costOf(view.sides) });
      }
    },
  };
};
