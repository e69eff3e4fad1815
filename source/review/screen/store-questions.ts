import { setImmediate } from 'node:timers/promises';
import type { ShortPair } from '../session/modes.ts';
import type { Action, Effect } from '../session/step.ts';
import { rowCells } from '../view/list-rows.ts';
import type { ReviewedComparisons } from './reviewed-comparisons.ts';
import type { ReviewServices } from './services.ts';
import { shortPair } from './short-pair.ts';

/** The effects that ask the store for rows of a list. */
type QuestionEffect = Extract<Effect, { kind: 'list_rows' | 'list_comparisons' }>;

/** The parts of a review that questions need. */
type QuestionScreen = Pick<ReviewServices, 'listComparisons'> & {
  readonly comparisons: ReviewedComparisons;
  /** The width of the screen in cells. */
  readonly columns: () => number;
  readonly act: (action: Action) => void;
  /** Resolves once the pairs are read that the review did not begin with. */
  readonly restIsRead: () => Promise<void>;
  readonly isClosed: () => boolean;
  readonly fail: (error: unknown) => void;
};

/** Asks the store for rows of lists. Only the last question of its kind is answered. */
export class StoreQuestions {
  readonly #screen: QuestionScreen;
  readonly #asked = new Map<string, number>();

  constructor(screen: QuestionScreen) {
    this.#screen = screen;
  }

  perform(effect: QuestionEffect): void {
    switch (effect.kind) {
      case 'list_rows': {
        const { isOffered = false, pairs } = effect;
        void this.ask('list', async () => ({
          kind: 'rows_listed',
          ...(await this.#shortPairs(effect)),
          first: pairs[0] ?? null,
          isOffered,
        }));
        return;
      }
      case 'list_comparisons':
        void this.ask('list', async () => ({
          kind: 'comparisons_listed',
          comparisons: await this.#screen.listComparisons(),
        }));
        return;
    }
  }

  /** Asks a question; its answer is dropped if a later one of its kind is asked, or the review has ended. */
  async ask(kind: 'list' | 'rules', question: () => Promise<Action>): Promise<void> {
    const own = (this.#asked.get(kind) ?? 0) + 1;
    this.#asked.set(kind, own);
    const isCurrent = (): boolean => !this.#screen.isClosed() && this.#asked.get(kind) === own;
    try {
      const action = await question();
      // The answer may be about pairs that are still being read.
      await this.#screen.restIsRead();
      if (isCurrent()) this.#screen.act(action);
    } catch (error) {
      if (isCurrent()) this.#screen.fail(error);
    }
  }

  /** Loads pairs as rows of the screen, and counts those before the last row that no row can show. */
  async #shortPairs({ most, others, pairs }: Extract<QuestionEffect, { kind: 'list_rows' }>) {
    const { answer } = rowCells(this.#screen.columns(), this.#screen.comparisons.names);
    const rows: ShortPair[] = [];
    let leftOut = 0;
    let looked = 0;
    for (const { captureId, comparisonId } of pairs) {
      const { loadPair } = this.#screen.comparisons.of({ comparisonId });
      const row = shortPair(comparisonId, await loadPair(captureId), answer);
      if (row !== null) {
        leftOut = looked - rows.length;
        rows.push(row);
      } else if (others === 'end') break;
      if (rows.length === most) break;
      // Between some pairs other work has its turn.
      if (++looked % 16 === 0) await setImmediate();
    }
    return { rows, leftOut };
  }
}
